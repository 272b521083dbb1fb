# shellcheck shell=bash
# For write_faults.bats: ends a command, or lets the disk be full, at each call by which it changes
# a file. `load` after helpers, with a host up.
# shellcheck disable=SC2154 # set by run3

# All that our commands write on a host.
faults_paths=(home lib/config/network lib/config/netports lib/data lib/plugins/enabled)
faults_plugin=lib/plugins/available/netports # only what install places in it

# Names that this machine does not have are passed over.
faults_makes="?open,openat,write,?rename,renameat,renameat2,?mkdir,mkdirat,?symlink,symlinkat"
faults_changes="$faults_makes,?unlink,unlinkat,?rmdir,fchmod,fchmodat,?chmod,fchown,fchownat,?chown,ftruncate"

# keep FILE: what is there now; lay_out brings it back.
keep() {
  kept=$1
  tar -C "$HOST" -cf "$kept" "${faults_paths[@]}"
}

lay_out() {
  (cd "$HOST" && rm -rf -- "${faults_paths[@]}" "$faults_plugin"/{,.}pre-deploy*)
  tar -C "$HOST" -xf "$kept"
}

# snapshot [FIND OPTION]...: each file with kind, mode, owner and content, sorted.
snapshot() {
  (
    cd "$HOST" || exit
    shopt -s dotglob nullglob
    where=("${faults_paths[@]}" "$faults_plugin"/{,.}pre-deploy*)
    find "${where[@]}" "$@" -printf '%p %y %m %u %l\n'
    find "${where[@]}" "$@" -type f -exec sha1sum {} +
  ) | LC_ALL=C sort
}

temp_files() { snapshot -name '.*' | grep -v "^[0-9a-f]* " || true; }

# changes_of CALLS COMMAND...: runs it; sets points to those of CALLS that changed a file, NAME NTH.
changes_of() {
  local calls=$1
  shift
  run3 strace -qq -y -o "$BATS_TEST_TMPDIR/calls" -e trace="$calls" -- "$@" </dev/null
  # Not what is opened to be read, nor what is written to anything but a file of the host.
  mapfile -t points < <(changing_calls)
}

changing_calls() {
  awk -v host="$HOST/" '
    { name = $1; sub(/\(.*/, "", name); nth[name]++ }
    name ~ /^open/ && !/O_CREAT/ { next }
    name == "write" && index($0, "<" host) == 0 { next }
    / = 0$/ || / = [0-9]/ { print name, nth[name] }
  ' "$BATS_TEST_TMPDIR/calls"
}

# with_fault FAULT CALL NTH COMMAND...
with_fault() {
  strace -qq -o /dev/null -e trace="$2" -e inject="$2:$1:when=$3" -- "${@:4}" </dev/null
}

# Every file is as it was before or as it is after a whole run, its temp file aside.
old_or_new() {
  local before=$BATS_TEST_TMPDIR/before after=$BATS_TEST_TMPDIR/after now=$BATS_TEST_TMPDIR/now
  snapshot -not -name '.*.tmp' >"$now"
  ! LC_ALL=C sort -u "$before" "$after" | LC_ALL=C comm -13 - "$now" | grep . >&2 || return 1
  ! LC_ALL=C comm -12 "$before" "$after" | LC_ALL=C comm -23 - "$now" | grep . >&2
}

# The same command, run again, ends as if nothing had been.
repaired() {
  run3 "$@" </dev/null
  diff "$BATS_TEST_TMPDIR/after" <(snapshot) >&2
}

# plan CALLS COMMAND...: where the fault is to be (points), and what is before and after.
plan() {
  strace -qq -o /dev/null true 2>/dev/null || skip "no right to trace programs here"
  lay_out
  snapshot >"$BATS_TEST_TMPDIR/before"
  changes_of "$@"
  snapshot >"$BATS_TEST_TMPDIR/after"
  [[ $status -eq 0 && ${#points[@]} -gt 0 && -z $(temp_files) ]] || {
    printf 'Is no example: %s: status %s\n%s%s' "${*:2}" "$status" "$stdout" "$stderr" >&2
    cat "$BATS_TEST_TMPDIR/calls" >&2
    return 1
  }
}

failed_at() {
  printf 'at %s of %s: status %s\n%s%s' "$point" "$*" "$status" "$stdout" "$stderr" >&2
  snapshot | diff "$BATS_TEST_TMPDIR/before" - >&2
  return 1
}

survives_kill() {
  local point points call nth
  plan "$faults_changes" "$@"
  for point in "${points[@]}"; do
    read -r call nth <<<"$point"
    lay_out
    run3 with_fault signal=KILL "$call" "$nth" "$@"
    if ! { [[ $status -eq 137 ]] && old_or_new && repaired "$@"; }; then failed_at "$@"; fi
  done
}

# survives_full_disk STATUS COMMAND...
survives_full_disk() {
  local point points call nth refusal=$1
  shift
  plan "$faults_makes" "$@"
  for point in "${points[@]}"; do
    read -r call nth <<<"$point"
    lay_out
    run3 with_fault error=ENOSPC "$call" "$nth" "$@"
    if ! {
      [[ $status -eq $refusal && $stderr == " !     "*": No space left on device"$'\n' ]] &&
        [[ $(wc -l <"$err_file") -eq 1 && -z $(temp_files) ]] && old_or_new && repaired "$@"
    }; then
      failed_at "$@"
    fi
  done
}
