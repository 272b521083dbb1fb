# shellcheck shell=bash
# Raw docker words per app and phase (build, deploy, run), handed on as they were given.

help_lines() {
  cat <<'HELP'
docker-options, Pass options to Docker the various stages of an app
docker-options:add <app> <phase(s)> OPTION, Add Docker option to app for phase(s)
docker-options:clear <app> [<phase(s)>...], Clear all Docker options of an app
HELP
}

sub:add() {
  local phase
  verify_app "${1:-}"
  [[ $# -ge 3 ]] || fail "Expected: app phase option"
  for phase in ${2//,/ }; do
    prop_set docker-options "$1" "$phase" "$(prop_get docker-options "$1" "$phase") ${*:3}"
  done
}

sub:clear() {
  verify_app "${1:-}"
  rm -rf -- "${DOKKU_LIB_ROOT:?}/config/docker-options/$1"
}

options_of() {
  cat
  prop_get docker-options "$1" "$2"
}

trigger:docker-args-build() { options_of "$1" build; }
trigger:docker-args-deploy() { options_of "$1" deploy; }
trigger:docker-args-run() { options_of "$1" run; }
