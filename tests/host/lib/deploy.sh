# shellcheck shell=bash
# Dokku's docker-local deploy: same order, names, files, streams and traps. Hooks of plugins meet
# three different stdins here; a hook that reads one it should not is punished as on a real host.

# scheduler_deploy APP TAG [PROC]
scheduler_deploy() {
  local app=$1 tag=$2 only=${3:-} proc count line wait stop_timeout bind_all old_ids queued=()
  old_ids=$(container_ids "$app" "$only")
  bind_all=$(fire network-get-property "$app" bind-all-interfaces)
  stop_timeout=$(fire ps-get-property "$app" stop-timeout-seconds)
  wait=$(fire checks-get-property "$app" wait-to-retire)

  # `web` is deployed inside this loop with the loop's stdin, which is the rest of the scale: a hook
  # that reads it makes the other process types vanish from the deploy.
  while IFS='=' read -r proc count || [[ -n $proc ]]; do
    [[ -n $proc && (-z $only || $proc == "$only") ]] || continue
    if ! in_procfile "$app" "$proc"; then
      warn "Skipping $proc as it is missing from the current Procfile"
    elif [[ $proc == web ]]; then
      deploy_process "$app" "$tag" "$proc" "$count"
    else
      queued+=("$proc=$count")
    fi
  done < <(fire ps-current-scale "$app")
  for line in "${queued[@]}"; do
    deploy_process "$app" "$tag" "${line%%=*}" "${line#*=}" </dev/null
  done

  info1 "Running post-deploy"
  fire core-post-deploy "$app" "" "" "$tag"
  fire post-deploy "$app" "" "" "$tag"
  retire_old_containers "$app" "$wait" "$stop_timeout" "$old_ids"
}

in_procfile() {
  local procfile="$DOKKU_LIB_ROOT/data/ps/$1/Procfile"
  [[ ! -f $procfile || $2 == web ]] || grep -q "^$2:" "$procfile"
}

# The arguments after the image: the Procfile's command, else none and the image's own applies.
start_command() {
  local procfile="$DOKKU_LIB_ROOT/data/ps/$1/Procfile"
  [[ ! -f $procfile ]] || sed -n "s/^$2:[[:space:]]*//p" "$procfile" | head -n 1
}

checks_disabled() {
  local disabled
  disabled=$(fire checks-get-property "$1" disabled)
  [[ $disabled == _all_ || ",$disabled," == *",$2,"* ]]
}

deploy_process() { # APP TAG PROC COUNT
  local app=$1 tag=$2 proc=$3 count=$4 args check=true n words=()
  info1 "Deploying $proc (count=$count)"
  if checks_disabled "$app" "$proc"; then
    check=false
    stop_before_deploy "$app" "$proc"
  fi

  # Asked once without a container's number, only to look for published ports.
  args=$(: | fire docker-args-deploy "$app" "$tag" "$proc")
  args+=$(: | fire docker-args-process-deploy "$app" dockerfile "$tag" "$proc")
  xargs_words "$args"
  warn_published "$proc" "$count" "$check"

  for ((n = 1; n <= count; n++)); do
    deploy_container "$app" "$tag" "$proc" "$n" "$check" </dev/null
  done
  fire scheduler-post-deploy-process "$app" "$proc"
  retire_surplus "$app" "$proc" "$count"
}

stop_before_deploy() { # APP PROC: no zero downtime, so ports are free before the new start
  local id
  verbose "Zero downtime is disabled, stopping currently running containers  ($2)"
  for id in $(container_ids "$1" "$2"); do
    container_running "$id" || continue
    verbose "Stopping $id ($2)"
    fire scheduler-register-retired "$1" "$id"
    "$DOCKER_BIN" container update --restart=no "$id" >/dev/null
    "$DOCKER_BIN" container stop -t "$stop_timeout" "$id" >/dev/null
  done
}

warn_published() { # PROC COUNT CHECK; looks at `words`. A separate -p goes unnoticed.
  local word
  for word in "${words[@]}"; do
    [[ $word == -P || $word == *--publish* ]] || continue
    if [[ $2 -gt 1 ]]; then
      warn "Deploys may fail when publishing ports and scaling to multiple containers." \
        "Consider scaling process type $1 to 1."
    elif [[ $3 == true ]]; then
      warn "Deploys may fail when publishing ports and enabling zero downtime." \
        "Consider disabling zero downtime for process type $1."
    fi
    return
  done
}

