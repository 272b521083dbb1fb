# shellcheck shell=bash
# From source to released image: what Dokku does between a push (or git:from-image) and the deploy.
# The only builder is `dockerfile`, the only source a Dockerfile that says `FROM IMAGE`.

# receive_app APP REV: build, release and deploy under the app's deploy lock.
receive_app() {
  local app=$1 rev=$2
  deploy_lock "$app"
  tree=$(mktemp -d "/tmp/dokku-$$-XXXXXX")
  trap 'rm -rf -- "$tree"' EXIT
  chmod 0755 "$tree"
  cd "$tree" || exit # hooks of a build run in the extracted source tree
  printf 'FROM %s\n' "$(prop_get git "$app" source-image)" >Dockerfile
  build_app "$app" "$tree" "$rev"
  release_and_deploy "$app"
}

# Every build begins by removing what of the app has exited, a stopped release included: if the
# build fails, the state files name containers that are gone.
clean_up() {
  local ids=()
  info1 "Cleaning up..."
  mapfile -t ids < <("$DOCKER_BIN" container ls --all --quiet --filter status=exited \
    --filter status=dead --filter "label=$SCRATCH_HOST_LABEL" --filter "label=com.dokku.app-name=$1")
  [[ ${#ids[@]} -eq 0 ]] || "$DOCKER_BIN" container rm "${ids[@]}" >/dev/null 2>&1 || true
}

build_app() { # APP DIR REV
  local app=$1 dir=$2 rev=$3 args word words=() flags=()
  fire core-post-extract "$app" "$dir" "$rev"
  # Failures of these two are ignored upstream: nothing can be refused here.
  fire post-extract "$app" "$dir" "$rev" || true
  fire pre-receive-app "$app" dockerfile "$dir" "$rev" || true
  clean_up "$app"
  info1 "Building $app from Dockerfile"
  fire pre-build dockerfile "$app" "$dir" || fail "App build failed"
  args=$(: | fire docker-args-build "$app" dockerfile || true)
  args+=$(: | fire docker-args-process-build "$app" dockerfile)
  xargs_words "$args"
  for word in "${words[@]}"; do # known build flags are picked, the rest is dropped
    [[ -n $word ]] || break
    [[ $word != --build-arg=* && $word != --network=* && $word != --label=* ]] || flags+=("$word")
  done
  build_image "$dir" "$app" build "${flags[@]}" || fail "App build failed"
  fire post-build dockerfile "$app" "$dir" || fail "App build failed"
}

# build_image DIR APP STAGE FLAG...: tags dokku/APP:latest, from a Dockerfile that only says FROM.
build_image() {
  local dir=$1 app=$2 stage=$3 from
  from=$(sed -n 's/^FROM //p' "$dir/Dockerfile")
  if [[ $# -gt 3 ]] || ! relabel_image "$from" "$app" "$stage"; then docker_build "$@"; fi
}

# The same image with more labels, made without a container: an archive with a configuration whose
# layers the Engine has already. Seconds quicker than a build on slow storage drivers; Engines with
# another image store refuse it, and builds as well as flags take the long way.
relabel_image() { # FROM APP STAGE
  local dir status=0
  command -v jq >/dev/null || return 1
  dir=$(mktemp -d "/tmp/dokku-$$-XXXXXX")
  "$DOCKER_BIN" image inspect "$1" | jq --arg app "$2" --arg stage "$3" \
    --arg host "${SCRATCH_HOST_LABEL#*=}" '.[0] | {
      architecture: .Architecture, os: .Os, created: .Created,
      config: (.Config | .Labels = ((.Labels // {}) + {
        "com.dokku.app-name": $app, "com.dokku.image-stage": $stage, "dokku": "",
        "com.dokku.scratch-host": $host})),
      rootfs: {type: "layers", diff_ids: .RootFS.Layers},
      history: [.RootFS.Layers[] | {created: "1970-01-01T00:00:00Z"}]
    }' >"$dir/config.json" &&
    jq --null-input --arg app "$2" --slurpfile config "$dir/config.json" '[{
      Config: "config.json", RepoTags: ["dokku/\($app):latest"],
      Layers: [$config[0].rootfs.diff_ids[] | "\(ltrimstr("sha256:"))/layer.tar"]
    }]' >"$dir/manifest.json" &&
    tar -c -C "$dir" manifest.json config.json | "$DOCKER_BIN" image load --quiet >/dev/null 2>&1 ||
    status=$?
  rm -rf -- "$dir"
  return "$status"
}

# docker_build DIR APP STAGE FLAG...: The old builder needs no plugin of the CLI; it announces its
# retirement on stderr each time, which is shown only with a failure.
docker_build() {
  local dir=$1 app=$2 stage=$3 log status=0
  shift 3
  log=$(DOCKER_BUILDKIT=0 "$DOCKER_BIN" image build --quiet "$@" --tag "dokku/$app:latest" \
    --label "com.dokku.app-name=$app" --label "com.dokku.image-stage=$stage" \
    --label dokku= --label "$SCRATCH_HOST_LABEL" "$dir" 2>&1) || status=$?
  [[ $status -eq 0 ]] || printf '%s\n' "$log" >&2
  return "$status"
}

release_app() {
  local app=$1 image="dokku/$1:latest" dir status=0
  info1 "Releasing $app..."
  fire pre-release-builder dockerfile "$app" "$image"
  dir=$(mktemp -d "/tmp/dokku-$$-XXXXXX")
  printf 'FROM %s\n' "$image" >"$dir/Dockerfile"
  build_image "$dir" "$app" release || status=$?
  rm -rf -- "$dir"
  [[ $status -eq 0 ]] || return "$status"
  fire post-release-builder dockerfile "$app" "$image"
}

release_and_deploy() {
  local app=$1
  release_app "$app"
  info1 "Deploying $app via the docker-local scheduler..."
  fire scheduler-deploy docker-local "$app" latest ""
  info2 "Application deployed:"
  verbose "http://$app.scratch.invalid"
  echo
}
