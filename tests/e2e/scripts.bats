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

# --- script/build ------------------------------------------------------------------------------------

# A build directory remembers how it was configured: each says what it wants.
@test "script/build builds all with the tests, or for the demo only what that runs" {
  cp "$repository/script/build" "$tree/script/"
  stub script/bootstrap "echo bootstrap \"\$@\" >>'$tree/log'"
  stub path/cmake "echo cmake \"\$@\" >>'$tree/log'"
  run3 "$tree/script/build"
  expect 0
  run3 "$tree/script/build" demo
  expect 0
  [[ $(<"$tree/log") == "bootstrap build test
cmake --preset release -DNETPORTS_TESTS=ON
cmake --build build --target all
bootstrap build
cmake --preset release -DNETPORTS_TESTS=OFF
cmake --build build --target all traffic echo_server" ]]
  for words in tests "demo demo"; do
    run3 "$tree/script/build" $words
    expect 2 "" "Usage: script/build [demo]"
  done
}

# --- script/test-distributions -----------------------------------------------------------------------

# A tree with its checks, over a system of stubs: no chroot is made.
distributions_tree() {
  [[ $EUID -eq 0 ]] || skip "needs root, as the script does"
  mkdir -p "$tree/tests/distributions" "$tree/cache/netports"
  cp "$repository"/script/{test-distributions,chroot.sh} "$tree/script/"
  printf 'packages_distributions=()\nrequire_packages() { :; }\n' >"$tree/script/packages.sh"
  tar -c -f "$tree/cache/netports/debian12.tar" -C "$tree" --files-from /dev/null
  export XDG_CACHE_HOME=$tree/cache
  # Without namespaces: ROOT ARCHIVES COMMAND... comes here as it is.
  stub path/unshare 'while [[ $1 != tests/* ]]; do shift; done; exec "$@"'
  stub path/findmnt 'exit 1'
  git -C "$tree" init --quiet
}

@test "script/test-distributions counts what its stages say, and leaves nothing behind" {
  distributions_tree
  mkdir -p "$BATS_TEST_TMPDIR/etc"
  stub tests/distributions/enter 'mkdir -p "$1/etc"; echo "ok $4 (1 s)" >>"$1/results"; echo "$1" >"${0%/*}/root"'
  stub path/cp '[[ ${*: -1} == */resolv.conf ]] || exec /bin/cp "$@"'
  run3 "$tree/script/test-distributions" debian12
  [[ $status -eq 0 && $stdout == *$'\n3 passed, 0 failed, 1 skipped\n' ]]
  [[ $stdout == "debian12   ok bootstrap (1 s)
debian12   ok life (1 s)
debian12   ok tests (1 s)
debian12   skip systemd "* ]]
  [[ ! -e $(<"$tree/tests/distributions/root") ]]

  # What a stage had in its log is shown, and what needs it is not tried.
  stub tests/distributions/enter 'echo "not ok install (1 s)" >>"$1/results"; echo broken >"$1/log/install"'
  run3 "$tree/script/test-distributions" debian12
  [[ $status -eq 1 && $stdout == "debian12   not ok install (1 s)
    broken
"*$'\n0 passed, 1 failed\n' ]]

  # A stage that ends without a word has failed.
  stub tests/distributions/enter 'echo gone >&2; kill -KILL $$'
  run3 "$tree/script/test-distributions" debian12
  [[ $status -eq 1 && $stdout == *$'\n0 passed, 1 failed\n' ]]
}

@test "script/test-distributions tests no distribution that it does not know" {
  distributions_tree
  run3 "$tree/script/test-distributions" debian12 debian11
  expect 2 "" "Usage: script/test-distributions [debian12|debian13]..."
}
