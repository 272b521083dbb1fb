#!/usr/bin/env bats
# network:rebuild, network:rebuildall and the trigger network-build-config.

load helpers
load network

setup_file() {
  APP_IMAGE=$(unique network-rebuild):v1
  export APP_IMAGE
  make_image "$APP_IMAGE"
}

teardown_file() { docker image rm --force "$APP_IMAGE" >/dev/null; }

setup() {
  network_tree
  make_app app
  scale app web=1
}

teardown() {
  fake_engine_stop
  unset DOCKER_HOST
  network_cleanup
}

said="-----> Ensuring network configuration is in sync for app"

# recorded APP...: an Engine that says web.1 of each app runs, at 10.0.0.1 and counting.
recorded() {
  local app i=0 id entries=()
  answers=$BATS_TEST_TMPDIR/answers
  mkdir -p "$answers"
  for app in "$@"; do
    i=$((i + 1))
    id=$(printf '%064x' "$i")
    printf '%s\n' "$id" >"$DOKKU_ROOT/$app/CONTAINER.web.1"
    app_file "$app/PORT.web.1" 5000
    entries+=("{\"Id\":\"$id\",\"State\":\"running\",\"HostConfig\":{\"NetworkMode\":\"default\"},\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":\"10.0.0.$i\"}}}}")
  done
  printf '[%s]' "$(paste -sd, <<<"$(printf '%s\n' "${entries[@]}")")" >"$answers/containers_json"
  fake_engine "$answers"
}

@test "rebuild writes the addresses of running containers and removes the others" {
  local web
  web=$(deployed app web 1)
  scale app web=2 worker=1
  container >"$DOKKU_ROOT/app/CONTAINER.worker.1"
  app_file app/IP.web.1 10.9.9.9
  app_file app/IP.web.2 10.9.9.8
  app_file app/IP.worker.1 10.9.9.7
  app_file app/PORT.web.1 5000
  run3 sub rebuild app
  expect 0 "$said"
  [[ $(<"$DOKKU_ROOT/app/IP.web.1") == "$(ip_on "$web" bridge)" ]]
  [[ $(cd "$DOKKU_ROOT/app" && ls -d IP.* PORT.*) == $'IP.web.1\nPORT.web.1' ]]
  DOKKU_QUIET_OUTPUT=1 run3 hook network-build-config app
  expect 0 "$said"
}

@test "rebuild follows a container that got another address" {
  local web before
  sub create "$(network_name n1)" >/dev/null
  property app initial-network "$(network_name n1)"
  web=$(deployed app web 1 --network "$(network_name n1)")
  sub rebuild app
  before=$(<"$DOKKU_ROOT/app/IP.web.1")
  docker container stop --time 1 "$web" >/dev/null
  running --network "$(network_name n1)" >/dev/null # takes the address
  docker container start "$web" >/dev/null
  sub rebuild app
  [[ $(<"$DOKKU_ROOT/app/IP.web.1") == "$(ip_on "$web" "$(network_name n1)")" ]]
  [[ $(<"$DOKKU_ROOT/app/IP.web.1") != "$before" ]]
}

@test "what network-clear-config removed comes back with the next build, the port too" {
  # At a boot with running containers the proxy's configuration is cleared and built again, and
  # nothing deploys in between.
  local web
  web=$(deployed app web 1 --env PORT=8080)
  sub rebuild app
  hook network-clear-config app
  run3 hook network-config-exists app
  expect 0 true
  run3 hook network-build-config app
  expect 0 "$said"
  run3 hook network-get-listeners app web
  expect 0 "$(ip_on "$web" bridge):8080"
}

@test "rebuild of an unknown app: status 20, nothing written anywhere" {
  # It exited 0 and left config/common/nosuch behind; with ../../etc it wrote outside the tree.
  local before
  before=$(find "$tree" | sort)
  run3 sub rebuild nosuch
  expect 20 "" " !     App nosuch does not exist"
  run3 sub rebuild ../../etc
  [[ $status -eq 1 && -z $stdout ]]
  run3 sub rebuild
  expect 1 "" " !     Please specify an app to run the command on"
  run3 hook network-build-config ../../etc
  [[ $status -eq 20 && -z $stdout ]]
  [[ $(find "$tree" | sort) == "$before" ]]
}

@test "nothing to do: not deployed, no scale, static listener, another scheduler" {
  # An empty scale was an error.
  DOCKER_HOST=unix:///nowhere
  export DOCKER_HOST
  run3 sub rebuild app
  expect 0
  printf '%064x\n' 1 >"$DOKKU_ROOT/app/CONTAINER.web.1"
  scale app
  run3 sub rebuild app
  expect 0
  scale app web=1
  property app static-web-listener 127.0.0.1:80
  run3 sub rebuild app
  expect 0
  rm "$properties/app/static-web-listener"
  core_hook scheduler scheduler-detect <<<"echo k3s"
  mkdir -p "$DOKKU_LIB_ROOT/config/scheduler/app"
  printf k3s >"$DOKKU_LIB_ROOT/config/scheduler/app/selected"
  run3 sub rebuild app
  expect 0
  [[ ! -e $DOKKU_LIB_ROOT/config/common ]]
}

