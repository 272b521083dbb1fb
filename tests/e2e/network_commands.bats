#!/usr/bin/env bats
# network:create, destroy, exists, info, list on a real Engine.

load helpers
load network

setup() {
  network_tree
  n1=$(network_name n1)
}

teardown() { network_cleanup; }

created_at() { docker network inspect --format '{{json .Created}}' "$1" | tr -d '"'; }

@test "create, exists, destroy: the words of Dokku" {
  run3 sub create "$n1"
  expect 0 "-----> Creating network $n1"
  [[ $(docker network inspect --format '{{.Attachable}} {{.Driver}} {{.Labels}}' "$n1") == \
    "true bridge map[com.dokku.network-name:$n1]" ]]
  run3 sub exists "$n1"
  expect 0 "-----> Network exists"
  run3 sub create "$n1"
  expect 1 "-----> Creating network $n1" \
    " !     Unable to create network: Error response from daemon: network with name $n1 already exists"
  run3 sub destroy "$n1" --force
  expect 0 "-----> Destroying network $n1"
  run3 sub exists "$n1"
  expect 1 "" " !     Network does not exist"
  run3 sub destroy "$n1" --force
  expect 1 "-----> Destroying network $n1" \
    " !     Unable to destroy network: Error response from daemon: network $n1 not found"
}

@test "quiet leaves nothing but errors" {
  export DOKKU_QUIET_OUTPUT=1
  run3 sub create "$n1"
  expect 0
  run3 sub exists "$n1"
  expect 0
  run3 sub exists "$n1-not"
  expect 1 "" " !     Network does not exist"
  run3 sub destroy --force "$n1"
  expect 0
}

@test "destroy asks, and takes nothing but the network's own name" {
  # It said that the confirmation "did not match test" whatever the network was called.
  docker network create "$n1" >/dev/null
  local warning=" !     WARNING: Potentially Destructive Action
 !     This command will destroy network $n1.
 !     To proceed, type \"$n1\""
  run3 sub destroy "$n1" <<<"test"
  [[ $status -eq 1 && $stdout == "> " ]]
  [[ $stderr == "$warning"$'\n'"Confirmation did not match $n1. Aborted."$'\n' ]]
  run3 sub destroy "$n1" <<<""
  [[ $status -eq 1 && $stderr == "$warning"$'\n'" !     unexpected newline"$'\n' ]]
  run3 sub destroy "$n1" </dev/null
  [[ $status -eq 1 && $stderr == "$warning"$'\n'" !     EOF"$'\n' ]]
  run3 sub destroy "$n1" <<<"$n1 $n1"
  [[ $status -eq 1 && $stderr == "$warning"$'\n'" !     expected newline"$'\n' ]]
  docker network inspect "$n1" >/dev/null
  run3 sub destroy "$n1" < <(printf '  %s' "$n1")
  expect 0 "> -----> Destroying network $n1" "$warning"
}

@test "destroy does not ask when dokku was given --force" {
  docker network create "$n1" >/dev/null
  DOKKU_APPS_FORCE_DELETE=1 run3 sub destroy "$n1"
  expect 0 "-----> Destroying network $n1"
}

@test "destroy warns of those who still name the network" {
  docker network create "$n1" >/dev/null
  make_app mail web
  property --global initial-network "$n1"
  property mail attach-post-create "other,$n1"
  property web attach-post-create "$n1-not"
  run3 sub destroy "$n1" --force
  expect 0 "-----> Destroying network $n1" " !     Network $n1 is still set for all apps: initial-network
 !     Network $n1 is still set for app mail: attach-post-create"
}

@test "destroy does not take the beginning of an id for a name" {
  # The Engine removes the network whose id begins with a name that it does not know.
  local id
  docker network create "$n1" >/dev/null
  id=$(docker network inspect --format '{{.Id}}' "$n1")
  run3 sub destroy "${id:0:12}" --force
  expect 1 "-----> Destroying network ${id:0:12}" \
    " !     Unable to destroy network: Error response from daemon: network ${id:0:12} not found"
  docker network inspect "$n1" >/dev/null
}

@test "destroy refuses a network in use, in one line" {
  docker network create "$n1" >/dev/null
  APP_IMAGE=$(unique network-commands):v1
  make_image "$APP_IMAGE"
  running --network "$n1" >/dev/null
  run3 sub destroy "$n1" --force
  network_cleanup
  docker image rm "$APP_IMAGE" >/dev/null
  [[ $status -eq 1 && $stdout == "-----> Destroying network $n1"$'\n' ]]
  [[ $stderr == " !     Unable to destroy network: Error response from daemon: "*"has active endpoints"$'\n' ]]
}

