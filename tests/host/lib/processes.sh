# shellcheck shell=bash
# Background processes of a scratch host: started detached, recorded, ended by record only.

# A process is its pid *and* its start time: a recycled pid is somebody else.
process_start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) } # the name in parentheses may hold blanks
  cut -d ' ' -f 20 <<<"$stat"
}

# record_process NAME PID: NAME is a file in DIR/run/processes.
record_process() {
  local started
  started=$(process_start_time "$2") || return 0
  printf '%s %s\n' "$2" "$started" >"$SCRATCH_HOST/run/processes/$1"
}

recorded_pid() { # prints the pid when that very process still lives
  local pid started file="$SCRATCH_HOST/run/processes/$1"
  [[ -f $file ]] || return 1
  read -r pid started <"$file"
  [[ $(process_start_time "$pid") == "$started" ]] || return 1
  printf '%s\n' "$pid"
}

# end_process NAME [SIGNAL]: signals the process group, waits up to 10 s, then kills it.
end_process() {
  local pid deadline
  if pid=$(recorded_pid "$1"); then
    kill -s "${2:-TERM}" -- "-$pid" 2>/dev/null || true
    deadline=$((SECONDS + 10))
    while recorded_pid "$1" >/dev/null && ((SECONDS < deadline)); do sleep 0.02; done
    kill -s KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$SCRATCH_HOST/run/processes/$1"
}

# detach NAME LOG COMMAND...: runs COMMAND in a session of its own, holding no descriptor of ours
# (a caller that waits for EOF of a pipe must not wait for it). KEEP_FD names one to leave open.
detach() {
  local name=$1 log=$2 path fd
  shift 2
  (
    for path in /proc/self/fd/*; do
      fd=${path##*/}
      ((fd <= 2)) || [[ $fd == "${KEEP_FD:-}" ]] || eval "exec $fd>&-"
    done
    exec setsid "$@"
  ) </dev/null >>"$log" 2>&1 &
  # setsid does not fork here (a background subshell leads no process group), so the pid stays.
  record_process "$name" "$!"
}
