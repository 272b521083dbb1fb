#!/usr/bin/env bats
# Reading PORTS from an image when the Docker Engine is odd, slow, or not there.

load helpers
load ports

setup_file() { ports_host_up; }
teardown_file() { ports_host_down; }

setup() {
  ports_app
  answers=$BATS_TEST_TMPDIR/answers
  mkdir "$answers"
  # What release asks for before it knows anything of an image.
  echo '[]' >"$answers/containers_json"
  printf '{"Config":{"WorkingDir":"/srv"}}' >"$answers/images_${image/:/%3A}_json"
  printf '{"Id":"look"}' >"$answers/containers_create"
  printf '{"Id":"look"}' >"$answers/containers_look_json"
  export DOCKER_HOST=unix://$BATS_TEST_TMPDIR/engine.sock
  timeout 120 python3 "$repository/tests/e2e/fake_engine.py" "$BATS_TEST_TMPDIR/engine.sock" \
    "$answers" 3>&- &
  engine=$!
  wait_until 10 test -S "$BATS_TEST_TMPDIR/engine.sock"
}

teardown() { kill "$engine"; }

hook() { "$PLUGIN_ENABLED_PATH/netports/pre-release-builder" dockerfile "$app" "$image"; }
requests() { cut -d ' ' -f 1,2 "$answers/requests"; }

@test "a container that a killed run left is removed after some minutes, a younger one is not" {
  printf '[{"Id":"old","Created":%d},{"Id":"young","Created":%d}]' \
    "$(($(date +%s) - 301))" "$(date +%s)" >"$answers/containers_json"
  run3 hook
  expect 0
  requests | grep -qxF 'DELETE /containers/old?force=1&v=1'
  ! requests | grep -q '^DELETE /containers/young'
}

@test "the container is never started, gets no volume left behind, and always goes" {
  run3 hook
  expect 0
  [ "$(requests | sed 's/?.*//')" = "GET /containers/json
GET /images/${image/:/%3A}/json
POST /containers/create
GET /containers/look/archive
GET /containers/look/json
DELETE /containers/look" ]
  [[ $(grep ^POST "$answers/requests") == *'"Cmd":["true"]'*'"NetworkMode":"none"'* ]]
}

@test "a missing container does not pass for a missing file" {
  rm "$answers/containers_look_json"
  run3 hook
  expect 1 "" " !     no such thing"
}

@test "an archive that is none, and an answer that is no JSON, are one clear line" {
  head -c 4096 /dev/urandom >"$answers/containers_look_archive"
  run3 hook
  expect 1 "" " !     Unable to read /srv/PORTS in $image: Its archive is damaged"
  requests | grep -qxF 'DELETE /containers/look?force=1&v=1'
  echo '<html>' >"$answers/containers_create"
  run3 hook
  expect 1 "" " !     Unable to read the Docker Engine's answer: It is not JSON"
}

@test "an Engine that is not there stops the release" {
  DOCKER_HOST=unix:///nonexistent.sock run3 hook
  expect 1 "" " !     Unable to ask the Docker Engine at unix:///nonexistent.sock: No such file or directory"
}
