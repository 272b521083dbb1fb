#!/usr/bin/env bats
# network:set and network:report, and the properties they share with Dokku's core plugin.

load helpers
load network

setup() {
  network_tree
  mkdir "$BATS_TEST_TMPDIR/answers"
  make_app alpha beta
}

teardown() { fake_engine_stop; }

# Networks that exist; every other one makes `set` warn.
engine_with() {
  printf '%s\n' "$@" | jq -R . | jq -s 'map({Id: ("0" * 64), Name: ., Driver: "bridge"})' \
    >"$BATS_TEST_TMPDIR/answers/networks"
  fake_engine "$BATS_TEST_TMPDIR/answers"
}

# An empty value may leave blanks at the end of a row.
row() { printf '       %-38s%s\n' "$1:" "${2:-}"; }

rows_of_alpha() {
  row "Network attach post create" "$1"
  row "Network attach post deploy"
  row "Network bind all interfaces"
  row "Network computed attach post create" "$1"
  row "Network computed attach post deploy" "$2"
  row "Network computed bind all interfaces" true
  row "Network computed initial network"
  row "Network computed tld" svc.local
  row "Network global attach post create"
  row "Network global attach post deploy" "$2"
  row "Network global bind all interfaces" true
  row "Network global initial network"
  row "Network global tld"
  row "Network initial network"
  row "Network static web listener"
  row "Network tld" svc.local
  row "Network web listeners" "172.17.0.3:5000 172.17.0.4:5001"
}

fill_alpha() {
  property alpha attach-post-create n1,n2
  property alpha tld svc.local
  property --global attach-post-deploy n3
  property --global bind-all-interfaces true
  app_file alpha/IP.web.1 172.17.0.3
  app_file alpha/IP.web.2 172.17.0.4
  app_file alpha/PORT.web.2 5001
}

@test "set stores the raw value, mode 0600, and says so" {
  run3 sub set alpha tld svc.cluster.local
  expect 0 "=====> Setting tld to svc.cluster.local"
  [[ $(od -An -c "$properties/alpha/tld" | tr -d ' \n') == svc.cluster.local ]]
  [[ $(stat -c %a "$properties/alpha/tld" "$properties/alpha") == $'600\n755' ]]
  run3 sub set alpha tld
  expect 0 "=====> Unsetting tld"
  [[ ! -e $properties/alpha/tld ]]
  run3 sub set alpha tld ""
  expect 0 "=====> Unsetting tld"
  DOKKU_QUIET_OUTPUT=1 run3 sub set --global tld x
  expect 0
  [[ $(<"$properties/--global/tld") == x ]]
}

@test "set takes several networks and drops duplicates" {
  engine_with n1 n2 n3
  run3 sub set alpha attach-post-create n1 n2 n1
  expect 0 "=====> Setting attach-post-create to n1,n2"
  [[ $(<"$properties/alpha/attach-post-create") == n1,n2 ]]
  run3 sub set alpha attach-post-create n3,n1
  expect 0 "=====> Setting attach-post-create to n3,n1"
}

@test "set refuses what is no network to attach to, and changes nothing" {
  # "n1,host" and "n1 n2" were taken for the names of networks.
  local value
  property alpha attach-post-create old
  for value in host bridge none n1,host "n1 n2" "n1 --privileged" $'n1\nn2' n1, -; do
    run3 sub set alpha attach-post-create "$value"
    [[ $status -eq 1 && -z $stdout ]]
    [[ $stderr == " !     Invalid network name specified for attach: "* ]]
    [[ $(wc -l <"$err_file") -eq 1 ]]
  done
  run3 sub set alpha attach-post-deploy n1 host
  expect 1 "" " !     Invalid network name specified for attach: host"
  [[ $(<"$properties/alpha/attach-post-create") == old && $(ls "$properties/alpha") == attach-post-create ]]
}

