# shellcheck shell=bash
# Zero-downtime checks on and off, and how long an old container lives after a deploy.

help_lines() {
  cat <<'HELP'
checks, Manage zero-downtime settings
checks:disable <app> [process-type(s)], Disable zero-downtime deployment
checks:enable <app> [process-type(s)], Re-enable zero-downtime deployment
checks:set <app> wait-to-retire <seconds>, Set how long an old container is kept
HELP
}

sub:disable() {
  verify_app "${1:-}"
  info1_quiet "Disabling zero downtime for app ($1)"
  prop_set checks "$1" disabled "${2:-_all_}"
}

sub:enable() {
  verify_app "${1:-}"
  info1_quiet "Enabling zero downtime for app's ($1)"
  prop_del checks "$1" disabled
}

sub:set() {
  verify_app "${1:-}"
  [[ ${2:-} == wait-to-retire && ${3:-} =~ ^[0-9]+$ ]] || fail "Expected: wait-to-retire <seconds>"
  info2_quiet "Setting $2 to $3"
  prop_set checks "$1" "$2" "$3"
}

# Dokku keeps old containers for 60 s; SCRATCH_WAIT_TO_RETIRE lets a test be quicker.
trigger:checks-get-property() {
  case $2 in
    wait-to-retire) prop_get checks "$1" "$2" "${SCRATCH_WAIT_TO_RETIRE:-60}" ;;
    *) prop_get checks "$1" "$2" ;;
  esac
  echo
}
