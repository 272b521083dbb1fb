#!/usr/bin/env bats
# netports:takeover, and what install and uninstall do about it.

load helpers

setup() {
  export DOKKU_QUIET_OUTPUT=
  host_up --no-daemon
  link=$PLUGIN_PATH/enabled/network
  remembered=$DOKKU_LIB_ROOT/config/netports/--global/takeover
}

teardown() { host_down; }

core_link() { readlink "$link" | grep -qx "$PLUGIN_PATH/available/network"; }
own_link() { readlink "$link" | grep -qx "$PLUGIN_PATH/available/netports"; }

@test "takeover on and off replace the one link, remember it, and may be said twice" {
  core_link
  run3 dokku netports:takeover on
  expect 0 "-----> netports has taken Dokku's network role over, from now on"
  own_link
  [[ $(<"$remembered") == on ]]
  run3 dokku netports:takeover on
  expect 0 "-----> netports has Dokku's network role already"

  run3 dokku netports:takeover off
  expect 0 "-----> Dokku's own network plugin has its role back, from now on"
  core_link
  [[ ! -e $remembered ]]
  run3 dokku netports:takeover off
  expect 0 "-----> netports does not have Dokku's network role"
}

@test "takeover status says who has the role" {
  run3 dokku netports:takeover status
  expect 0 "Network role:  core"
  dokku netports:takeover on
  run3 dokku netports:takeover status
  expect 0 "Network role:  netports"
  run3 dokku network:takeover status
  expect 0 "Network role:  netports"
}

@test "takeover is not chatty when asked to be quiet" {
  run3 dokku --quiet netports:takeover on
  expect 0
  own_link
}

@test "takeover refuses any other word" {
  for words in "" maybe; do
    # shellcheck disable=SC2086
    run3 dokku netports:takeover $words
    expect 2 "" "Usage: dokku netports:takeover on|off|status
one of on, off or status is needed"
  done
  run3 dokku netports:takeover on off
  expect 2 "" "Usage: dokku netports:takeover on|off|status
unexpected word: off"
  core_link
}

@test "takeover refuses a host without the link that Dokku makes" {
  rm "$link"
  run3 dokku netports:takeover on
  expect 1 "" " !     Unable to take the network role over: No network plugin is enabled at $link"
  run3 dokku netports:takeover status
  expect 0 "Network role:  nobody"

  mkdir "$link"
  run3 dokku netports:takeover on
  expect 1 "" " !     Unable to take the network role over: $link is not a link"
  [[ -d $link && ! -L $link && ! -e $remembered ]]
}

@test "takeover refuses when this plugin lacks a part of the network role" {
  rm "$PLUGIN_PATH/available/netports/network-get-property"
  run3 dokku netports:takeover on
  expect 1 "" " !     Unable to take the network role over: This plugin lacks the trigger network-get-property"
  core_link
}

@test "install restores a takeover that an upgrade undid, once, and says so" {
  dokku netports:takeover on
  ln -sfn "$PLUGIN_PATH/available/network" "$link"
  run3 dokku netports:takeover status
  expect 0 "Network role:  core" \
    " !     Switched on once, but not in force: the next install of any plugin restores it"

  run3 plugn trigger install
  [[ $status -eq 0 ]]
  [[ $(grep -c "Taking Dokku's network role over again" "$out_file") -eq 1 ]]
  own_link
  run3 plugn trigger install
  expect 0
}

@test "install leaves a takeover alone that was never asked for" {
  plugn trigger install
  core_link
}

@test "uninstall gives the role back and keeps what apps have" {
  mkdir "$DOKKU_ROOT/mail"
  echo 25:5025 >"$DOKKU_ROOT/mail/PORTS"
  dokku netports:takeover on
  run3 dokku plugin:uninstall somethingelse
  own_link
  run3 dokku plugin:uninstall netports
  [[ $status -eq 0 ]]
  grep -qx -- "-----> Dokku's own network plugin has its role back" "$out_file"
  core_link
  [[ ! -e $PLUGIN_PATH/available/netports && ! -e $remembered ]]
  [[ $(<"$DOKKU_ROOT/mail/PORTS") == 25:5025 ]]
}
