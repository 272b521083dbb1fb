#!/usr/bin/env bats
# What is left of our files when a command is killed, or the disk is full, at any of its writes.

load helpers
load network
load ports
load faults

setup_file() {
  ports_host_up --as takeover --no-daemon
  export app=alpha copy=beta
  dokku apps:create "$app" >/dev/null
  echo 2525:5025 >"$DOKKU_ROOT/$app/PORTS"
  echo 2526:5025 >"$DOKKU_ROOT/$app/PORTS.staged"
  printf 10.0.0.1 >"$DOKKU_ROOT/$app/IP.web.1"
  printf 5000 >"$DOKKU_ROOT/$app/PORT.web.1"
  dokku network:set "$app" tld one.example >/dev/null
  dokku network:set "$app" bind-all-interfaces false >/dev/null
  dokku netports:set "$app" forward-via container >/dev/null
  dokku netports:set "$app" allowed-ports 1-65535 >/dev/null
  keep "$BATS_FILE_TMPDIR/kept.tar"
}
teardown_file() { ports_host_down; }

# An Engine that has one image with a PORTS file, and a forwarder that agrees to all.
peers_up() {
  local answers=$BATS_TEST_TMPDIR/answers
  mkdir -p "$answers"
  echo '[]' >"$answers/containers_json"
  echo '{"Config":{"WorkingDir":"/"}}' >"$answers/images_image_json"
  echo '{"Id":"look"}' >"$answers/containers_create"
  echo 2527:5025 >"$BATS_TEST_TMPDIR/PORTS"
  tar -C "$BATS_TEST_TMPDIR" -cf "$answers/containers_look_archive" PORTS
  fake_engine "$answers"
  socat "UNIX-LISTEN:$DOKKU_PORTS_SOCKET,fork,unlink-early" "SYSTEM:read -r _; echo ok" 3>&- &
  forwarder_pid=$!
  wait_until 10 test -S "$DOKKU_PORTS_SOCKET"
}

teardown() {
  fake_engine_stop
  [[ -z ${forwarder_pid:-} ]] || kill "$forwarder_pid"
}

setup() {
  own=$PLUGIN_ENABLED_PATH/netports network=$PLUGIN_ENABLED_PATH/network
  kept=$BATS_FILE_TMPDIR/kept.tar
  lay_out
}

# The copy as our hooks meet it: git has copied the app's directory before.
with_copy() {
  cp -a "$DOKKU_ROOT/$app" "$DOKKU_ROOT/$copy"
  keep "$BATS_TEST_TMPDIR/kept.tar"
}

# A host that knows nothing of us yet but that the network role was switched on, and an upgrade of
# Dokku that set the link back.
with_upgrade() {
  kept=$BATS_FILE_TMPDIR/kept.tar
  lay_out
  rm -r "$DOKKU_LIB_ROOT/data/netports" "$DOKKU_LIB_ROOT/config/network/$app"
  mkdir -p "$DOKKU_LIB_ROOT/config/netports/--global"
  printf %s "$1" >"$DOKKU_LIB_ROOT/config/netports/--global/takeover"
  ln -sfn "$PLUGIN_PATH/available/network" "$PLUGIN_PATH/enabled/network"
  keep "$BATS_TEST_TMPDIR/kept.tar"
}

# Each command below is run with the same two words: what it has to survive.
network_commands() {
  with_copy
  "$@" "$network/subcommands/set" network:set "$app" tld two.example
  "$@" "$network/subcommands/set" network:set "$copy" tld two.example
  "$@" "$network/network-write-ipaddr" "$app" web 1 10.0.0.2
  "$@" "$network/network-write-port" "$app" web 2 5001
  "$@" "$network/post-create" gamma
  "$@" "$network/post-app-clone-setup" "$app" "$copy"
  "$@" "$network/post-app-rename-setup" "$app" "$copy"
}

ports_commands() {
  "$@" "$own/subcommands/set" netports:set "$app" forward-via published
  "$@" "$own/subcommands/set" netports:set --global allowed-ports 1024-65535
  "$@" "$own/subcommands/ports-set" netports:ports-set "$app" 2528:5143
  "$@" "$own/pre-release-builder" dockerfile "$app" image
  with_copy
  "$@" "$own/post-app-clone-setup" "$app" "$copy"
  "$@" "$own/post-app-rename-setup" "$app" "$copy"
}