@test "set compares networks name by name with the other attach property" {
  # Only two equal lists were seen as a conflict.
  property alpha attach-post-create n1,n2
  property --global attach-post-deploy g1,g2
  run3 sub set alpha attach-post-deploy n9 n2
  expect 1 "" " !     Network name already associated with this app: n2"
  run3 sub set beta attach-post-create g2
  expect 1 "" " !     Network name already associated with this app: g2"
  run3 sub set --global attach-post-create g1
  expect 1 "" " !     Network name already associated with this app: g1"
  run3 sub set --global attach-post-deploy n1
  expect 1 "" " !     Network name already associated with app alpha: n1"
  [[ ! -e $properties/alpha/attach-post-deploy && ! -e $properties/beta ]]
}

@test "set refuses values that cannot be" {
  # `banana` was stored as bind-all-interfaces; "n1 --privileged" went on to docker.
  local words
  while read -r -a words; do
    run3 sub set alpha "${words[@]}"
    [[ $status -eq 1 && -z $stdout && $(wc -l <"$err_file") -eq 1 ]]
    [[ $stderr == " !     "* ]]
  done <<'WORDS'
bind-all-interfaces banana
bind-all-interfaces TRUE
initial-network n1/../n2
initial-network n1;reboot
tld .local
tld a_b
static-web-listener localhost:80
static-web-listener 127.0.0.1:0
static-web-listener 127.0.0.1:99999
WORDS
  run3 sub set alpha initial-network "n1 --privileged"
  expect 1 "" " !     Invalid network name: n1 --privileged"
  run3 sub set alpha tld $'x\ny'
  expect 1 "" " !     Invalid value for property tld, use a DNS name: x\\x0ay"
  [[ ! -e $properties/alpha ]]
}

@test "set takes a second value only where a list is meant" {
  # Dokku's passes it over.
  local property
  for property in tld initial-network bind-all-interfaces static-web-listener; do
    run3 sub set alpha "$property" true false
    expect 2 "" "Usage: dokku network:set <app|--global> <property> (<value>...)
unexpected word: false"
  done
  [[ ! -e $properties/alpha ]]
}

@test "set takes all forms of a static listener" {
  local value
  for value in 127.0.0.1:8080 '[::1]:8080' 192.0.2.1 ::1; do
    run3 sub set alpha static-web-listener "$value"
    expect 0 "=====> Setting static-web-listener to $value"
  done
}

@test "set checks in Dokku's order, with Dokku's words and statuses" {
  run3 sub set
  expect 1 "" " !     Please specify an app to run the command on"
  run3 sub set Bad tld x
  expect 1 "" " !     App name must begin with lowercase alphanumeric character, and may only contain lowercase alphanumerics, dots, and hyphens"
  run3 sub set ../../etc tld x
  [[ $status -eq 1 ]]
  run3 sub set nosuch attach-post-create host
  expect 20 "" " !     App nosuch does not exist"
  run3 sub set alpha
  expect 1 "" " !     No property specified"
  run3 sub set alpha foo bar
  expect 1 "" " !     Invalid property specified, valid properties include: attach-post-create, attach-post-deploy, bind-all-interfaces, initial-network, static-web-listener, tld"
  run3 sub set --global
  expect 1 "" " !     Property cannot be specified globally"
  run3 sub set --global static-web-listener 127.0.0.1:80
  expect 1 "" " !     Property cannot be specified globally"
  # With --global the first word is the property.
  run3 sub set alpha --global tld x
  expect 1 "" " !     Property cannot be specified globally"
}

@test "set warns of networks that do not exist yet" {
  engine_with n1
  run3 sub set alpha attach-post-deploy n1 n2
  expect 0 "=====> Setting attach-post-deploy to n1,n2" " !     Network n2 does not exist yet"
  run3 sub set --global initial-network host
  expect 0 "=====> Setting initial-network to host"
  [[ $(grep -c . "$BATS_TEST_TMPDIR/answers/requests") -eq 1 ]]
}

@test "set works while the Engine does not" {
  DOCKER_HOST=unix://$BATS_TEST_TMPDIR/no.sock run3 sub set alpha initial-network n1
  expect 0 "=====> Setting initial-network to n1" \
    " !     Unable to check whether n1 exists: Unable to ask the Docker Engine at unix://$BATS_TEST_TMPDIR/no.sock: No such file or directory"
  [[ $(<"$properties/alpha/initial-network") == n1 ]]
}

