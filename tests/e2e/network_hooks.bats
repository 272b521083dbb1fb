#!/usr/bin/env bats
# The network triggers that need no container.

load helpers
load network

setup() {
  network_tree
  make_app alpha beta
}

teardown() { fake_engine_stop; }

# with_stdin TEXT HOOK ARG...
with_stdin() { printf '%s' "$1" | "$PLUGIN_PATH/enabled/network/$2" "${@:3}"; }

@test "network-get-property: the computed value, the default, the global one" {
  property alpha tld own.local
  property --global tld global.local
  run3 hook network-get-property alpha tld
  expect 0 own.local
  run3 hook network-get-property beta tld
  expect 0 global.local
  run3 hook network-get-property nosuch tld
  expect 0 global.local
  run3 hook network-get-property --global tld
  expect 0 global.local
  run3 hook network-get-property alpha bind-all-interfaces
  expect 0 false
  run3 hook network-get-property alpha initial-network
  [[ $status -eq 0 && $stdout == $'\n' && -z $stderr ]]
  local key
  for key in static-web-listener "" ../tld; do
    run3 hook network-get-property alpha "$key"
    [[ $status -eq 1 && -z $stdout && $stderr == " !     Invalid network property specified: $key"$'\n' ]]
  done
}

@test "a property that cannot be read is a warning" {
  mkdir -p "$properties/alpha/tld"
  run3 hook network-get-property alpha tld
  [[ $status -eq 0 && $stdout == $'\n' ]]
  [[ $stderr == " !     Unable to read network property alpha.tld"$'\n' ]]
}

@test "network-get-listeners: by number, IPv6 in brackets, nothing that is none" {
  # The order was 1, 10, 2; an empty file gave ":5000"; IP.web.1.bak counted; IPv6 had no brackets.
  app_file alpha/IP.web.1 10.0.0.1
  app_file alpha/IP.web.10 10.0.0.10
  app_file alpha/IP.web.2 2001:db8::2
  app_file alpha/IP.web.3 ""
  app_file alpha/IP.web.1.bak 10.0.0.99
  app_file alpha/IP.web.bak 10.0.0.98
  app_file alpha/PORT.web.2 8080
  app_file alpha/PORT.web.10 ""
  run3 hook network-get-listeners alpha web
  expect 0 "10.0.0.1:5000 [2001:db8::2]:8080 10.0.0.10:5000"
  run3 hook network-get-listeners alpha
  expect 0 "10.0.0.1:5000 [2001:db8::2]:8080 10.0.0.10:5000" \
    " !     Deprecated: Please specify a processType argument for the network-get-listeners plugin trigger"
  run3 hook network-get-listeners alpha worker
  [[ $status -eq 0 && $stdout == $'\n' && -z $stderr ]]
  run3 hook network-get-listeners ../alpha web
  [[ $status -eq 0 && $stdout == $'\n' && -z $stderr ]]
}

@test "network-get-listeners hands nothing on but addresses" {
  app_file alpha/IP.web.1 "10.0.0.1; return 200"
  app_file alpha/IP.web.2 10.0.0.2
  app_file alpha/PORT.web.2 "80; return 200"
  printf '10.0.0.3\n10.0.0.4\n' >"$DOKKU_ROOT/alpha/IP.web.3"
  head -c 1000000 /dev/zero >"$DOKKU_ROOT/alpha/IP.web.4"
  mkfifo "$DOKKU_ROOT/alpha/IP.web.5"
  run3 hook network-get-listeners alpha web
  expect 0 "10.0.0.3:5000"
}

@test "a static listener stands for web, not for other process types" {
  # It answered for `worker` too.
  property alpha static-web-listener 192.0.2.1:8080
  app_file alpha/IP.worker.1 10.0.0.1
  run3 hook network-get-listeners alpha web
  expect 0 192.0.2.1:8080
  run3 hook network-get-listeners alpha worker
  expect 0 10.0.0.1:5000
  run3 hook network-get-static-listeners alpha web
  expect 0 192.0.2.1:8080
  run3 hook network-get-static-listeners alpha worker
  [[ $status -eq 0 && $stdout == $'\n' && -z $stderr ]]
  run3 hook network-config-exists alpha
  expect 0 true
  run3 hook network-get-ipaddr alpha web whatever
  expect 0 192.0.2.1
}

@test "network-config-exists" {
  run3 hook network-config-exists alpha
  expect 0 false
  app_file alpha/IP.web.1 10.0.0.1
  run3 hook network-config-exists alpha
  expect 0 false
  app_file alpha/PORT.web.1 5000
  run3 hook network-config-exists alpha
  expect 0 true
  run3 hook network-config-exists nosuch
  expect 0 false
  run3 hook network-config-exists
  expect 0 false
}

