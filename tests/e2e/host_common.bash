# shellcheck shell=bash disable=SC2154
# For the tests of the scratch host's own deploy: two images, an empty plugin, a first deploy.
load empty_plugin

# Made outside of any host: the tests of a file share them.
setup_file() {
  APP_V1="$(unique host-bats):v1"
  APP_V2="${APP_V1%:*}:v2"
  export APP_V1 APP_V2
  make_image "$APP_V1" --version v1
  printf 'web: /echo_server 5000\nworker: /echo_server 6000\n' >"$BATS_FILE_TMPDIR/Procfile"
  make_image "$APP_V2" --version v2 --procfile "$BATS_FILE_TMPDIR/Procfile"
}

teardown_file() {
  docker image rm --force "$APP_V1" "$APP_V2" >/dev/null 2>&1 || true
}

deploy_v1() {
  dokku apps:create "$app" >/dev/null
  dokku git:from-image "$app" "$APP_V1" >/dev/null
}

# What the app at an address says first.
greeting() {
  # shellcheck disable=SC2016 # the inner shell's
  timeout 5 bash -c 'read -r line <"/dev/tcp/$1/5000" && echo "$line"' greeting "$1"
}

