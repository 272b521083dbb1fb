#!/usr/bin/env bats
# Deploys on several networks, with the network role taken over, alone and beside a core plugin.

load helpers
load network
load network_host

setup_file() { network_host_file; }

teardown_file() { docker image rm --force "$APP_IMAGE" >/dev/null; }

setup() {
  network_host_names
  our_entry=network
}

teardown() {
  host_down
  network_cleanup
}

# An app on three networks.
deploy_on_networks() { # [PROC=COUNT]...
  local name
  for name in "$n1" "$n2" "$n3"; do dokku "$our_entry:create" "$name" >/dev/null; done
  dokku apps:create "$app" >/dev/null
  dokku "$our_entry:set" "$app" attach-post-create "$n1" "$n2" >/dev/null
  dokku "$our_entry:set" "$app" attach-post-deploy "$n3" >/dev/null
  dokku "$our_entry:set" "$app" tld svc.local >/dev/null
  [[ $# -eq 0 ]] || dokku ps:scale "$app" "$@" >/dev/null
  deploy >"$BATS_TEST_TMPDIR/deploy.log" 2>&1
}

check_networks() {
  local other name
  for name in web.1 web.2 worker.1; do
    [[ $(networks_of "$(id_of "$name")") == "bridge $n1 $n2 $n3" ]]
  done
  for name in "$n1" "$n2" "$n3"; do
    other=$(running --network "$name" --label "$SCRATCH_HOST_LABEL")
    [[ $(resolved "$other" "$app.web.svc.local" | wc -l) -eq 2 ]]
    [[ $(resolved "$other" "$app.worker.svc.local") == "$(ip_on "$(id_of worker.1)" "$name")" ]]
  done
  [[ $(<"$DOKKU_ROOT/$app/IP.web.1") == "$(ip_on "$(id_of web.1)" bridge)" ]]
  [[ $(<"$DOKKU_ROOT/$app/PORT.web.1") == 5000 ]]
  grep -qx -- "-----> Associating app with network $n3" "$BATS_TEST_TMPDIR/deploy.log"
  [[ $(sort "$HOST/run/upstreams/$app") == "$(printf '%s:5000\n' \
    "$(<"$DOKKU_ROOT/$app/IP.web.1")" "$(<"$DOKKU_ROOT/$app/IP.web.2")" | sort)" ]]
}

@test "taken over: a deploy on three networks, and core is asked nothing" {
  up --as takeover
  deploy_on_networks web=2 worker=1
  check_networks
  [[ -z $(core_calls) ]]
}

@test "installed as network, without a core plugin: the same" {
  up --as network
  deploy_on_networks
  [[ $(networks_of "$(id_of web.1)") == "bridge $n1 $n2 $n3" ]]
  [[ $(<"$HOST/run/upstreams/$app") == "$(ip_on "$(id_of web.1)" bridge):5000" ]]
}

@test "beside a core plugin: its network role is left alone" {
  up --as netports
  our_entry=netports deploy_on_networks
  [[ $(networks_of "$(id_of web.1)") == bridge ]]
  core_calls | grep -q '^core-post-deploy'
  [[ $(<"$properties/$app/attach-post-create") == "$n1,$n2" ]]
}

@test "a redeploy leaves old containers on their networks until they go" {
  up --as takeover
  SCRATCH_WAIT_TO_RETIRE=60
  deploy_on_networks
  local old
  old=$(id_of web.1)
  redeploy >/dev/null 2>&1
  [[ $(id_of web.1) != "$old" ]]
  [[ $(networks_of "$old") == "bridge $n1 $n2 $n3" ]]
  [[ $(networks_of "$(id_of web.1)") == "bridge $n1 $n2 $n3" ]]
}

@test "a network that went makes a deploy fail while the old containers serve" {
  # The failure came after the switch to the new containers.
  up --as takeover
  deploy_on_networks
  local old
  old=$(id_of web.1)
  dokku network:set "$app" attach-post-deploy "$n3-not" >/dev/null 2>&1
  run3 redeploy
  [[ $status -ne 0 ]]
  grep -qxF " !     Network $n3-not does not exist" "$err_file"
  [[ $(id_of web.1) == "$old" ]]
  [[ $(docker container inspect --format '{{.State.Running}}' "$old") == true ]]
}

@test "initial-network: deployed containers have their alias there, and the proxy their address" {
  up --as takeover
  dokku network:create "$n1" >/dev/null
  dokku network:set --global initial-network "$n1" >/dev/null
  dokku apps:create "$app" >/dev/null
  dokku ps:scale "$app" web=2 >/dev/null
  deploy >/dev/null 2>&1
  [[ $(networks_of "$(id_of web.1)") == "$n1" ]]
  [[ $(<"$DOKKU_ROOT/$app/IP.web.1") == "$(ip_on "$(id_of web.1)" "$n1")" ]]
  local other
  other=$(running --network "$n1" --label "$SCRATCH_HOST_LABEL")
  [[ $(resolved "$other" "$app.web" | wc -l) -eq 2 ]]
  # A run container is on the network, and is not taken for one of web.
  run3 dokku run "$app" /bin/busybox nslookup "$app.web" 127.0.0.11
  grep -qF "$(ip_on "$(id_of web.2)" "$n1")" "$out_file"
  [[ $(resolved "$other" "$app.web" | wc -l) -eq 2 ]]
}
