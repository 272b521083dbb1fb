# shellcheck shell=bash
# `dokku deploy APP TAG [PROC]`.

help_lines() {
  cat <<'HELP'
deploy <app> [tag] [process-type], Deploy an image of an app again
HELP
}

sub:default() {
  verify_app "${1:-}"
  fire deploy "$1" "${2:-latest}" "${3:-}"
}
