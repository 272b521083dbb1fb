# shellcheck shell=bash
# What the host's own core plugins share: messages, app names, properties, ways to call.

set -euo pipefail

# --- messages: prefix, stream and what --quiet silences are part of Dokku's interface ---

info1() { printf -- '-----> %s\n' "$*"; }
info2() { printf '=====> %s\n' "$*"; }
verbose() { printf '       %s\n' "$*"; }
warn() { printf ' !     %s\n' "$*" >&2; }
info1_quiet() { [[ -n ${DOKKU_QUIET_OUTPUT:-} ]] || info1 "$@"; }
info2_quiet() { [[ -n ${DOKKU_QUIET_OUTPUT:-} ]] || info2 "$@"; }
verbose_quiet() { [[ -n ${DOKKU_QUIET_OUTPUT:-} ]] || verbose "$@"; }
fail() {
  warn "$*"
  exit "${DOKKU_FAIL_EXIT_CODE:-1}"
}

# --- apps ---

# $2 are the characters allowed beside letters and digits: `_` only in names that exist already.
valid_app_name() {
  [[ $1 =~ ^[a-z0-9][a-z0-9$2]*$ ]] ||
    fail "App name must begin with lowercase alphanumeric character, and may only contain" \
      "lowercase alphanumerics, dots, and hyphens"
}

verify_app() {
  [[ -n ${1:-} ]] || fail "Please specify an app to run the command on"
  valid_app_name "$1" '._-'
  [[ -d $DOKKU_ROOT/$1 ]] || DOKKU_FAIL_EXIT_CODE=20 fail "App $1 does not exist"
}

list_apps() {
  local entry
  for entry in "$DOKKU_ROOT"/*/; do
    entry=${entry%/}
    entry=${entry##*/}
    [[ $entry == [A-Z]* || ! -d $DOKKU_ROOT/$entry ]] || printf '%s\n' "$entry"
  done | LC_ALL=C sort
}

# Dokku calls an app deployed once the property says so, whatever its containers do now; without
# the property the scheduler is asked, and its answer is kept, for any name whatever.
is_deployed() {
  local deployed
  deployed=$(prop_get common "$1" deployed)
  if [[ -z $deployed ]]; then
    deployed=false
    ! fire scheduler-is-deployed docker-local "$1" || deployed=true
    prop_set common "$1" deployed "$deployed"
  fi
  [[ $deployed == true ]]
}

# --- properties: one raw value per file, no newline at its end ---

prop_get() { # PLUGIN APP KEY [DEFAULT]
  local file="$DOKKU_LIB_ROOT/config/$1/$2/$3"
  if [[ -f $file ]]; then cat "$file"; else printf '%s' "${4:-}"; fi
}

prop_set() { # PLUGIN APP KEY VALUE
  local dir="$DOKKU_LIB_ROOT/config/$1/$2"
  mkdir -p "$dir"
  (umask 077 && printf '%s' "$4" >"$dir/$3")
}

prop_del() { rm -f "$DOKKU_LIB_ROOT/config/$1/$2/$3"; }

# --- calls ---

fire() { plugn trigger "$@"; }

# Fires a trigger the way Dokku's Go programs do: stdin is /dev/null unless stdout is a terminal, and
# the call ends only when *both pipes* reach EOF. A hook that leaves a child behind with fd 1 or 2
# open therefore hangs the command, as it does on a real host. When it fails, whatever its status,
# the command ends with 1 after saying *again* all that came on stderr, behind $GO_PREFIX.
go_fire() {
  local stdin=/dev/null file said status=0
  [[ ! -t 1 ]] || stdin=/dev/stdin
  file=$(mktemp "/tmp/dokku-$$-XXXXXX")
  { { plugn trigger "$@" <"$stdin" 2>&3 3>&- 4>&- | cat 3>&- 4>&-; } 3>&1 >&4 4>&- |
    tee "$file" >&2 4>&-; } 4>&1 || status=$?
  said=$(cat "$file" && printf .)
  said=${GO_PREFIX:-}${said%.} # with its last newline: an empty line follows
  rm -f "$file"
  [[ $status -ne 0 ]] || return 0
  [[ -z $said ]] || warn "$said"
  exit 1
}

# Splits $1 as xargs does into the array `words`. An unmatched quote is reported by xargs and
# yields no word at all, which is deliberately not treated as an error here.
xargs_words() {
  # shellcheck disable=SC2034 # the callers'
  words=()
  # shellcheck disable=SC2034
  mapfile -d '' words < <(printf '%s' "$1" | xargs -r printf '%s\0')
}

# $1 as one word in the language xargs reads.
xargs_quote() {
  local text=${1//\'/\'\"\'\"\'}
  printf "'%s'" "$text"
}

# One deploy at a time per app. The descriptor stays open until this process ends.
deploy_lock() {
  local dir="$DOKKU_LIB_ROOT/data/apps/$1" fd
  mkdir -p "$dir"
  exec {fd}>"$dir/.deploy.lock"
  flock --nonblock "$fd" || fail "$1 currently has a deploy lock in place. Exiting..."
}

container_running() {
  [[ $("$DOCKER_BIN" container inspect --format '{{.State.Running}}' "$1" 2>/dev/null) == true ]]
}

container_exists() { "$DOCKER_BIN" container inspect "$1" >/dev/null 2>&1; }

# Ids in CONTAINER.* of an app ($1), or of one process type ($2) of it.
container_ids() {
  local file
  for file in "$DOKKU_ROOT/$1"/CONTAINER.*; do
    [[ -z ${2:-} || $file == */CONTAINER."$2".* ]] || continue
    [[ ! -f $file ]] || head -n 1 "$file"
  done
}
