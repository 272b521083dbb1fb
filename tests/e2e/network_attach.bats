#!/usr/bin/env bats
# Attaching containers to networks: post-container-create and core-post-deploy on a real Engine.

load helpers
load network

setup_file() {
  APP_IMAGE=$(unique network-attach):v1
  export APP_IMAGE
  make_image "$APP_IMAGE"
}

teardown_file() { docker image rm --force "$APP_IMAGE" >/dev/null; }

setup() {
  network_tree
  n1=$(network_name n1) n2=$(network_name n2)
  make_app app
}

teardown() {
  fake_engine_stop
  unset DOCKER_HOST
  network_cleanup
}

# attach ID [PHASE [PROC]]: what Dokku fires for a container it has created.
attach() { hook post-container-create app "$1" app "${2:-deploy}" "${@:3}"; }

@test "attach-post-create attaches a created container to every network of the list" {
  # Only the first of several networks was attached.
  local id
  sub create "$n1" && sub create "$n2"
  property app attach-post-create "$n1,$n2"
  id=$(container)
  run3 attach "$id" deploy web
  expect 0
  [[ $(networks_of "$id") == "bridge $n1 $n2" ]]
  [[ $(aliases_on "$id" "$n1") == "$(sorted "${id:0:12}.app.web" app.web)" ]]
  [[ $(aliases_on "$id" "$n2") == "$(sorted "${id:0:12}.app.web" app.web)" ]]
  docker container start "$id" >/dev/null
  [[ -n $(ip_on "$id" "$n2") ]]
  run3 attach "$id" deploy web
  expect 0
}

@test "a missing network is told before the first is attached" {
  # The container was attached to those before the missing one, and the deploy failed half-way.
  local id
  sub create "$n1"
  property app attach-post-create "$n1,$n1-not"
  id=$(container)
  run3 attach "$id" deploy web
  expect 1 "" " !     Network $n1-not does not exist"
  [[ $(networks_of "$id") == bridge ]]
}

@test "a deploy fails early when attach-post-deploy names a missing network" {
  # It failed after the switch: the proxy was left on containers that were about to be stopped.
  local id
  property app attach-post-deploy "$n1"
  id=$(container)
  run3 attach "$id" deploy web
  expect 1 "" " !     Network $n1 does not exist"
  run3 attach "$id" run
  expect 0
}

@test "runs and builds are attached without alias" {
  local phase id
  sub create "$n1"
  property --global attach-post-create "$n1"
  for phase in build run; do
    id=$(container)
    run3 attach "$id" "$phase"
    expect 0
    [[ $(networks_of "$id") == "bridge $n1" ]]
    [[ -z $(aliases_on "$id" "$n1") ]]
  done
}

@test "containers of services, and apps without networks, are left alone" {
  mkdir "$BATS_TEST_TMPDIR/answers"
  fake_engine "$BATS_TEST_TMPDIR/answers"
  run3 hook post-container-create app abc app deploy web
  expect 0
  property app attach-post-create n1
  run3 hook post-container-create service abc app deploy web
  expect 0
  [[ ! -e $BATS_TEST_TMPDIR/answers/requests ]]
}

@test "aliases carry the TLD and the container's own hostname" {
  local id
  sub create "$n1"
  property app attach-post-create "$n1"
  property app tld svc.local
  id=$(container --hostname box)
  run3 attach "$id" deploy web
  expect 0
  [[ $(aliases_on "$id" "$n1") == "app.web.svc.local box.app.web.svc.local" ]]
}

