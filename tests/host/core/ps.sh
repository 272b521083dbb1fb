# shellcheck shell=bash
# Processes of an app: scale, stop, start, restart, rebuild, restore, retire.

help_lines() {
  cat <<'HELP'
ps, Manage app processes
ps:rebuild <app>|--all, Rebuilds an app
ps:restart <app>|--all [<process-name>], Restart an app
ps:restore [<app>], Start previously running app
ps:retire, Ensure that all retired containers and images are removed
ps:scale <app> <proc>=<count> [<proc>=<count>...], Get/Set how many instances of a process to run
ps:start <app>|--all, Start an app
ps:stop <app>|--all, Stop an app
HELP
}

# Sorted `PROC=COUNT` lines; the file has a final newline, the trigger's answer has none.
scale_of() { prop_get ps "$1" scale; }

set_scale() { # APP PROC COUNT
  local others
  others=$(scale_of "$1" | grep -v "^$2=" || true)
  prop_set ps "$1" scale "$(printf '%s\n' "$others" "$2=$3" | sed '/^$/d' | LC_ALL=C sort)"
}

trigger:ps-current-scale() { scale_of "$1"; }

trigger:ps-get-property() {
  case $2 in
    stop-timeout-seconds) prop_get ps "$1" "$2" "${SCRATCH_STOP_TIMEOUT:-30}" ;;
    *) prop_get ps "$1" "$2" ;;
  esac
  echo
}

trigger:docker-args-process-deploy() {
  cat
  printf ' --restart=on-failure:10'
}

# The Procfile in the image's working directory, and a scale for process types that have none.
trigger:post-release-builder() {
  local app=$2 image=$3 cid dir proc dest="$DOKKU_LIB_ROOT/data/ps/$2"
  mkdir -p "$dest"
  dir=$("$DOCKER_BIN" image inspect --format '{{.Config.WorkingDir}}' "$image")
  cid=$("$DOCKER_BIN" container create "$image" true)
  "$DOCKER_BIN" container cp "$cid:${dir%/}/Procfile" - 2>/dev/null | tar -xO >"$dest/Procfile" \
    2>/dev/null || rm -f "$dest/Procfile"
  "$DOCKER_BIN" container rm "$cid" >/dev/null
  grep -q '^web=' <<<"$(scale_of "$app")" || set_scale "$app" web 1
  [[ -f $dest/Procfile ]] || return 0
  while IFS=: read -r proc _; do
    [[ -z $proc ]] || grep -q "^$proc=" <<<"$(scale_of "$app")" || set_scale "$app" "$proc" 0
  done <"$dest/Procfile"
}

trigger:post-stop() { prop_set ps "$1" restore false; }
trigger:core-post-deploy() { prop_del ps "$1" restore; }

rebuild_copy() { [[ ${SKIP_REBUILD:-} == true ]] || fire receive-app "$1"; }
trigger:post-app-clone() { rebuild_copy "$2"; }
trigger:post-app-rename() { rebuild_copy "$2"; }

# Calls function $1 for the app in $2, or for each with --all.
each_app() {
  local app
  if [[ ${2:-} == --all ]]; then
    for app in $(list_apps); do "$1" "$app" "${@:3}"; done
  else
    verify_app "${2:-}"
    "$1" "${@:2}"
  fi
}

not_deployed() {
  ! is_deployed "$1" || return 1
  warn "App $1 has not been deployed"
}

rebuild() { go_fire receive-app "$1"; }

restart() {
  if not_deployed "$1"; then return; fi
  go_fire deploy "$1" latest "${2:-}"
}

stop() {
  if not_deployed "$1"; then return; fi
  info1_quiet "Stopping $1"
  go_fire scheduler-stop docker-local "$1"
  go_fire post-stop "$1"
}

start() {
  local id running=0 all=0
  if not_deployed "$1"; then return; fi
  GO_PREFIX="Failure in pre-start hook: " go_fire pre-start "$1"
  for id in $(container_ids "$1"); do
    all=$((all + 1))
    ! container_running "$id" || running=$((running + 1))
  done
  if [[ $all -gt 0 && $running -eq $all ]]; then
    warn "App $1 already running"
  else
    if [[ $running -eq 0 ]]; then
      warn "App has been detected as not running, releasing"
    else
      warn "App is running in mixed mode, releasing"
    fi
    go_fire release-and-deploy "$1" latest
  fi
  go_fire proxy-build-config "$1"
}

restore() {
  go_fire scheduler-pre-restore docker-local "$1"
  go_fire proxy-clear-config "$1"
  if ! is_deployed "$1" || [[ $(prop_get ps "$1" restore) == false ]]; then return; fi
  start "$1"
}

sub:rebuild() { each_app rebuild "$@"; }
sub:restart() { each_app restart "$@"; }
sub:start() { each_app start "$@"; }
sub:stop() { each_app stop "$@"; }

sub:restore() {
  go_fire pre-restore
  if [[ -z ${1:-} || $1 == --all ]]; then
    go_fire proxy-clear-config --all
    each_app restore --all
  else
    each_app restore "$1"
  fi
}

sub:retire() { go_fire scheduler-retire docker-local "${1:-}"; }

sub:scale() {
  local app=${1:-} word changed=()
  verify_app "$app"
  shift
  if [[ $# -eq 0 ]]; then
    info1_quiet "Scaling for $app"
    printf 'proctype: qty\n--------: ---\n'
    scale_of "$app" | sed 's/=/: /'
    echo
    return
  fi
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9_-]+=[0-9]+$ ]] || fail "Invalid count for process type ${word%%=*}"
  done
  info1_quiet "Scaling $app processes: $*"
  for word in "$@"; do
    ! grep -qx "$word" <<<"$(scale_of "$app")" || continue
    set_scale "$app" "${word%%=*}" "${word#*=}"
    changed+=("${word%%=*}")
  done
  is_deployed "$app" || return 0
  for word in "${changed[@]}"; do go_fire deploy "$app" latest "$word"; done
}
