# shellcheck shell=bash
# For network_deploy.bats and network_host.bats: the network role on the scratch host. `load` after
# helpers and network, whose names the files here use.
# shellcheck disable=SC2034,SC2154

network_host_file() {
  APP_IMAGE=$(unique network-host):v1
  export APP_IMAGE PROCFILE=$BATS_FILE_TMPDIR/Procfile
  printf 'web: /echo_server 5000\nworker: /echo_server 6000\n' >"$PROCFILE"
  make_image "$APP_IMAGE" --procfile "$PROCFILE"
}

network_host_names() {
  app=$(unique nh)
  n1=$(network_name n1) n2=$(network_name n2) n3=$(network_name n3)
}

up() {
  host_up --no-daemon --plugin "$plugin" "$@"
  properties=$DOKKU_LIB_ROOT/config/network
}

deploy() { dokku git:from-image "$app" "$APP_IMAGE"; }
redeploy() { dokku ps:rebuild "$app"; }

id_of() { cat "$DOKKU_ROOT/$app/CONTAINER.$1"; }

# What the stand-in for the core plugin was called for since it was installed.
core_calls() { grep -v '^install' "$HOST/network-calls.log" 2>/dev/null || true; }
