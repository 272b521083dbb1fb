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
  local running=true
  container_running "$2" || running=false
  [[ $running == false ]] || verbose "All checks successful ($3.$6)"
  info2 "Start of $1 container output (${2:0:12} $3.$6)"
  "$DOCKER_BIN" container logs "$2" 2>&1 | sed 's/^/       /' || true
  info2 "End of $1 container output (${2:0:12} $3.$6)"
  [[ $running == true ]] || fail "Container $2 is not running"
}

# The previous holder of a name gets an epoch suffix. A container that was not deployed now holds
# its own name already: it is renamed there and back.
trigger:core-post-deploy() {
  local app=$1 file process name holder id scale
  info1 "Renaming containers"
  scale=$(fire ps-current-scale "$app")
  for file in "$DOKKU_ROOT/$app"/CONTAINER.*; do
    [[ -f $file ]] || continue
    process=${file##*/CONTAINER.}
    if ! grep -q "^${process%.*}=" <<<"$scale"; then
      verbose_quiet "Container type (${process%.*}) is no longer defined. Removing state"
      rm -f "$file" "$DOKKU_ROOT/$app/IP.$process" "$DOKKU_ROOT/$app/PORT.$process"
      continue
    fi
    name="$app.$process"
    id=$(<"$file")
    if holder=$("$DOCKER_BIN" container inspect --format '{{.Id}}' "$name" 2>/dev/null); then
      verbose_quiet "Found previous container(s) (${holder:0:12}) named $name"
      rename_away "$name" "${holder:0:12}"
    fi
    name_container "$id" "$name"
  done
}

rename_away() { # NAME ID; a second deploy within one second takes the next suffix that is free
  local epoch
  epoch=$(date +%s)
  while container_exists "$1.$epoch"; do epoch=$((epoch + 1)); done
  verbose_quiet "Renaming container ($2) $1 to $1.$epoch"
  "$DOCKER_BIN" container rename "$1" "$1.$epoch" 2>/dev/null || warn "Unable to rename container"
}

name_container() { # ID NAME
  local current
  current=$("$DOCKER_BIN" container inspect --format '{{.Name}}' "$1" 2>/dev/null) || return 0
  verbose_quiet "Renaming container ${current#/} (${1:0:12}) to $2"
  "$DOCKER_BIN" container rename "$1" "$2" >/dev/null ||
    warn "Failed to rename container ${current#/} (${1:0:12})"
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