@test "a static listener overrides web only" {
  scale app web=1 worker=1
  property app static-web-listener 127.0.0.1:80
  deployed app web 1 >/dev/null
  local worker
  worker=$(deployed app worker 1)
  app_file app/IP.web.1 10.9.9.9
  run3 sub rebuild app
  expect 0 "$said"
  [[ $(<"$DOKKU_ROOT/app/IP.worker.1") == "$(ip_on "$worker" bridge)" ]]
  [[ $(<"$DOKKU_ROOT/app/IP.web.1") == 10.9.9.9 ]]
}

@test "rebuild exits with the number of containers that could not be built" {
  # It always exited 0.
  local n
  sub create "$(network_name n1)" >/dev/null
  scale app web=3
  for n in 1 2; do deployed app web $n --network "$(network_name n1)" >/dev/null; done
  deployed app web 3 >/dev/null
  run3 sub rebuild app
  expect 2 "$said" " !     Unable to build the network configuration of app.web.1: It has no address on the network bridge
 !     Unable to build the network configuration of app.web.2: It has no address on the network bridge"
  [[ -e $DOKKU_ROOT/app/IP.web.3 ]]
  # A container without the proxy's reach must not end a deploy.
  run3 hook network-build-config app
  [[ $status -eq 0 && $(wc -l <"$err_file") -eq 2 ]]
}

@test "rebuildall goes on after an app that fails" {
  # It stopped at the first.
  make_app other third
  scale other nonsense
  scale third web=1
  recorded app other third
  run3 sub rebuildall
  expect 1 "-----> Ensuring network configuration is in sync for app
-----> Ensuring network configuration is in sync for third" \
    " !     Unable to rebuild app other: invalid scale output stored by dokku: nonsense"
  [[ $(<"$DOKKU_ROOT/third/IP.web.1") == 10.0.0.3 ]]
}

@test "rebuildall does not count a directory that is no app" {
  # A file system of its own has one.
  recorded app
  mkdir "$DOKKU_ROOT/lost+found"
  run3 sub rebuildall
  expect 0 "-----> Ensuring network configuration is in sync for app"
}

@test "rebuildall asks the Engine once, and plugn not at all" {
  local app
  fake_plugn
  for app in app b c d; do
    make_app $app
    scale $app web=1
  done
  core_hook scheduler scheduler-detect <<<"exit 7"
  core_hook 20_events network-write-ipaddr <<<"exit 7"
  recorded app b c d
  run3 sub rebuildall
  [[ $status -eq 0 && -z $stderr && $(wc -l <"$out_file") -eq 4 ]]
  [[ $(<"$DOKKU_ROOT/d/IP.web.1") == 10.0.0.4 ]]
  [[ $(<"$answers/requests") == "GET /containers/json " && ! -e $tree/plugn.log ]]
}

@test "where other plugins have a say they are asked" {
  fake_plugn
  rm "$PLUGIN_PATH/enabled/ps/ps-current-scale"
  core_hook ps-other ps-current-scale <<<"printf 'web=1'"
  core_hook proxy-other network-write-ipaddr <<<"echo \"\$@\" >>'$tree/written'"
  core_hook sched-other scheduler-detect <<<"echo docker-local"
  recorded app
  run3 sub rebuild app
  expect 0 "$said"
  [[ $(<"$tree/written") == "app web 1 10.0.0.1" && $(<"$DOKKU_ROOT/app/IP.web.1") == 10.0.0.1 ]]
  grep -qx "trigger ps-current-scale app" "$tree/plugn.log"
  grep -qx "trigger scheduler-detect app" "$tree/plugn.log"
}

@test "events are written where they are switched on" {
  fake_plugn
  core_hook 20_events network-write-ipaddr <<<"echo \"\$@\" >>'$tree/written'"
  recorded app
  DOKKU_EVENTS=1 run3 sub rebuild app
  expect 0 "$said"
  [[ $(<"$tree/written") == "app web 1 10.0.0.1" ]]
}

@test "without an Engine nothing is removed" {
  printf '%064x\n' 1 >"$DOKKU_ROOT/app/CONTAINER.web.1"
  app_file app/IP.web.1 10.0.0.1
  export DOCKER_HOST=unix://$tree/no.sock
  local error=" !     Unable to ask the Docker Engine at unix://$tree/no.sock: No such file or directory"
  run3 sub rebuild app
  expect 1 "$said" "$error"
  make_app b
  run3 sub rebuildall
  expect 1 "$said" "$error"
  [[ $(<"$DOKKU_ROOT/app/IP.web.1") == 10.0.0.1 ]]
}

@test "rebuildall without apps" {
  rmdir "$DOKKU_ROOT/app"
  run3 sub rebuildall
  expect 0 "" " !     You haven't deployed any applications yet"
}

@test "files that are none of a container's are left alone" {
  recorded app
  app_file app/IP.notes keep
  app_file app/IP.web.1.bak keep
  app_file app/PORTS 25:5025
  ln -s /etc/hostname "$DOKKU_ROOT/app/CONTAINER.web.2"
  printf 'not an id' >"$DOKKU_ROOT/app/CONTAINER.web.3"
  run3 sub rebuild app
  expect 0 "$said"
  [[ -e $DOKKU_ROOT/app/IP.notes && -e $DOKKU_ROOT/app/IP.web.1.bak && -e $DOKKU_ROOT/app/PORTS ]]
}
