# shellcheck shell=bash
# `dokku run APP COMMAND...`: a one-off container of the released image.

help_lines() {
  cat <<'HELP'
run <app> <cmd>, Run a command in a new container using the current app image
HELP
}

sub:default() {
  local app=${1:-} args cid words=() status=0
  verify_app "$app"
  shift
  is_deployed "$app" || fail "App $app has not been deployed"
  args=$(: | fire docker-args-run "$app" latest)
  args+=$(: | fire docker-args-process-run "$app" dockerfile latest)
  xargs_words "$args"
  # Run containers do not carry the `dokku` label; ours lets `down` find them.
  cid=$("$DOCKER_BIN" container create --interactive --name "$app.run.$RANDOM" \
    --label "com.dokku.app-name=$app" --label com.dokku.container-type=run \
    --label "$SCRATCH_HOST_LABEL" "${words[@]}" "dokku/$app:latest" "$@")
  fire post-container-create app "$cid" "$app" run
  "$DOCKER_BIN" container start --attach --interactive "$cid" || status=$?
  fire scheduler-post-run docker-local "$cid" "$status"
  "$DOCKER_BIN" container rm --force "$cid" >/dev/null
  exit "$status"
}
