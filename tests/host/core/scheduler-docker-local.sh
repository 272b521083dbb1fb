# shellcheck shell=bash
# The scheduler: deploy (lib/deploy.sh), the containers' final names, stop, retirement.

# shellcheck source=tests/host/lib/deploy.sh
source "$SCRATCH_LIB/deploy.sh"

retired_list="$DOKKU_LIB_ROOT/data/scheduler-docker-local/dead-containers"

trigger:scheduler-deploy() {
  [[ $1 == docker-local ]] || return 0
  scheduler_deploy "$2" "$3" "${4:-}"
}

trigger:scheduler-is-deployed() { [[ -n $(container_ids "$2") ]]; }

# Dokku's default check: the container is still running. How long it waits first can be set.
trigger:check-deploy() {
  sleep "${SCRATCH_CHECK_UPTIME:-0.1}"
  container_running "$2" || {
    "$DOCKER_BIN" container inspect --format '{{json .State}}' "$2" >&2 || true
    "$DOCKER_BIN" container logs "$2" >&2 || true
    fail "Container $2 is not running"
  }
}

rename_container() { "$DOCKER_BIN" container rename "$1" "$2" 2>/dev/null; }

# The previous holder of a name gets an epoch suffix. A container that was not deployed now holds
# its own name already: it is renamed there and back.
trigger:core-post-deploy() {
  local app=$1 file process name epoch
  for file in "$DOKKU_ROOT/$app"/CONTAINER.*; do
    [[ -f $file ]] || continue
    process=${file##*/CONTAINER.}
    name="$app.$process"
    if container_exists "$name"; then
      epoch=$(date +%s)
      # Two deploys within a second: take the next free one.
      until rename_container "$name" "$name.$epoch"; do
        container_exists "$name.$epoch" || break
        epoch=$((epoch + 1))
      done
    fi
    rename_container "$(<"$file")" "$name" || true
    # State of process types that are in the scale no more.
    grep -q "^${process%.*}=" <<<"$(fire ps-current-scale "$app")" ||
      rm -f "$file" "$DOKKU_ROOT/$app/IP.$process" "$DOKKU_ROOT/$app/PORT.$process"
  done
}

stop_container() { # ID TIMEOUT
  "$DOCKER_BIN" container update --restart=no "$1" >/dev/null 2>&1 || true
  "$DOCKER_BIN" container stop -t "$2" "$1" >/dev/null 2>&1 || true
}

trigger:scheduler-stop() {
  local app=$2 remove=${3:-} id timeout
  timeout=$(fire ps-get-property "$app" stop-timeout-seconds)
  for id in $(container_ids "$app"); do
    stop_container "$id" "$timeout"
    [[ $remove != true ]] || "$DOCKER_BIN" container rm --force "$id" >/dev/null 2>&1 || true
  done
}

# Containers and the image of an app that is being destroyed.
trigger:scheduler-post-delete() {
  local app=$2 id
  for id in $("$DOCKER_BIN" container ls --all --quiet --no-trunc \
    --filter "label=$SCRATCH_HOST_LABEL" --filter "label=com.dokku.app-name=$app"); do
    "$DOCKER_BIN" container rm --force "$id" >/dev/null 2>&1 || true
  done
  "$DOCKER_BIN" image rm "dokku/$app:latest" >/dev/null 2>&1 || true
}

trigger:scheduler-register-retired() {
  local wait=${3:-0}
  mkdir -p "${retired_list%/*}"
  printf '%s %s %s\n' "${1:--}" "$2" "$(($(date +%s) + wait))" >>"$retired_list"
}

# Removes what is past its time; an app name limits it to that app.
trigger:scheduler-retire() {
  local only=${2:-} app id epoch rest="" now
  [[ -f $retired_list ]] || return 0
  now=$(date +%s)
  while read -r app id epoch; do
    if [[ -n $only && $app != "$only" ]] || ((epoch > now)); then
      rest+="$app $id $epoch"$'\n'
      continue
    fi
    stop_container "$id" 30
    "$DOCKER_BIN" container rm --force "$id" >/dev/null 2>&1 || true
  done <"$retired_list"
  printf '%s' "$rest" >"$retired_list"
}

# Before a restore: stopped containers that an earlier deploy renamed away.
trigger:scheduler-pre-restore() {
  local id name
  while read -r id name; do
    [[ $name =~ ^"$2"\..*\.[0-9]+\.[0-9]+$ ]] || continue
    container_running "$id" || "$DOCKER_BIN" container rm --force "$id" >/dev/null 2>&1 || true
  done < <("$DOCKER_BIN" container ls --all --no-trunc --format '{{.ID}} {{.Names}}' \
    --filter "label=$SCRATCH_HOST_LABEL" --filter "label=com.dokku.app-name=$2")
}

# scheduler-docker-local sorts after git, which has copied the state files along. Only a clone
# loses them: a renamed app keeps ids of containers that are gone, until it is rebuilt.
trigger:post-app-clone-setup() { rm -f "$DOKKU_ROOT/$2"/CONTAINER.*; }
