#!/usr/bin/env bats
# The network role through the life of an app on the scratch host.

load helpers
load network
load network_host

setup_file() { network_host_file; }

teardown_file() { docker image rm --force "$APP_IMAGE" >/dev/null; }

setup() { network_host_names; }

teardown() {
  host_down
  network_cleanup
}

@test "taken over and given back: core finds all properties where it left them" {
  up --as netports
  dokku apps:create "$app" >/dev/null
  mkdir -p "$properties/$app"
  printf own.local >"$properties/$app/tld"
  run3 dokku netports:takeover on
  [[ $status -eq 0 ]]
  run3 dokku network:report "$app" --network-tld
  expect 0 own.local
  dokku network:set "$app" tld new.local >/dev/null
  run3 dokku netports:takeover off
  [[ $status -eq 0 && $(<"$properties/$app/tld") == new.local ]]
  : >"$HOST/network-calls.log"
  [[ $(plugn trigger network-get-property "$app" tld) == new.local ]]
  [[ -n $(core_calls) ]]
}

@test "run containers are attached before they start" {
  up --as takeover
  dokku network:create "$n1" >/dev/null
  dokku apps:create "$app" >/dev/null
  deploy >/dev/null 2>&1
  dokku network:set "$app" attach-post-create "$n1" >/dev/null
  run3 dokku run "$app" /bin/busybox ip -o -4 address
  [[ $status -eq 0 ]]
  grep -qF "$(docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' "$n1" | cut -d. -f1-3)." \
    "$out_file"
}

@test "an app in the host's network is reached as 127.0.0.1" {
  up --as takeover
  dokku network:set --global initial-network host >/dev/null
  dokku apps:create "$app" >/dev/null
  dokku checks:disable "$app" >/dev/null 2>&1 || true
  deploy >/dev/null 2>&1 || true
  [[ $(plugn trigger network-get-ipaddr "$app" web "$(id_of web.1)") == 127.0.0.1 ]]
}

@test "after a boot with running containers the proxy has its listeners again" {
  up --as takeover
  dokku apps:create "$app" >/dev/null
  deploy >/dev/null 2>&1
  local before
  before=$(<"$HOST/run/upstreams/$app")
  [[ -n $before ]]
  dokku ps:restore >/dev/null 2>&1
  [[ $(<"$HOST/run/upstreams/$app") == "$before" ]]
}

@test "clone and rename take the properties along, destroy ends them" {
  up --as takeover
  dokku network:create "$n1" >/dev/null
  dokku apps:create "$app" >/dev/null
  dokku network:set "$app" attach-post-create "$n1" >/dev/null
  dokku network:set "$app" static-web-listener 127.0.0.1:9 >/dev/null
  SKIP_REBUILD=true dokku apps:clone "$app" "$app-copy" >/dev/null
  run3 dokku network:report "$app-copy" --network-attach-post-create
  expect 0 "$n1"
  run3 dokku network:report "$app-copy" --network-static-web-listener
  [[ $status -eq 0 && $stdout == $'\n' ]]
  SKIP_REBUILD=true dokku apps:rename "$app" "$app-new" >/dev/null
  run3 dokku network:report "$app-new" --network-static-web-listener
  expect 0 127.0.0.1:9
  [[ ! -e $properties/$app ]]
  dokku --force apps:destroy "$app-new" >/dev/null
  [[ ! -e $properties/$app-new && -e $properties/$app-copy ]]
}

@test "installing a plugin publishes nobody's app" {
  # Apps without a value of their own had bind-all-interfaces set to true by any plugin:install.
  up --as takeover
  dokku apps:create "$app" >/dev/null
  plugn trigger install >/dev/null 2>&1
  run3 dokku network:report "$app" --network-computed-bind-all-interfaces
  expect 0 false
  run3 dokku network:report "$app" --network-bind-all-interfaces
  [[ $stdout == $'\n' ]]
}

