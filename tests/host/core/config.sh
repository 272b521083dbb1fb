# shellcheck shell=bash
# Environment of an app: one property per variable.

help_lines() {
  cat <<'HELP'
config, Manage global and app-specific config vars
config:get <app> KEY, Display the value of one config var
config:set [--no-restart] <app> KEY1=VALUE1 [KEY2=VALUE2 ...], Set one or more config vars
config:unset [--no-restart] <app> KEY1 [KEY2 ...], Unset one or more config vars
HELP
}

parse_config() { # sets restart, app, items
  restart=true app="" items=()
  local word
  for word in "$@"; do
    case $word in
      --no-restart) restart=false ;;
      *) if [[ -z $app ]]; then app=$word; else items+=("$word"); fi ;;
    esac
  done
  verify_app "$app"
  [[ ${#items[@]} -gt 0 ]] || fail "Expected: key1 [key2 ...]"
}

restart_app() {
  [[ $restart == true ]] && is_deployed "$app" || return 0
  info1 "Restarting app $app"
  go_fire release-and-deploy "$app" latest # unlike ps:restart: the release hooks see it
}

sub:get() {
  verify_app "${1:-}"
  [[ -f $DOKKU_LIB_ROOT/config/config/$1/${2:-} ]] || exit 1
  prop_get config "$1" "$2"
  echo
}

sub:set() {
  local item
  parse_config "$@"
  for item in "${items[@]}"; do
    [[ $item =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || fail "Invalid env pair: $item"
  done
  info1_quiet "Setting config vars"
  for item in "${items[@]}"; do
    verbose_quiet "${item%%=*}:  ${item#*=}"
    prop_set config "$app" "${item%%=*}" "${item#*=}"
  done
  restart_app
}

sub:unset() {
  local item
  parse_config "$@"
  for item in "${items[@]}"; do
    info1_quiet "Unsetting $item"
    prop_del config "$app" "$item"
  done
  restart_app
}

# Values may hold blanks and quotes: these are the quoted words of the deploy's argument string.
environment_words() {
  local file
  cat
  for file in "$DOKKU_LIB_ROOT/config/config/$1"/*; do
    [[ ! -f $file ]] || printf ' %s' "$(xargs_quote "--env=${file##*/}=$(cat "$file")")"
  done
}

trigger:docker-args-deploy() { environment_words "$1"; }
trigger:docker-args-run() { environment_words "$1"; }
