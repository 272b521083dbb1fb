#!/usr/bin/env bats
# What the scripts for developers make of programs that fail, in a tree of stubs.

load helpers

setup() {
  tree=$BATS_TEST_TMPDIR/tree
  mkdir -p "$tree/script" "$tree/tests" "$tree/path"
  PATH=$tree/path:$PATH
}

# stub FILE [TEXT]: a program in the tree; body TEXT.
stub() {
  mkdir -p "$(dirname -- "$tree/$1")"
  printf '#!/usr/bin/env bash\n%s\n' "${2:-}" >"$tree/$1"
  chmod 0755 "$tree/$1"
}

# --- script/test -----------------------------------------------------------------------------------

# All that script/test runs, and all of it well.
test_tree() {
  local program
  cp "$repository/script/test" "$tree/script/"
  for program in script/{bootstrap,build,format,fuzz} path/{shellcheck,clang-format}; do
    stub "$program"
  done
  stub build/tests/unit/unit_tests 'echo "All tests passed (9 assertions in 3 test cases)"'
  stub path/ctest 'echo "100% tests passed, 0 tests failed out of 4"'
  git -C "$tree" init --quiet
}

@test "script/test adds up what its runners say" {
  test_tree
  run3 "$tree/script/test"
  [[ $status -eq 0 && $stdout == *$'\n10 passed, 0 failed, 1 skipped\n' ]]
  stub path/ctest 'echo "75% tests passed, 1 tests failed out of 4"; exit 8'
  run3 "$tree/script/test"
  [[ $status -eq 1 && $stdout == *$'\n9 passed, 1 failed, 1 skipped\n' ]]
}

# It counted nothing then, and the whole run passed.
@test "script/test fails when ctest is cut, crashes or has no test" {
  local body
  test_tree
  sed -i 's/ctest_seconds=[0-9]*/ctest_seconds=1/' "$tree/script/test"
  for body in 'echo "1/4 Test #1: a ... Passed"; exec sleep 60' 'kill -SEGV $$' \
    'echo "No tests were found!!!"'; do
    stub path/ctest "$body"
    run3 "$tree/script/test"
    [[ $status -eq 1 && $stdout == *$'\n6 passed, 1 failed, 1 skipped\n' ]]
  done
}

# --- bench/reload ----------------------------------------------------------------------------------

# bench/reload over a daemon that is ready at once, and programs that measure at once.
reload_tree() {
  [[ $EUID -eq 0 ]] || skip "needs root, for a network of its own"
  mkdir "$tree/bench"
  cp "$repository/bench/reload" "$tree/bench/"
  stub script/bootstrap
  stub path/cmake
  stub daemon 'echo ready >&2; exec sleep 100'
  stub build/bench/backend 'exec sleep 100'
  stub build/bench/fake_engine 'exec sleep 100'
  stub build/bench/ask 'echo 2.50'
  stub build/bench/load 'echo "failed 0"; echo "failed_open 0"; echo "failed_new 3"'
}

# The figures and what the table says of them, a line each.
verdicts() { sed -n -E 's/^\| .* \| +([^ ]+) .* \| <= [0-9]+ +\| ([^ ]+) +\|$/\1 \2/p' "$out_file"; }

@test "bench/reload says what was met, missed and not measured" {
  reload_tree
  run3 "$tree/bench/reload" "$tree/daemon"
  [[ $status -eq 0 && $(verdicts) == $'2.50 met\n2.50 met\n0 met\n0 met\n3 MISSED' ]]

  # A load that had crashed counted as one without a failure.
  stub build/bench/load 'echo "failed 0"; echo "failed_open 0"; kill -SEGV $$'
  run3 "$tree/bench/reload" "$tree/daemon"
  [[ $status -eq 1 && $(verdicts) == $'2.50 met\n2.50 met\nnone none\nnone none\nnone none' ]]
  [[ $stderr == *" !     Failed with status 139: load upgrade "* ]]
}

# --- script/sanitize -------------------------------------------------------------------------------

@test "script/sanitize runs the forwarder's tests with each kind, or those named, and fails with them" {
  cp "$repository/script/sanitize" "$tree/script/"
  stub script/bootstrap
  stub path/cmake "[[ \$1 == --preset ]] || echo cmake \"\$@\" >>'$tree/log'"
  stub path/ctest "echo ctest \"\$2 \$3 \$4 \${NETPORTS_DAEMON:-}\" >>'$tree/log'; [[ ! -e '$tree/fail' ]]"
  address="cmake --build build-asan --target dokku-ports forwarder_tests
ctest build-asan -L forwarder "
  thread="cmake --build build --target forwarder_tests
cmake --build build-tsan --target dokku-ports
ctest build -L forwarder $tree/build-tsan/plugin/bin/dokku-ports"
  run3 "$tree/script/sanitize"
  [[ $status -eq 0 && $(<"$tree/log") == "$address"$'\n'"$thread" ]]
  rm "$tree/log"
  touch "$tree/fail"
  run3 "$tree/script/sanitize" thread
  [[ $status -ne 0 && $(<"$tree/log") == "$thread" ]]
  rm "$tree/log"
  run3 "$tree/script/sanitize" address leak
  expect 2 "" "Usage: script/sanitize [address|thread]..."
  [[ ! -e $tree/log ]]
}
