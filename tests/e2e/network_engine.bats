#!/usr/bin/env bats
# What the Engine may answer, or not answer.

load helpers
load network

setup() {
  network_tree
  answers=$BATS_TEST_TMPDIR/answers
  mkdir "$answers"
}

teardown() { fake_engine_stop; }

@test "odd answers are one line and status 1, never a crash" {
  # Odd or `null` output of the Engine ended in a panic.
  local answer
  fake_engine "$answers"
  for answer in 'null' '{}' '' '[' '"text"' '[1,2' $'\x01\x02'; do
    printf '%s' "$answer" >"$answers/networks"
    run3 sub list
    [[ $status -eq 1 && -z $stdout && $(wc -l <"$err_file") -eq 1 ]]
    [[ $stderr == " !     Unable to read the Docker Engine's answer: "* ]]
  done
}

@test "members of other types than known are read as empty" {
  fake_engine "$answers"
  echo '[null, 1, {"Name": null}, {"Name": "n1", "Id": 5, "Labels": null, "Created": [], "Internal": "x"}]' \
    >"$answers/networks"
  run3 sub info n1 --format json
  expect 0 '{"CreatedAt":"","DokkuManaged":false,"Driver":"","ID":"","Internal":false,"IPv6":false,"Labels":{},"Name":"n1","Scope":""}'
}

@test "text of the Engine does not reach the terminal raw" {
  fake_engine "$answers"
  printf '[{"Name":"n1","Id":"1","Driver":"\\u001b[2J","Labels":{"a":"x\\ny"}}]' >"$answers/networks"
  run3 sub info n1
  grep -qF 'Driver:         \x1b[2J' "$out_file"
  grep -qF 'Labels:         a=x\x0ay' "$out_file"
}

@test "an error of the Engine is one line, without an empty one after it" {
  fake_engine "$answers"
  printf '{"message":"first\\nsecond\\u001b[0m\\n"}' >"$answers/networks"
  echo 500 >"$answers/networks.status"
  run3 sub list
  expect 1 "" " !     Error response from daemon: first\\x0asecond\\x1b[0m"
  printf '<html>' >"$answers/networks"
  run3 sub list
  expect 1 "" " !     Error response from daemon: <html>"
  : >"$answers/networks"
  run3 sub list
  expect 1 "" " !     Error response from daemon: The Docker Engine answered with status 500"
}

@test "no Engine" {
  export DOCKER_HOST=unix://$BATS_TEST_TMPDIR/no.sock
  local command
  for command in list "exists n1" "info n1"; do
    # shellcheck disable=SC2086
    run3 sub $command
    expect 1 "" " !     Unable to ask the Docker Engine at $DOCKER_HOST: No such file or directory"
  done
  run3 sub create n1
  expect 1 "-----> Creating network n1" \
    " !     Unable to create network: Unable to ask the Docker Engine at $DOCKER_HOST: No such file or directory"
  mkdir -p "$DOKKU_ROOT/app"
  run3 hook network-get-ipaddr app web abc
  expect 1 "" " !     Unable to ask the Docker Engine at $DOCKER_HOST: No such file or directory"
  DOCKER_HOST=ssh://somewhere run3 sub list
  expect 1 "" " !     Unable to use the Docker endpoint ssh://somewhere: Only unix://<path> and tcp://<host>:<port> are known"
}

@test "list, exists and info ask one question each" {
  fake_engine "$answers"
  echo '[{"Name":"n1","Id":"1"}]' >"$answers/networks"
  sub list >/dev/null
  sub exists n1 >/dev/null
  sub info n1 >/dev/null
  [[ $(<"$answers/requests") == $'GET /networks \nGET /networks \nGET /networks ' ]]
}

@test "ten thousand networks" {
  fake_engine "$answers"
  jq -nc '[range(10000) | {Name: "n\(.)", Id: "\(.)", Labels: {x: ("y" * 100)}}]' >"$answers/networks"
  run3 sub list
  [[ $status -eq 0 && $(wc -l <"$out_file") -eq 10001 ]]
}
