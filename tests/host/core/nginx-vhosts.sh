# shellcheck shell=bash
# Stand-in for the HTTP proxy, as a consumer of the network plugin's answers: what it would have
# put into the upstream block of an app goes to DIR/run/upstreams/APP, one listener per line.

proxy_build() {
  local words=()
  [[ $(fire network-config-exists "$1") == true ]] || return 0
  fire network-build-config "$1"
  xargs_words "$(fire network-get-listeners "$1" web)"
  [[ ${#words[@]} -gt 0 ]] || warn "No web listeners specified for $1"
  printf '%s\n' "${words[@]}" >"$SCRATCH_HOST/run/upstreams/$1"
}

proxy_clear() {
  rm -f "$SCRATCH_HOST/run/upstreams/$1"
  fire network-clear-config "$1"
}

trigger:core-post-deploy() { proxy_build "$1"; }
trigger:proxy-build-config() { proxy_build "$1"; }
trigger:scheduler-post-deploy-process() { [[ $2 != web ]] || proxy_build "$1"; }
trigger:post-delete() { rm -f "$SCRATCH_HOST/run/upstreams/$1"; }

trigger:proxy-clear-config() {
  local app
  if [[ $1 != --all ]]; then
    proxy_clear "$1"
    return
  fi
  for app in $(list_apps); do proxy_clear "$app"; done
}
