# shellcheck shell=bash
# Where an app's code comes from. Only images here: git:from-image, and building from it.

help_lines() {
  cat <<'HELP'
git, Manages app git configuration
git:from-image <app> <docker-image>, Updates an app's git repository with a docker image
HELP
}

# shellcheck source=tests/host/lib/build.sh
source "$SCRATCH_LIB/build.sh"

sub:from-image() {
  local app=${1:-} image=${2:-}
  verify_app "$app"
  [[ -n $image ]] || fail "Please specify a docker image"
  info1_quiet "Generating build context"
  if "$DOCKER_BIN" image inspect "$image" >/dev/null 2>&1; then
    info1_quiet "Image exists on host, skipping pull"
  else
    "$DOCKER_BIN" image pull "$image" || fail "Failed to pull image"
  fi
  info1_quiet "Updating git repository with specified build context"
  # The commit is made of the image's *name*: the same name with new content is no change.
  if [[ $(prop_get git "$app" source-image) == "$image" ]]; then
    warn "No changes detected, skipping git commit"
    warn "Call 'ps:rebuild' on app to rebuild the app from existing source"
    exit 1
  fi
  prop_set git "$app" source-image "$image"
  prop_set git "$app" rev "$(sha1sum <<<"$app $image $RANDOM" | cut -c 1-40)"
  if [[ ${SCRATCH_CALLER:-} == git-hook ]]; then
    # As inside a push: refs on stdin, one pipe for both outputs, no terminal anywhere.
    printf '%040d %s refs/heads/master\n' 0 "$(prop_get git "$app" rev)" |
      fire receive-app "$app" 2>&1 | cat || exit 1
  else
    fire receive-app "$app" || exit 1 # whatever the hook's status
  fi
}

# Rebuild of what is there already; silent when there is no code.
trigger:receive-app() {
  [[ -n $(prop_get git "$1" rev) ]] || return 0
  receive_app "$1" "$(prop_get git "$1" rev)"
}

# After ps:stop: the image is there, only released and deployed again.
trigger:release-and-deploy() {
  deploy_lock "$1"
  release_and_deploy "$1"
}

trigger:git-has-code() { [[ -n $(prop_get git "$1" rev) ]]; }

trigger:git-get-property() {
  prop_get git "$1" "$2"
  echo
}

# The *whole* app directory is copied, whoever owns the files in it: that is what hooks of plugins
# sorting after `git` find in NEW.
copy_directory() {
  local entry
  shopt -s dotglob nullglob
  for entry in "$DOKKU_ROOT/$1"/*; do
    case ${entry##*/} in
      .cache | cache | VHOST | URLS) ;;
      *) cp -a "$entry" "$DOKKU_ROOT/$2/" ;;
    esac
  done
}

trigger:post-app-clone-setup() { copy_directory "$1" "$2"; }
trigger:post-app-rename-setup() { copy_directory "$1" "$2"; }