@test "network-write-ipaddr and network-write-port: no newline, mode 0644" {
  run3 hook network-write-ipaddr alpha web 1 10.0.0.1
  expect 0
  run3 hook network-write-port alpha web 1 5000
  expect 0
  [[ $(od -An -c "$DOKKU_ROOT/alpha/IP.web.1" | tr -d ' \n') == 10.0.0.1 ]]
  [[ $(od -An -c "$DOKKU_ROOT/alpha/PORT.web.1" | tr -d ' \n') == 5000 ]]
  [[ $(stat -c %a "$DOKKU_ROOT/alpha/IP.web.1") == 644 ]]
  run3 hook network-write-ipaddr nosuch web 1 10.0.0.1
  expect 1 "" " !     open $DOKKU_ROOT/nosuch/IP.web.1: no such file or directory"
}

@test "network-write-* write nothing that is no address, and nowhere else" {
  local app proc number value
  while read -r app proc number value; do
    run3 hook network-write-ipaddr "$app" "$proc" "$number" "$value"
    [[ $status -eq 1 && -z $stdout && $(wc -l <"$err_file") -eq 1 ]]
    run3 hook network-write-port "$app" "$proc" "$number" "$value"
    [[ $status -eq 1 && -z $stdout && $(wc -l <"$err_file") -eq 1 ]]
  done <<'WORDS'
../../etc web 1 10.0.0.1
alpha ../x 1 10.0.0.1
alpha web ../1 10.0.0.1
alpha web 1.bak 10.0.0.1
alpha web 1 10.0.0.1;
alpha web 1 -5
WORDS
  run3 hook network-write-ipaddr alpha web 1 $'10.0.0.1\n10.0.0.2'
  [[ $status -eq 1 ]]
  [[ -z $(ls "$DOKKU_ROOT/alpha") ]]
}

@test "a reader of IP files sees the old or the new address" {
  # They were truncated first and written then: a proxy built meanwhile had no listener.
  local i
  hook network-write-ipaddr alpha web 1 10.0.0.1
  (for i in {1..150}; do
    hook network-write-ipaddr alpha web 1 10.0.0.1
    hook network-write-ipaddr alpha web 1 192.168.100.200
  done) 3>&- &
  local writer=$! value
  while kill -0 "$writer" 2>/dev/null; do
    value=$(hook network-get-listeners alpha web)
    [[ $value == 10.0.0.1:5000 || $value == 192.168.100.200:5000 ]]
  done
  wait "$writer"
}

@test "docker-args: the initial network, then what came in" {
  property alpha initial-network n1
  run3 with_stdin " --init" docker-args-process-build alpha herokuish
  [[ $status -eq 0 && $stdout == " --network=n1  --init" && -z $stderr ]]
  run3 with_stdin " --init" docker-args-process-build alpha dockerfile
  [[ $status -eq 0 && $stdout == " --init" && -z $stderr ]]
  run3 with_stdin "" docker-args-process-run alpha herokuish latest
  [[ $status -eq 0 && $stdout == " --network=n1 " && -z $stderr ]]
  run3 with_stdin "" docker-args-process-deploy alpha herokuish latest
  [[ $status -eq 0 && $stdout == " --network=n1 " && -z $stderr ]]
  run3 with_stdin "x" docker-args-process-deploy beta herokuish latest web 1
  [[ $status -eq 0 && $stdout == x && -z $stderr ]]
}

@test "docker-args of a deploy give the alias too" {
  property --global initial-network n1
  property alpha tld svc.local
  run3 with_stdin "" docker-args-process-deploy alpha herokuish latest web 1
  [[ $stdout == " --network=n1 --network-alias=alpha.web.svc.local " ]]
  run3 with_stdin "" docker-args-process-deploy beta herokuish latest web
  [[ $stdout == " --network=n1 --network-alias=beta.web " ]]
  local builtin
  for builtin in host bridge none; do
    property alpha initial-network "$builtin"
    run3 with_stdin "" docker-args-process-deploy alpha herokuish latest web 1
    [[ $stdout == " --network=$builtin " ]]
  done
}

@test "docker-args hand docker nothing but the name of a network" {
  # "n1 --privileged" as initial-network became two words of docker's command line.
  local hook value
  for value in "n1 --privileged" $'n1\n-v/:/h' "n1'" '-v/:/h' 'n1" --privileged "'; do
    property alpha initial-network "$value"
    for hook in build run deploy; do
      run3 with_stdin "" "docker-args-process-$hook" alpha herokuish latest web 1
      [[ $status -eq 1 && -z $stdout && $(wc -l <"$err_file") -eq 1 ]]
      [[ $stderr == " !     Invalid network name in property initial-network of app alpha: "* ]]
    done
  done
}

@test "docker-args do not wait for input that does not come" {
  property alpha initial-network n1
  run3 timeout 10 "$PLUGIN_PATH/enabled/network/docker-args-process-deploy" alpha herokuish latest \
    < <(:)
  [[ $status -eq 0 ]]
}

