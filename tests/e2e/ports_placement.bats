#!/usr/bin/env bats
# The ports role acts once, whichever entries of the plugin are enabled.

load helpers
load ports

teardown() { host_down; }

deploy_once() {
  ports_app
  ports_image "$port:5025"
  run3 deploy
  [ "$status" -eq 0 ]
  [ "$(grep -c "Forwarding public ports of $app ($port)" "$out_file")" -eq 1 ]
  serves "$port" v1
}

@test "takeover: both entries lead to one plugin, and a deploy forwards once" {
  host_up --as takeover
  deploy_once
  run3 dokku report "$app"
  [ "$status" -eq 0 ]
  [ "$(grep -cx "=====> $app netports information" "$out_file")" -eq 1 ]
  [ "$(grep -cx "=====> $app network information" "$out_file")" -eq 1 ]
  # Each entry has its own report, and both find the app of Dokku's --app.
  run3 dokku network:report "$app"
  [ "$(head -n 1 "$out_file")" = "=====> $app network information" ]
  run3 dokku netports:report "$app"
  [ "$(head -n 1 "$out_file")" = "=====> $app netports information" ]
  local file=$BATS_TEST_TMPDIR/check words
  echo 26:26 >"$file"
  dokku netports:set "$app" allowed-ports "$port" >/dev/null
  for words in "netports:ports-check $file --app $app" "--app $app netports:ports-check $file" \
    "network:ports-check $file --app $app" "--app $app network:ports-check $file"; do
    # shellcheck disable=SC2086
    run3 dokku $words
    expect 1 "" " !     Public port 26 is not allowed for app $app: Property allowed-ports is $port"
  done
  # Under the other entry the triggers of the ports role do nothing.
  run3 "$PLUGIN_ENABLED_PATH/network/post-stop" "$app"
  expect 0
  run3 "$PLUGIN_ENABLED_PATH/network/pre-release-builder" dockerfile "$app" nosuch-image
  expect 0
}

@test "as the only network plugin: both roles share a property directory and keep to their own" {
  host_up --as network
  deploy_once
  local other
  other=$(unique pt)
  dokku network:ports-set "$app" "$port:5143" >/dev/null
  dokku network:set "$app" tld example >/dev/null
  SKIP_REBUILD=true dokku apps:clone "$app" "$other" </dev/null >/dev/null 2>&1
  [ -z "$(cat "$DOKKU_LIB_ROOT/config/network/$other/mappings")" ]
  [ "$(cat "$DOKKU_LIB_ROOT/config/network/$other/tld")" = example ]
  serves "$port" v1
  dokku apps:destroy "$other" --force </dev/null >/dev/null
  other=$(unique pt)
  dokku apps:rename "$app" "$other" </dev/null >/dev/null
  wait_until 10 serves "$port" v1
  [ "$(cat "$DOKKU_LIB_ROOT/config/network/$other/mappings")" = "$port:5143" ]
  [ "$(cat "$DOKKU_LIB_ROOT/config/network/$other/tld")" = example ]
  [ ! -e "$DOKKU_LIB_ROOT/config/network/$app" ]
}
