#!/usr/bin/env bats
# What becomes of public ports when their app is stopped, started, cloned, renamed, destroyed.

load helpers
load ports

setup_file() { ports_host_up; }
teardown_file() { ports_host_down; }

setup() {
  ports_app
  ports_image "$port:5025"
  deploy >/dev/null
  other=$(unique pt)
}

properties_of() { find "$DOKKU_LIB_ROOT/config/netports/$1" -type f 2>/dev/null; }

@test "stop resets what is open and keeps the port; start serves again" {
  local before
  before=$(listener_of "$port")
  exec {client}<>"/dev/tcp/127.0.0.1/$port"
  read -r -t 5 _ <&"$client"
  dokku ps:stop "$app" >/dev/null
  run read -r -t 5 _ <&"$client"
  exec {client}>&-
  [ "$status" -ne 0 ]
  [ "$(listener_of "$port")" = "$before" ]
  dokku ps:start "$app" </dev/null >/dev/null
  wait_until 10 serves "$port" v1
}

@test "a clone has none of the ports, says so, and deploys nevertheless" {
  run3 dokku apps:clone "$app" "$other" </dev/null
  [ "$status" -eq 0 ]
  [[ $stderr == *" !     App $other has no public ports: Those of $app stay with it
 !     Give it its own with: dokku netports:ports-set $other <mapping>...
"* ]]
  serves "$port" v1
  run3 dokku netports:ports "$other"
  expect 0 "=====> Public ports of $other
       None: dokku netports:ports-set $other <mapping>... gives it some, dokku netports:ports-set $other alone those of its PORTS file"
  # Its image still has the PORTS file: a rebuild is no claim.
  run3 dokku ps:rebuild "$other" </dev/null
  [ "$status" -eq 0 ]
  [[ $stderr != *taken* ]]
  # Back to the file it would be one.
  run3 dokku netports:ports-set "$other"
  expect 1 "" " !     Public port $port is taken by app $app"
}

@test "a clone keeps forward-via and the bounds of its ports" {
  dokku netports:set "$app" forward-via published >/dev/null
  dokku netports:set "$app" allowed-ports "$port" >/dev/null
  SKIP_REBUILD=true dokku apps:clone "$app" "$other" </dev/null >/dev/null 2>&1
  [ "$(cat "$DOKKU_LIB_ROOT/config/netports/$other/forward-via")" = published ]
  [ "$(cat "$DOKKU_LIB_ROOT/config/netports/$other/allowed-ports")" = "$port" ]
  [ -z "$(cat "$DOKKU_LIB_ROOT/config/netports/$other/mappings")" ]
}

@test "rename moves the ports and closes no listener" {
  local before
  before=$(listener_of "$port")
  dokku netports:set "$app" forward-via container >/dev/null
  run3 dokku apps:rename "$app" "$other" </dev/null
  [ "$status" -eq 0 ]
  [[ $stderr != *forward* && $stderr != *taken* ]]
  [ "$(listener_of "$port")" = "$before" ]
  wait_until 10 serves "$port" v1
  [ "$(cat "$DOKKU_ROOT/$other/PORTS")" = "$port:5025" ]
  [ -z "$(properties_of "$app")" ]
  [ "$(cat "$DOKKU_LIB_ROOT/config/netports/$other/forward-via")" = container ]
}

@test "rename moves mappings that ports-set keeps" {
  local second
  second=$(free_port)
  dokku netports:ports-set "$app" "$second:5143" >/dev/null
  dokku apps:rename "$app" "$other" </dev/null >/dev/null
  wait_until 10 serves "$second" v1
  is_closed "$port"
  [ "$(cat "$DOKKU_LIB_ROOT/config/netports/$other/mappings")" = "$second:5143" ]
}

@test "destroy closes the ports and leaves no file; the next app of that name starts clean" {
  dokku netports:set "$app" forward-via published >/dev/null
  run3 dokku apps:destroy "$app" --force </dev/null
  [ "$status" -eq 0 ]
  wait_until 5 is_closed "$port"
  [ ! -e "$DOKKU_LIB_ROOT/config/netports/$app" ]
  mkdir -p "$DOKKU_LIB_ROOT/config/netports/$app"
  printf '%s:5025\n' "$port" >"$DOKKU_LIB_ROOT/config/netports/$app/mappings"
  dokku apps:create "$app" >/dev/null
  [ -z "$(properties_of "$app")" ]
}

@test "post-delete without a name is refused, nothing is removed" {
  dokku netports:set --global forward-via container >/dev/null
  run3 "$PLUGIN_ENABLED_PATH/netports/post-delete" "" latest
  expect 1 "" " !     Unable to remove the ports of \"\": It is no app"
  [ -f "$DOKKU_LIB_ROOT/config/netports/--global/forward-via" ]
  serves "$port" v1
}

@test "checks disabled: post-deploy waits for the new containers, and says when they stay deaf" {
  dokku checks:disable "$app" >/dev/null
  image=$(unique ports-image):deaf
  ports_image "$port:5999" --version deaf
  run3 deploy
  [ "$status" -eq 0 ]
  [[ $stderr == *" !     Container web.1 ("????????????") of app $app does not listen on port 5999 after 2 seconds"$'\n'* ]]
}