@test "post-app-clone-setup: properties but no addresses, and no static listener" {
  # The clone of an app with a static listener had the visitors of both sent to one place.
  property alpha tld x
  property alpha bind-all-interfaces true
  property alpha static-web-listener 192.0.2.1:80
  app_file beta/IP.web.1 10.0.0.1
  app_file beta/PORT.web.1 5000
  app_file beta/CONTAINER.web.1 abc
  run3 hook post-app-clone-setup alpha beta
  expect 0 "" " !     Not copied: static-web-listener of app alpha (192.0.2.1:80). Set it for app beta where it should have one"
  [[ $(ls "$DOKKU_ROOT/beta") == CONTAINER.web.1 ]]
  [[ $(ls "$properties/beta") == $'bind-all-interfaces\ntld' && $(<"$properties/beta/tld") == x ]]
  [[ $(ls "$properties/alpha" | wc -l) -eq 3 ]]
}

@test "post-app-clone-setup copies nothing when addresses stay" {
  property alpha tld x
  mkdir "$DOKKU_ROOT/beta/IP.web.1"
  run3 hook post-app-clone-setup alpha beta
  expect 1 "" " !     Unable to remove file $DOKKU_ROOT/beta/IP.web.1"
  [[ ! -e $properties/beta ]]
}

@test "post-app-rename-setup moves all properties" {
  property alpha tld x
  property alpha static-web-listener 192.0.2.1:80
  app_file beta/IP.web.1 10.0.0.1
  run3 hook post-app-rename-setup alpha beta
  expect 0
  [[ ! -e $properties/alpha && ! -e $DOKKU_ROOT/beta/IP.web.1 ]]
  [[ $(ls "$properties/beta") == $'static-web-listener\ntld' ]]
}

@test "post-delete removes one app's properties, and never all" {
  # With an empty name the properties of every app went.
  property alpha tld x
  property beta tld y
  property --global tld z
  run3 hook post-delete ""
  expect 1 "" " !     No app specified"
  local name
  for name in .. . ../config --global "beta/../alpha"; do
    run3 hook post-delete "$name"
    [[ $status -eq 1 && -z $stdout ]]
  done
  [[ $(<"$properties/alpha/tld") == x && $(<"$properties/--global/tld") == z ]]
  run3 hook post-delete alpha latest
  expect 0
  [[ ! -e $properties/alpha && $(<"$properties/beta/tld") == y ]]
  run3 hook post-delete nosuch latest
  expect 0
}

@test "post-create makes the app's place for properties" {
  run3 hook post-create alpha
  expect 0
  [[ $(stat -c %a "$properties/alpha") == 755 ]]
  run3 hook network-get-property alpha bind-all-interfaces
  expect 0 false
}

@test "network-clear-config forgets addresses" {
  app_file alpha/IP.web.1 10.0.0.1
  app_file alpha/PORT.web.1 5000
  app_file alpha/PORTS 25:5025
  app_file beta/IP.web.1 10.0.0.2
  run3 hook network-clear-config alpha
  expect 0
  [[ $(ls "$DOKKU_ROOT/alpha") == PORTS && -e $DOKKU_ROOT/beta/IP.web.1 ]]
  run3 hook network-clear-config ../beta
  [[ $status -eq 1 && -e $DOKKU_ROOT/beta/IP.web.1 ]]
}

@test "triggers do nothing under another entry than network" {
  property alpha initial-network n1
  property alpha attach-post-create n1
  app_file alpha/IP.web.1 10.0.0.1
  local name
  for name in "$plugin"/network-* "$plugin"/core-post-deploy "$plugin"/report "$plugin"/post-delete \
    "$plugin"/post-app-clone-setup "$plugin"/post-container-create "$plugin"/post-create; do
    run3 "$PLUGIN_PATH/enabled/netports/${name##*/}" alpha beta 1 10.0.0.9
    expect 0
  done
  run3 "$PLUGIN_PATH/enabled/netports/docker-args-process-run" alpha herokuish latest <<<"as it came"
  expect 0 "as it came"
  [[ $(ls "$DOKKU_ROOT/alpha") == IP.web.1 && -e $properties/alpha && ! -e $properties/beta ]]
}

@test "only docker-args hooks read stdin" {
  # A hook that reads it in a deploy makes process types vanish.
  local name
  mkdir "$BATS_TEST_TMPDIR/answers"
  fake_engine "$BATS_TEST_TMPDIR/answers"
  for name in "$plugin"/network-* "$plugin"/core-post-deploy "$plugin"/report "$plugin"/post-delete \
    "$plugin"/post-app-clone-setup "$plugin"/post-container-create "$plugin"/post-create; do
    left=$(printf 'worker=1\n' | {
      "$PLUGIN_PATH/enabled/network/${name##*/}" alpha beta 1 10.0.0.9 >/dev/null 2>&1 || true
      cat
    })
    [[ $left == worker=1 ]]
  done
}
