# shellcheck shell=bash
# For every .bats file here: `load helpers`.
#
# Container and image names on a scratch host are Dokku's (APP.web.1, dokku/APP:latest), and the
# Engine is shared: take app names and image tags from `unique`, so that tests may run side by side.

bats_require_minimum_version 1.5.0

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

# host_up [OPTION of tests/host/up]...: a scratch host in $HOST; its `dokku` and `plugn` on PATH.
# Old containers retire after a second, not a minute.
host_up() {
  HOST=${HOST:-$BATS_TEST_TMPDIR/host}
  export SCRATCH_WAIT_TO_RETIRE=${SCRATCH_WAIT_TO_RETIRE:-1}
  export SCRATCH_STOP_TIMEOUT=${SCRATCH_STOP_TIMEOUT:-2}
  local lines
  if ! lines=$("$repository/tests/host/up" "$HOST" "$@" 2>"$BATS_TEST_TMPDIR/host-up.log" 3>&-); then
    cat "$BATS_TEST_TMPDIR/host-up.log" >&2
    "$repository/tests/host/down" "$HOST"
    return 1
  fi
  eval "$lines"
}

# Safe in a teardown whether or not host_up was reached; says what the daemon said on failure.
host_down() {
  HOST=${HOST:-$BATS_TEST_TMPDIR/host}
  if [[ -z ${BATS_TEST_COMPLETED:-} && -s $HOST/log/daemon.log ]]; then
    sed 's/^/daemon: /' "$HOST/log/daemon.log" | tail -n 40
  fi
  "$repository/tests/host/down" "$HOST"
}

# host_daemon start|stop|kill|restart|reload|pid
host_daemon() { "$repository/tests/host/daemon" "$HOST" "$@" 3>&-; }

# run3 COMMAND...: sets status, stdout and stderr, byte for byte (bats' own `run` drops trailing
# newlines and leading blanks). The same bytes are in the files $out_file and $err_file.
run3() {
  out_file=$BATS_TEST_TMPDIR/run3.stdout
  err_file=$BATS_TEST_TMPDIR/run3.stderr
  status=0
  "$@" >"$out_file" 2>"$err_file" 3>&- || status=$?
  stdout=$(cat "$out_file" && printf x)
  stdout=${stdout%x}
  stderr=$(cat "$err_file" && printf x)
  stderr=${stderr%x}
}

# expect STATUS [STDOUT [STDERR]]: checks the last run3, all three; a text stands for whole lines.
expect() {
  local failed=0
  [[ $status -eq $1 ]] || failed=1
  [[ $stdout == "${2:+$2$'\n'}" ]] || failed=1
  [[ $stderr == "${3:+$3$'\n'}" ]] || failed=1
  [[ $failed -eq 0 ]] || {
    printf 'expected status %s, got %s\n--- stdout expected\n%s\n--- stdout\n%s' "$1" "$status" \
      "${2:-}" "$stdout"
    printf -- '--- stderr expected\n%s\n--- stderr\n%s' "${3:-}" "$stderr"
  } >&2
  return "$failed"
}

# wait_until SECONDS COMMAND...: until the command succeeds; fails when the time is over.
wait_until() {
  local deadline=$((SECONDS + $1 + 1)) # SECONDS ticks: never less than asked for
  shift
  until "$@"; do
    if ((SECONDS >= deadline)); then
      echo "Not within the time: $*" >&2
      return 1
    fi
    sleep 0.05
  done
}

# unique PREFIX: a name no other test on this Engine has.
unique() { printf '%s-%s' "$1" "$(tr -d - </proc/sys/kernel/random/uuid | cut -c 1-10)"; }

# make_image TAG [OPTION of tests/host/image/make]...; goes with the host when one is up.
make_image() { "$repository/tests/host/image/make" "$@"; }

# A TCP port nobody listens on now, outside the range the kernel hands out itself.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((10000 + RANDOM % 20000))
    if [[ -z $(ss -Hltn "sport = :$port") ]]; then
      echo "$port"
      return
    fi
  done
  return 1
}

# --- on a host that is up ---

# add_hook PLUGIN HOOK: body on stdin; PLUGIN is made and enabled when it is not there.
add_hook() {
  local dir=$PLUGIN_AVAILABLE_PATH/$1
  if [[ ! -d $dir ]]; then
    mkdir -p "$dir/subcommands"
    printf '[plugin]\ndescription = "a test"\nversion = "1"\n\n[plugin.config]\n' \
      >"$dir/plugin.toml"
    ln -s "$dir" "$PLUGIN_ENABLED_PATH/$1"
  fi
  { printf '#!/usr/bin/env bash\n' && cat; } >"$dir/$2"
  chmod 0755 "$dir/$2"
}

# First words of the lines in the trace: the triggers that were fired.
traced() { cut -f 1 "$HOST/trace.log"; }

# Names of all containers of the host, sorted.
container_names() {
  docker container ls --all --filter "label=$SCRATCH_HOST_LABEL" --format '{{.Names}}' | sort
}

ip_of() {
  docker container inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"
}

exited() { [[ $(docker container inspect --format '{{.State.Status}}' "$1") == exited ]]; }

gone() { ! docker container inspect "$1" >/dev/null 2>&1; }
