# shellcheck shell=bash
# Life of an app: create, clone, rename, destroy, in Dokku's order of triggers.

help_lines() {
  cat <<'HELP'
apps, Manage apps
apps:clone <old-app> <new-app>, Clones an app
apps:create <app>, Create a new app
apps:destroy <app>, Permanently destroy an app
apps:exists <app>, Checks if an app exists
apps:list, List your apps
apps:rename <old-app> <new-app>, Rename an app
HELP
}

create_app() {
  [[ -n ${1:-} ]] || fail "Please specify an app to run the command on"
  valid_app_name "$1" '.-'
  [[ ! -d $DOKKU_ROOT/$1 ]] || fail "Name is already taken"
  info1_quiet "Creating $1..."
  mkdir -m 0755 "$DOKKU_ROOT/$1"
  prop_set apps "$1" created-at "$(date +%s)"
  go_fire post-create "$1"
}

destroy_app() {
  local app=$1 scheduler=docker-local
  info1_quiet "Destroying $app (including all add-ons)"
  go_fire pre-delete "$app" latest
  go_fire scheduler-stop "$scheduler" "$app" true
  go_fire scheduler-post-delete "$scheduler" "$app" latest
  go_fire post-delete "$app" latest
  info1_quiet "Cleaning up..."
  info1_quiet "Retiring old containers and images"
  go_fire scheduler-retire "$scheduler" "$app"
  rm -rf -- "${DOKKU_ROOT:?}/$app"
}

# Dokku reads one word: leading blanks are skipped, a second word is an error.
confirm() {
  local line status=0
  warn "WARNING: Potentially Destructive Action"
  warn "This command will destroy app $1."
  warn "To proceed, type \"$1\""
  printf '> '
  IFS= read -r line || status=$?
  [[ $status -eq 0 || -n $line ]] || fail "EOF"
  read -r -a answer <<<"$line"
  [[ ${#answer[@]} -gt 0 ]] || fail "unexpected newline"
  [[ ${#answer[@]} -eq 1 ]] || fail "expected newline"
  if [[ ${answer[0]} != "$1" ]]; then
    echo "Confirmation did not match test. Aborted." >&2
    exit 1
  fi
}

# Sets `positional` and SKIP_REBUILD from a clone or rename command line.
parse_copy() {
  positional=()
  local word
  for word in "$@"; do
    case $word in
      --skip-deploy) export SKIP_REBUILD=true ;;
      *) positional+=("$word") ;;
    esac
  done
  verify_app "${positional[0]:-}"
  [[ -n ${positional[1]:-} ]] || fail "Please specify an new app name"
}

sub:create() { create_app "${1:-}"; }

sub:destroy() {
  local app="" word
  for word in "$@"; do
    case $word in
      --force) DOKKU_APPS_FORCE_DELETE=1 ;;
      *) app=${app:-$word} ;;
    esac
  done
  verify_app "$app"
  [[ ${DOKKU_APPS_FORCE_DELETE:-} == 1 ]] || confirm "$app"
  destroy_app "$app"
}

sub:clone() {
  parse_copy "$@"
  local old=${positional[0]} new=${positional[1]}
  info1_quiet "Cloning $old to $new"
  create_app "$new"
  go_fire post-app-clone-setup "$old" "$new"
  go_fire post-app-clone "$old" "$new"
}

# Everything of OLD is destroyed, with its triggers, before NEW is built.
sub:rename() {
  parse_copy "$@"
  local old=${positional[0]} new=${positional[1]}
  info1_quiet "Renaming $old to $new"
  create_app "$new"
  go_fire post-app-rename-setup "$old" "$new"
  destroy_app "$old"
  go_fire post-app-rename "$old" "$new"
}

sub:list() {
  local apps
  apps=$(list_apps)
  if [[ -z $apps ]]; then
    warn "You haven't deployed any applications yet"
    return
  fi
  info2_quiet "My Apps"
  printf '%s\n' "$apps"
}

sub:exists() { verify_app "${1:-}"; }

# `dokku deploy APP TAG [PROC]` and every restart end here.
trigger:deploy() {
  deploy_lock "$1"
  fire scheduler-deploy docker-local "$1" "${2:-latest}" "${3:-}"
}

trigger:app-list() { list_apps; }