@test "names that cannot be are refused before the Engine is asked" {
  # create "" and destroy --force "" asked the Engine; so did names that look like options.
  mkdir "$BATS_TEST_TMPDIR/answers"
  fake_engine "$BATS_TEST_TMPDIR/answers"
  local command name
  for command in create destroy exists info; do
    run3 sub "$command"
    expect 1 "" " !     No network name specified"
    run3 sub "$command" ""
    expect 1 "" " !     No network name specified"
    for name in "a b" "../x" "a,b" "a/b" "ä" "--" "a;reboot"; do
      run3 sub "$command" -- "$name"
      [[ $status -eq 1 && -z $stdout && $stderr == " !     Invalid network name: "* ]]
    done
    run3 sub "$command" $'a\nb'
    expect 1 "" " !     Invalid network name: a\\x0ab"
    run3 sub "$command" "$(printf 'n%.0s' {1..100000})"
    [[ $status -eq 1 && ${#stderr} -lt 300 ]]
  done
  DOKKU_APPS_FORCE_DELETE=1 run3 sub destroy ""
  expect 1 "" " !     No network name specified"
  fake_engine_stop
  [[ ! -e $BATS_TEST_TMPDIR/answers/requests ]]
}

@test "list is sorted by name, with and without quiet" {
  # The order was another with every call.
  docker network create "$(network_name b)" >/dev/null
  docker network create "$(network_name a)" >/dev/null
  run3 sub list
  [[ $status -eq 0 && -z $stderr ]]
  [[ $stdout == "=====> Networks"$'\n'* ]]
  local names
  names=$(tail -n +2 "$out_file")
  [[ $names == "$(LC_ALL=C sort <<<"$names")" ]]
  grep -qx "$(network_name a)" <<<"$names"
  grep -qx bridge <<<"$names"
  DOKKU_QUIET_OUTPUT=1 run3 sub list
  [[ $stdout == bridge$'\n'* || $stdout != "=====>"* ]]
}

@test "list --dokku-managed has those that Dokku made" {
  docker network create "$(network_name foreign)" >/dev/null
  sub create "$n1"
  run3 sub list --dokku-managed
  grep -qx "$n1" "$out_file"
  [[ $(grep -cx -e "$(network_name foreign)" -e bridge "$out_file") -eq 0 ]]
  run3 sub list --dokku-managed --format json
  jq -e --arg n "$n1" 'any(.[]; .Name == $n and .DokkuManaged)' "$out_file"
  jq -e 'all(.[]; .DokkuManaged)' "$out_file"
}

@test "info and list as JSON: Dokku's keys in Dokku's order, real values" {
  # CreatedAt was one constant for all networks; a label's value ended at its first comma.
  docker network create --label 'a=1,b=2' --label 'h=<&>' --internal "$n1" >/dev/null
  local id expected
  id=$(docker network inspect --format '{{.Id}}' "$n1")
  expected="{\"CreatedAt\":\"$(created_at "$n1")\",\"DokkuManaged\":false,\"Driver\":\"bridge\",\"ID\":\"${id:0:12}\",\"Internal\":true,\"IPv6\":false,\"Labels\":{\"a\":\"1,b=2\",\"h\":\"\\u003c\\u0026\\u003e\"},\"Name\":\"$n1\",\"Scope\":\"local\"}"
  run3 sub info "$n1" --format json
  expect 0 "$expected"
  run3 sub list --format json
  [[ $status -eq 0 && $(wc -l <"$out_file") -eq 1 ]]
  grep -qF "$expected" "$out_file"
  jq -e 'map(.Name) == (map(.Name) | sort)' "$out_file"
}

@test "info as text has Dokku's rows, then more" {
  sub create --ipv6 --subnet fd00:1234:5678::/64 --label owner=me "$n1" >/dev/null
  local id rows
  id=$(docker network inspect --format '{{.Id}}' "$n1")
  rows="       ID:             ${id:0:12}
       Name:           $n1
       Driver:         bridge
       Scope:          local
       Dokku managed:  true
       Created at:     $(created_at "$n1")
       Internal:       false
       IPv6:           true
       Labels:         com.dokku.network-name=$n1, owner=me"
  run3 sub info "$n1"
  expect 0 "=====> $n1 network information
$rows"
  DOKKU_QUIET_OUTPUT=1 run3 sub info "$n1"
  expect 0 "$rows"
}

@test "info without labels has no blanks at a line's end" {
  run3 sub info bridge
  [[ $status -eq 0 ]]
  ! grep -q ' $' "$out_file"
}

# What Dokku itself answers to stays its answer.
@test "a word too few: the words and the status of Dokku" {
  local name
  for name in create destroy exists info; do
    run3 sub "$name"
    expect 1 "" " !     No network name specified"
  done
  run3 sub rebuild
  expect 1 "" " !     Please specify an app to run the command on"
}

@test "info takes a network's name alone" {
  run3 sub info
  expect 1 "" " !     No network name specified"
  run3 sub info "$n1"
  expect 1 "" " !     Network does not exist"
  run3 sub info "$(docker network inspect --format '{{.Id}}' bridge)"
  expect 1 "" " !     Network does not exist"
}

@test "a wrong command line: usage, status 2, nothing done" {
  docker network create "$n1" >/dev/null
  run3 sub list --foo
  expect 2 "" 'Usage: dokku network:list [--format text|json] [--dokku-managed]
unknown flag: --foo'
  # It printed text.
  run3 sub list --format yaml
  expect 2 "" 'Usage: dokku network:list [--format text|json] [--dokku-managed]
invalid argument "yaml" for "--format" flag: use text or json'
  run3 sub exists -x
  expect 2 "" "Usage: dokku network:exists <network>
unknown flag: -x"
  # A --format at the end ended in a panic.
  run3 sub info "$n1" --format
  expect 2 "" 'Usage: dokku network:info <network> [--format text|json]
flag needs an argument: --format'
  run3 sub destroy --force=xx "$n1"
  expect 2 "" 'Usage: dokku network:destroy <network> [--force]
invalid argument "xx" for "--force" flag: use true or false'
  # It destroyed the first one.
  run3 sub destroy --force "$n1" b
  expect 2 "" "Usage: dokku network:destroy <network> [--force]
unexpected word: b"
  docker network inspect "$n1" >/dev/null
}