deploy_container() { # APP TAG PROC N CHECK
  local app=$1 tag=$2 proc=$3 n=$4 check=$5
  local args port="" mapping cid ip old words=() state="$DOKKU_ROOT/$1"

  # One string, split only at the end: an unmatched quote from any hook swallows everything.
  args=$(: | fire docker-args-deploy "$app" "$tag" "$proc" "$n")
  args+=" --label=com.dokku.process-type=$proc --label=com.dokku.dyno=$proc.$n"
  args+=" --env=DYNO=$proc.$n --name $app.$proc.$n.upcoming-$RANDOM --init"
  args+=" --label=com.dokku.app-name=$app --label=com.dokku.container-type=deploy"
  args+=" $DOKKU_GLOBAL_RUN_ARGS"
  args+=$(: | fire docker-args-process-deploy "$app" dockerfile "$tag" "$proc" "$n")
  if [[ $proc == web ]]; then
    for mapping in $(fire ports-get "$app"); do
      [[ $mapping != udp:* && -z $port ]] || continue
      port=${mapping##*:}
    done
    [[ $bind_all != true ]] || args+=" -p $port"
  fi
  args+=" --env=PORT=$port dokku/$app:$tag $(start_command "$app" "$proc")"
  xargs_words "$args"

  cid=$("$DOCKER_BIN" container create "${words[@]}")
  fire post-container-create app "$cid" "$app" deploy "$proc"
  "$DOCKER_BIN" container start "$cid" >/dev/null || true
  ip=$(fire network-get-ipaddr "$app" "$proc" "$cid")
  if [[ $check == true ]]; then
    verbose "Attempting pre-flight checks ($proc.$n)"
    check_container "$app" "$cid" "$proc" "$port" "$ip" "$n"
  fi

  if [[ -f $state/CONTAINER.$proc.$n ]]; then
    old=$(<"$state/CONTAINER.$proc.$n")
    verbose "Scheduling old container shutdown in $wait seconds ($proc.$n)"
    fire scheduler-register-retired "$app" "$old" "$wait"
  fi
  printf '%s\n' "$cid" >"$state/CONTAINER.$proc.$n"
  [[ -z $ip ]] || fire network-write-ipaddr "$app" "$proc" "$n" "$ip"
  [[ -z $port ]] || fire network-write-port "$app" "$proc" "$n" "$port"
  rm -f "$state/CONTAINER" "$state/IP" "$state/PORT"
}

check_container() { # APP CID PROC PORT IP N
  local status=0
  fire check-deploy "$@" || status=$?
  [[ $status -ne 0 ]] || return 0
  "$DOCKER_BIN" container update --restart=no "$2" >/dev/null 2>&1 || true
  "$DOCKER_BIN" container stop -t "$stop_timeout" "$2" >/dev/null 2>&1 || true
  fire scheduler-register-retired "" "$2"
  exit "$status"
}

retire_surplus() { # APP PROC COUNT
  local file n state="$DOKKU_ROOT/$1"
  for file in $(printf '%s\n' "$state/CONTAINER.$2".* | sort -V); do
    n=${file##*.}
    [[ -f $file && $n -gt $3 ]] || continue
    verbose "Scheduling orphaned container shutdown in $wait seconds ($2.$n)"
    fire scheduler-register-retired "$1" "$(<"$file")" "$wait"
    rm -f "$file" "$state/IP.$2.$n" "$state/PORT.$2.$n"
  done
}

# SIGTERM at once, whatever still is connected; the hard stop follows W seconds later from a process
# that outlives this command.
retire_old_containers() { # APP WAIT STOP_TIMEOUT IDS
  local id ids=()
  for id in $4; do
    container_exists "$id" || continue
    ids+=("$id")
    "$DOCKER_BIN" container kill --signal=TERM "$id" >/dev/null 2>&1 || true
  done
  [[ -n $4 ]] || return 0
  info1 "Shutting down old containers in $2 seconds"
  # shellcheck source=tests/host/lib/processes.sh
  source "$SCRATCH_LIB/processes.sh"
  # shellcheck disable=SC2016 # the child expands these
  detach "retire-$1-$$" "$SCRATCH_HOST/log/retire.log" bash -c '
    sleep "$1"
    docker=$2 timeout=$3
    for id in "${@:4}"; do
      "$docker" container update --restart=no "$id" >/dev/null
      "$docker" container stop -t "$timeout" "$id" >/dev/null || "$docker" container kill "$id"
    done' retire "$2" "$DOCKER_BIN" "$3" "${ids[@]}"
}
