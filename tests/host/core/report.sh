# shellcheck shell=bash
# `dokku report [APP|--all]`: every plugin prints its own block.

help_lines() {
  cat <<'HELP'
report [<app>], Generate a report for an app
HELP
}

sub:default() {
  local app
  if [[ ${1:---all} == --all ]]; then
    for app in $(list_apps); do fire report "$app"; done
  else
    verify_app "$1"
    fire report "$1"
  fi
}