@test "set warns where another scheduler ignores the property" {
  core_hook scheduler scheduler-detect <<<"echo k3s"
  mkdir -p "$DOKKU_LIB_ROOT/config/scheduler/alpha"
  printf k3s >"$DOKKU_LIB_ROOT/config/scheduler/alpha/selected"
  run3 sub set alpha tld x
  expect 0 "=====> Setting tld to x" \
    " !     Property tld has no effect on app alpha: Its scheduler is k3s, not docker-local"
  run3 sub set alpha static-web-listener 127.0.0.1:80
  expect 0 "=====> Setting static-web-listener to 127.0.0.1:80"
  run3 sub set beta tld x
  expect 0 "=====> Setting tld to x"
}

@test "the app of --app is inserted where Dokku does not do it" {
  DOKKU_APP_NAME=alpha run3 sub set tld x
  expect 0 "=====> Setting tld to x"
  [[ $(<"$properties/alpha/tld") == x ]]
  DOKKU_APP_NAME=alpha run3 sub report --network-tld
  expect 0 x
  property beta tld y
  # Dokku itself inserts it for whatever really lies below core-plugins.
  mkdir -p "$DOKKU_LIB_ROOT/core-plugins/available/network"
  cp -r "$plugin/subcommands" "$DOKKU_LIB_ROOT/core-plugins/available/network/"
  DOKKU_APP_NAME=alpha run3 "$DOKKU_LIB_ROOT/core-plugins/available/network/subcommands/report" \
    network:report beta --network-tld
  expect 0 y
}

@test "the app of --app is a word of no command that takes none" {
  # It was the name of the network to make, and to remove.
  DOKKU_APP_NAME=alpha run3 sub create
  expect 1 "" " !     No network name specified"
  DOKKU_APP_NAME=alpha run3 sub destroy --force
  expect 1 "" " !     No network name specified"
  # ports-check has a flag of that name. Below core-plugins Dokku puts the app in front as well.
  local core=$DOKKU_LIB_ROOT/core-plugins/available/network words
  mkdir -p "$core" "$DOKKU_LIB_ROOT/config/network/alpha"
  cp -r "$plugin/subcommands" "$core/"
  printf 25 >"$DOKKU_LIB_ROOT/config/network/alpha/allowed-ports"
  echo 26:26 >"$BATS_TEST_TMPDIR/PORTS"
  for words in "alpha $BATS_TEST_TMPDIR/PORTS" "alpha $BATS_TEST_TMPDIR/PORTS --app alpha"; do
    # shellcheck disable=SC2086
    DOKKU_APP_NAME=alpha run3 "$core/subcommands/ports-check" network:ports-check $words
    expect 1 "" " !     Public port 26 is not allowed for app alpha: Property allowed-ports is 25"
  done
  run3 "$core/subcommands/ports-check" network:ports-check "$BATS_TEST_TMPDIR/PORTS"
  expect 0 "-----> $BATS_TEST_TMPDIR/PORTS is valid: 26"
}

@test "report of an app: seventeen rows, padded" {
  fill_alpha
  run3 sub report alpha
  expect 0 "=====> alpha network information
$(rows_of_alpha n1,n2 n3)"
  run3 hook report alpha
  expect 0 "=====> alpha network information
$(rows_of_alpha n1,n2 n3)"
  DOKKU_QUIET_OUTPUT=1 run3 sub report alpha
  expect 0 "$(rows_of_alpha n1,n2 n3)"
}