@test "report, --app, --quiet and --force through dokku" {
  up --as takeover
  dokku apps:create "$app" >/dev/null
  run3 dokku --app "$app" network:set tld x
  expect 0 "=====> Setting tld to x"
  run3 dokku --quiet --app "$app" network:report --network-tld
  expect 0 x
  run3 dokku --quiet network:create "$n1"
  expect 0
  run3 dokku --force network:destroy "$n1"
  expect 0 "-----> Destroying network $n1"
  run3 dokku report "$app"
  [[ $(grep -c '^=====> .* network information' "$out_file") -eq 1 ]]
}

@test "the seed's examples, in its order" {
  up --as network
  export DOKKU_QUIET_OUTPUT=
  run3 dokku network:create "$n1"
  expect 0 "-----> Creating network $n1"
  run3 dokku network:list
  [[ $status -eq 0 && $(head -n 2 "$out_file") == $'=====> Networks\nbridge' ]]
  run3 dokku --quiet network:list
  [[ $(head -n 1 "$out_file") == bridge && $(grep -cx "$n1" "$out_file") -eq 1 ]]
  run3 dokku network:destroy "$n1" <<<"$n1"
  expect 0 "> -----> Destroying network $n1" " !     WARNING: Potentially Destructive Action
 !     This command will destroy network $n1.
 !     To proceed, type \"$n1\""
  dokku network:create "$n1" >/dev/null
  run3 dokku --force network:destroy "$n1"
  expect 0 "-----> Destroying network $n1"
  run3 dokku network:exists nonexistent-network
  expect 1 "" " !     Network does not exist"
  dokku network:create "$n1" >/dev/null
  dokku network:create "$n2" >/dev/null
  run3 dokku network:info "$n1"
  [[ $status -eq 0 && $(head -n 1 "$out_file") == "=====> $n1 network information" ]]
  dokku apps:create "$app" >/dev/null
  run3 dokku network:set "$app" static-web-listener 127.0.0.1:8080
  expect 0 "=====> Setting static-web-listener to 127.0.0.1:8080"
  dokku network:set "$app" static-web-listener >/dev/null
  run3 dokku network:set "$app" attach-post-create "$n1"
  expect 0 "=====> Setting attach-post-create to $n1"
  run3 dokku network:set "$app" attach-post-deploy "$n2"
  expect 0 "=====> Setting attach-post-deploy to $n2"
  run3 dokku network:set "$app" initial-network "$n1"
  expect 0 "=====> Setting initial-network to $n1"
  for property in attach-post-create attach-post-deploy initial-network; do
    run3 dokku network:set "$app" "$property"
    expect 0 "=====> Unsetting $property"
    run3 dokku network:set --global "$property"
    expect 0 "=====> Unsetting $property"
  done
  run3 dokku network:set "$app" tld svc.cluster.local
  expect 0 "=====> Setting tld to svc.cluster.local"
  run3 dokku network:set "$app" tld
  expect 0 "=====> Unsetting tld"
  deploy >/dev/null 2>&1
  run3 dokku network:rebuild "$app"
  expect 0 "-----> Ensuring network configuration is in sync for $app"
  run3 dokku network:rebuildall
  expect 0 "-----> Ensuring network configuration is in sync for $app"
  run3 dokku network:set "$app" bind-all-interfaces true
  expect 0 "=====> Setting bind-all-interfaces to true"
  redeploy >/dev/null 2>&1
  docker container port "$(id_of web.1)" | grep -q '^5000/tcp -> 0.0.0.0:'
  run3 dokku network:set "$app" bind-all-interfaces false
  expect 0 "=====> Setting bind-all-interfaces to false"
  run3 dokku network:report "$app"
  [[ $(head -n 1 "$out_file") == "=====> $app network information" ]]
  grep -qE '^       Network bind all interfaces: +false$' "$out_file"
  grep -qE "^       Network web listeners: +$(ip_on "$(id_of web.1)" bridge):5000\$" "$out_file"
  run3 dokku network:report "$app" --network-bind-all-interfaces
  expect 0 false
}