@test "killed at any write, a network command leaves each file old or new, and its next run ends it" {
  network_commands survives_kill
  survives_kill "$network/subcommands/set" network:set "$app" tld
  survives_kill "$network/network-clear-config" "$app"
  survives_kill "$network/post-delete" "$app" latest
}

@test "killed at any write, a ports command leaves each file old or new, and its next run ends it" {
  peers_up
  survives_kill "$own/post-deploy" "$app" "" "" latest
  survives_kill "$own/post-delete" "$app" latest
  ports_commands survives_kill
}

@test "killed at any write, takeover and install leave the old or the new link, and no other" {
  survives_kill "$own/subcommands/takeover" netports:takeover off
  with_upgrade on
  survives_kill "$own/bin/install"
  survives_kill "$own/subcommands/takeover" netports:takeover on
  with_upgrade off
  survives_kill "$own/bin/install"
  # As root, which gives what it makes to the user dokku.
  [[ $EUID -ne 0 ]] ||
    survives_kill env DOKKU_SYSTEM_USER=nobody DOKKU_SYSTEM_GROUP=daemon "$own/bin/install"
  # A Dokku without pre-release-builder: the hook in its place is a copy of a program.
  survives_kill env PLUGIN_CORE_PATH="$BATS_TEST_TMPDIR" "$own/bin/install"
}

@test "disk full at any write of a network command: one line, the old content, no temp file" {
  network_commands survives_full_disk 1
}

@test "disk full at any write of a ports command: one line, the old content, no temp file" {
  peers_up
  # The release is live already: its deploy goes on.
  survives_full_disk 0 "$own/post-deploy" "$app" "" "" latest
  ports_commands survives_full_disk 1
}

@test "disk full at any write of takeover and install: one line, the old link, no temp file" {
  survives_full_disk 1 "$own/subcommands/takeover" netports:takeover off
  with_upgrade on
  survives_full_disk 1 "$own/subcommands/takeover" netports:takeover on
  with_upgrade off
  survives_full_disk 1 env PLUGIN_CORE_PATH="$BATS_TEST_TMPDIR" "$own/bin/install"
}

@test "a file that may not grow is one line too, not the end by a signal" {
  limited() {
    (ulimit -f 0 && exec "$@") </dev/null 2>&1 | cat
    return "${PIPESTATUS[0]}"
  }
  peers_up
  run3 limited "$network/subcommands/set" network:set "$app" tld two.example
  expect 1 "=====> Setting tld to two.example
 !     Unable to write $DOKKU_LIB_ROOT/config/network/$app/tld: File too large"
  run3 limited "$network/network-write-ipaddr" "$app" web 1 10.0.0.2
  expect 1 " !     Unable to write $DOKKU_ROOT/$app/IP.web.1: File too large"
  run3 limited "$own/pre-release-builder" dockerfile "$app" image
  expect 1 " !     Unable to write $DOKKU_ROOT/$app/PORTS.staged: File too large"
  [ -z "$(temp_files)" ]
  [ "$(<"$DOKKU_LIB_ROOT/config/network/$app/tld")" = one.example ]
  [ "$(<"$DOKKU_ROOT/$app/IP.web.1")" = 10.0.0.1 ]
  [ "$(<"$DOKKU_ROOT/$app/PORTS.staged")" = 2526:5025 ]
}

@test "on a file system without a free block a setting keeps its value" {
  local directory=$DOKKU_LIB_ROOT/config/network/$app
  # shellcheck disable=SC2016 # the inner shell's
  run3 unshare --mount bash -c '
    mount -t tmpfs -o size=4k none "$1" && printf one.example >"$1/tld" || exit 99
    "$2" network:set "$3" tld two.example
    echo "$? $(<"$1/tld") $(ls -A "$1")"
    "$2" network:set "$3" tld
    "$2" network:set "$3" tld two.example
    echo "$? $(<"$1/tld") $(ls -A "$1")"' - "$directory" "$network/subcommands/set" "$app"
  [[ $status -ne 99 && ($status -eq 0 || $EUID -eq 0) ]] || skip "no right to mount a file system"
  expect 0 "=====> Setting tld to two.example
1 one.example tld
=====> Unsetting tld
=====> Setting tld to two.example
0 two.example tld" " !     Unable to write $directory/tld: No space left on device"
}