@test "report of all apps: one after the other, by name" {
  run3 sub report
  [[ $(grep '^=====>' "$out_file") == "=====> alpha network information
=====> beta network information" ]]
  [[ $(wc -l <"$out_file") -eq 36 && $status -eq 0 && -z $stderr ]]
  run3 sub report --network-computed-bind-all-interfaces
  expect 0 $'false\nfalse'
  rmdir "$DOKKU_ROOT"/*
  run3 sub report
  expect 0 "" " !     You haven't deployed any applications yet"
  run3 sub report --network-tld
  expect 0 "" " !     You haven't deployed any applications yet"
  # A flag that is none was taken, with status 0.
  run3 sub report --bogus
  [[ $status -eq 1 && -z $stdout && $stderr == " !     Invalid flag passed, valid flags: --network-attach-post-create, "* ]]
  local without=$stderr
  make_app alpha
  run3 sub report --bogus
  [[ $status -eq 1 && $stderr == "$without" ]]
}

@test "report of what holds for all apps" {
  fill_alpha
  run3 sub report --global
  [[ $status -eq 0 && $(wc -l <"$out_file") -eq 11 ]]
  grep -qxF "=====> --global network information" "$out_file"
  grep -qxF "$(row "Network computed attach post deploy" n3)" "$out_file"
  run3 sub report alpha --global --network-global-bind-all-interfaces
  expect 0 true
  run3 sub report --global --format json
  jq -e 'length == 20 and .["global-attach-post-deploy"] == "n3" and (has("tld") | not)' "$out_file"
}

@test "report as JSON: each key twice, sorted" {
  fill_alpha
  run3 sub report alpha --format json
  [[ $status -eq 0 && $(wc -l <"$out_file") -eq 1 ]]
  jq -e 'length == 34 and .tld == "svc.local" and .["network-tld"] == "svc.local"' "$out_file"
  [[ $(jq -c . "$out_file") == "$(jq -cS . "$out_file")" ]]
  run3 sub report --format json
  [[ $(wc -l <"$out_file") -eq 2 ]]
}

@test "report of a hostile value is still one line of JSON" {
  property alpha tld $'a"\\\n<&>\x01\xff'
  run3 sub report alpha --format json
  [[ $status -eq 0 && $(wc -l <"$out_file") -eq 1 ]]
  jq -e . "$out_file" >/dev/null
}

@test "report with two info flags says so" {
  # Nothing was printed, with status 0.
  run3 sub report alpha --network-tld --network-initial-network
  expect 1 "" " !     network:report command allows only a single flag"
}

@test "report with a --format that lacks its value" {
  # It ended in a panic.
  run3 sub report alpha --format
  expect 2 "" 'Usage: dokku network:report [<app>] [<flag>] [--global] [--format stdout|json]
flag needs an argument: --format'
}

@test "report prints nothing unless it can print all" {
  run3 sub report --format xml
  expect 2 "" 'Usage: dokku network:report [<app>] [<flag>] [--global] [--format stdout|json]
invalid argument "xml" for "--format" flag: use stdout or json'
  run3 sub report --format json --network-tld
  expect 1 "" " !     --format flag cannot be specified when specifying an info flag"
  run3 sub report --global --network-tld
  expect 1 "" " !     Invalid flag passed, valid flags: --network-computed-attach-post-create, --network-computed-attach-post-deploy, --network-computed-bind-all-interfaces, --network-computed-initial-network, --network-computed-tld, --network-global-attach-post-create, --network-global-attach-post-deploy, --network-global-bind-all-interfaces, --network-global-initial-network, --network-global-tld"
  run3 sub report nosuch
  expect 20 "" " !     App nosuch does not exist"
  run3 hook report
  expect 1 "" " !     Please specify an app to run the command on"
}

@test "a reader of a property sees the old or the new value" {
  # Properties were truncated first and written then.
  local long short value i
  long=$(printf 'a%.0s' {1..60})
  short=b
  sub set alpha tld "$long" >/dev/null
  (for i in {1..150}; do
    sub set alpha tld "$short"
    sub set alpha tld "$long"
  done >/dev/null) 3>&- &
  local writer=$!
  while kill -0 "$writer" 2>/dev/null; do
    value=$(hook network-get-property alpha tld)
    [[ $value == "$short" || $value == "$long" ]]
  done
  wait "$writer"
}

@test "under another entry the same properties" {
  "$PLUGIN_PATH/enabled/netports/subcommands/set" netports:set alpha tld x
  [[ $(<"$properties/alpha/tld") == x ]]
  run3 "$PLUGIN_PATH/enabled/netports/subcommands/report" netports:report alpha --network-tld
  expect 0 x
}