@test "another container resolves the alias to all containers of the process type" {
  local web1 web2 worker other
  sub create "$n1"
  property app attach-post-deploy "$n1"
  property app tld svc.local
  web1=$(deployed app web 1)
  web2=$(deployed app web 2)
  worker=$(deployed app worker 1)
  other=$(running --network "$n1")
  run3 hook core-post-deploy app "" "" latest
  expect 0 "-----> Associating app with network $n1"
  [[ $(resolved "$other" app.web.svc.local) == \
    "$(printf '%s\n' "$(ip_on "$web1" "$n1")" "$(ip_on "$web2" "$n1")" | sort)" ]]
  [[ $(resolved "$other" app.worker.svc.local) == "$(ip_on "$worker" "$n1")" ]]
  [[ $(resolved "$other" "${web2:0:12}.app.web.svc.local") == "$(ip_on "$web2" "$n1")" ]]
  [[ -z $(resolved "$other" app.web) ]]
}

@test "attach-post-deploy attaches running containers to all networks, and only those of the app" {
  local web stopped foreign
  sub create "$n1" && sub create "$n2"
  property app attach-post-deploy "$n1,$n2"
  web=$(deployed app web 1)
  stopped=$(container)
  printf '%s\n' "$stopped" >"$DOKKU_ROOT/app/CONTAINER.worker.1"
  foreign=$(running)
  run3 hook core-post-deploy app "" "" latest
  expect 0 "-----> Associating app with network $n1
-----> Associating app with network $n2"
  [[ $(networks_of "$web") == "bridge $n1 $n2" ]]
  [[ $(networks_of "$stopped") == bridge && $(networks_of "$foreign") == bridge ]]
  DOKKU_QUIET_OUTPUT=1 run3 hook core-post-deploy app "" "" latest
  expect 0
}

@test "core-post-deploy checks all networks before it attaches to the first" {
  local web
  sub create "$n1"
  property app attach-post-deploy "$n1,$n2"
  web=$(deployed app web 1)
  run3 hook core-post-deploy app "" "" latest
  expect 1 "-----> Associating app with network $n1" " !     Network $n2 does not exist"
  [[ $(networks_of "$web") == bridge ]]
}

@test "core-post-deploy of an app that is not deployed" {
  property app attach-post-deploy n1
  run3 hook core-post-deploy app
  expect 1 "-----> Associating app with network n1" " !     App app has not been deployed"
  [[ ! -e $DOKKU_LIB_ROOT/config/common ]]
  run3 hook core-post-deploy nosuch
  expect 0
}

@test "one container that cannot be attached does not keep the others from it" {
  local host web
  sub create "$n1"
  property app attach-post-deploy "$n1"
  host=$(deployed app aaa 1 --network host)
  web=$(deployed app web 1)
  run3 hook core-post-deploy app "" "" latest
  [[ $status -eq 1 && $(wc -l <"$err_file") -eq 1 ]]
  [[ $stderr == " !     Unable to attach container to network: Error response from daemon: "* ]]
  [[ $(networks_of "$web") == "bridge $n1" && $(networks_of "$host") == host ]]
}

@test "what cannot be attached to is refused even when the store holds it" {
  local value id
  id=$(container)
  for value in host "bridge,host" none; do
    property app attach-post-create "$value"
    run3 attach "$id" deploy web
    [[ $status -eq 1 && $stderr == " !     Invalid network name specified for attach: "* ]]
  done
  property app attach-post-create $'n1\n--privileged'
  run3 attach "$id" deploy web
  [[ $status -eq 1 && -z $stdout && $(wc -l <"$err_file") -eq 1 ]]
}

@test "an unknown container is one line" {
  sub create "$n1"
  property app attach-post-create "$n1"
  run3 attach 0123456789abcdef deploy web
  expect 1 "" " !     Unable to attach container to network: Error response from daemon: No such container: 0123456789abcdef"
  run3 attach "../../networks" deploy web
  [[ $status -eq 1 && $(wc -l <"$err_file") -eq 1 ]]
}

