# shellcheck shell=bash
# Stand-in for the core network plugin: answers as little as a deploy needs and writes each call,
# one line per call, to DIR/network-calls.log.

record() { printf '%s\n' "$*" >>"$SCRATCH_HOST/network-calls.log"; }

echo_stdin() {
  record "$@"
  cat
}

trigger:docker-args-process-build() { echo_stdin docker-args-process-build "$@"; }
trigger:docker-args-process-deploy() { echo_stdin docker-args-process-deploy "$@"; }
trigger:docker-args-process-run() { echo_stdin docker-args-process-run "$@"; }

trigger:install() { record install "$@"; }
trigger:core-post-deploy() { record core-post-deploy "$@"; }
trigger:network-build-config() { record network-build-config "$@"; }
trigger:post-container-create() { record post-container-create "$@"; }
trigger:report() { record report "$@"; }

trigger:network-config-exists() {
  record network-config-exists "$@"
  if [[ -f $DOKKU_ROOT/$1/IP.web.1 && -f $DOKKU_ROOT/$1/PORT.web.1 ]]; then
    echo true
  else
    echo false
  fi
}

trigger:network-get-ipaddr() {
  record network-get-ipaddr "$@"
  "$DOCKER_BIN" container inspect \
    --format '{{if eq .HostConfig.NetworkMode "host"}}127.0.0.1{{else}}{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}{{end}}' \
    "$3" 2>/dev/null || echo
}

trigger:network-get-listeners() {
  local file listeners=() n proc=${2:-web}
  record network-get-listeners "$@"
  for file in "$DOKKU_ROOT/$1/IP.$proc".*; do
    [[ -f $file ]] || continue
    n=${file##*.}
    listeners+=("$(<"$file"):$(cat "$DOKKU_ROOT/$1/PORT.$proc.$n" 2>/dev/null || echo 5000)")
  done
  echo "${listeners[*]}"
}

trigger:network-get-property() {
  record network-get-property "$@"
  case $2 in
    bind-all-interfaces) prop_get network "$1" "$2" false ;;
    *) prop_get network "$1" "$2" ;;
  esac
  echo
}

trigger:network-get-static-listeners() {
  record network-get-static-listeners "$@"
  echo
}

trigger:network-write-ipaddr() {
  record network-write-ipaddr "$@"
  printf '%s' "$4" >"$DOKKU_ROOT/$1/IP.$2.$3"
}

trigger:network-write-port() {
  record network-write-port "$@"
  printf '%s' "$4" >"$DOKKU_ROOT/$1/PORT.$2.$3"
}

remove_addresses() { rm -f "$DOKKU_ROOT/$1"/IP.* "$DOKKU_ROOT/$1"/PORT.*; }

trigger:post-app-clone-setup() {
  record post-app-clone-setup "$@"
  remove_addresses "$2"
}

trigger:post-app-rename-setup() {
  record post-app-rename-setup "$@"
  remove_addresses "$2"
}

trigger:post-delete() {
  record post-delete "$@"
  [[ -z ${1:-} ]] || rm -rf -- "${DOKKU_LIB_ROOT:?}/config/network/$1"
}