@test "network-get-ipaddr: initial network, bridge, host, nothing" {
  local id
  sub create "$n1"
  id=$(running)
  run3 hook network-get-ipaddr app web "$id"
  expect 0 "$(ip_on "$id" bridge)"
  property app initial-network "$n1"
  run3 hook network-get-ipaddr app web "$id"
  expect 0 "$(ip_on "$id" bridge)"
  id=$(running --network "$n1")
  run3 hook network-get-ipaddr app web "$id"
  expect 0 "$(ip_on "$id" "$n1")"
  id=$(running --network host)
  run3 hook network-get-ipaddr app worker "$id"
  expect 0 127.0.0.1
  id=$(running --network none)
  run3 hook network-get-ipaddr app web "$id"
  [[ $status -eq 0 && $stdout == $'\n' && -z $stderr ]]
  for id in nosuch "" ../../networks; do
    run3 hook network-get-ipaddr app web "$id"
    [[ $status -eq 0 && $stdout == $'\n' && -z $stderr ]]
  done
}

@test "an attach asks two questions and says what it wants" {
  mkdir "$BATS_TEST_TMPDIR/answers"
  cd "$BATS_TEST_TMPDIR/answers"
  echo '[{"Id":"1111","Name":"n1"},{"Id":"2222","Name":"n2"}]' >networks
  echo '{"Id":"abcd","Config":{"Hostname":"box"},"NetworkSettings":{"Networks":{"bridge":{}}}}' \
    >containers_abcd_json
  touch networks_1111_connect networks_2222_connect
  fake_engine "$PWD"
  property app attach-post-create n1,n2
  run3 attach abcd deploy web
  expect 0
  [[ $(<requests) == 'GET /networks 
GET /containers/abcd/json 
POST /networks/1111/connect {"Container":"abcd","EndpointConfig":{"Aliases":["app.web","box.app.web"]}}
POST /networks/2222/connect {"Container":"abcd","EndpointConfig":{"Aliases":["app.web","box.app.web"]}}' ]]
}

@test "a wrapper in DOCKER_BIN is asked instead of the socket" {
  local id
  cat >"$tree/wrapper" <<WRAPPER
#!/bin/bash
printf '%s\\n' "\$*" >>'$tree/wrapper.log'
exec env -u DOCKER_HOST docker "\$@"
WRAPPER
  chmod 0755 "$tree/wrapper"
  export DOCKER_BIN=$tree/wrapper DOCKER_HOST=unix:///nowhere
  run3 sub create "$n1" --label 'a=1,b=2'
  expect 0 "-----> Creating network $n1"
  run3 sub create "$n1"
  expect 1 "-----> Creating network $n1" \
    " !     Unable to create network: Error response from daemon: network with name $n1 already exists"
  run3 sub exists "$n1"
  expect 0 "-----> Network exists"
  run3 sub info "$n1" --format json
  jq -e '.Labels.a == "1,b=2"' "$out_file"
  property app attach-post-create "$n1"
  id=$(DOCKER_HOST='' container)
  run3 attach "$id" deploy web
  expect 0
  [[ $(DOCKER_HOST='' aliases_on "$id" "$n1") == "$(sorted "${id:0:12}.app.web" app.web)" ]]
  run3 hook network-get-ipaddr app web nosuch
  [[ $status -eq 0 && $stdout == $'\n' && -z $stderr ]]
  DOCKER_HOST='' docker container rm --force "$id" >/dev/null
  rm "$properties/app/attach-post-create"
  run3 sub destroy --force "$n1"
  expect 0 "-----> Destroying network $n1"
  run3 sub destroy --force "$n1"
  expect 1 "-----> Destroying network $n1" \
    " !     Unable to destroy network: Error response from daemon: network $n1 not found"
  grep -qF "network connect --alias=app.web" "$tree/wrapper.log"
  cat >"$tree/wrapper" <<'WRAPPER'
#!/bin/bash
[[ $2 == inspect ]] || { echo 0123456789ab; exit 0; }
echo '[]'
echo 'permission denied' >&2
exit 1
WRAPPER
  run3 sub exists "$n1"
  expect 1 "" " !     permission denied"
  DOCKER_BIN=$tree/no-such-program run3 sub list
  expect 1 "" " !     Unable to run $tree/no-such-program: No such file or directory"
}
