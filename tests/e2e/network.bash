# shellcheck shell=bash
# For the network_*.bats files: the staged plugin called the way Dokku calls it, without a host.
# `load helpers` first.

plugin=${NETPORTS_PLUGIN:-$repository/build/plugin}

# An empty Dokku tree of this test's own, the plugin enabled in it as `network` and as `netports`.
network_tree() {
  local variable
  for variable in $(compgen -e); do
    case $variable in
      DOKKU_* | DOCKER_* | PLUGIN_* | SSH_USER | SSH_NAME) unset "$variable" ;;
    esac
  done
  tree=$BATS_TEST_TMPDIR/tree
  export DOKKU_ROOT=$tree/home DOKKU_LIB_ROOT=$tree/lib DOKKU_LIB_PATH=$tree/lib
  export PLUGIN_PATH=$tree/lib/plugins DOKKU_NOT_IMPLEMENTED_EXIT=10
  DOKKU_SYSTEM_USER=$(id -un)
  DOKKU_SYSTEM_GROUP=$(id -gn)
  export DOKKU_SYSTEM_USER DOKKU_SYSTEM_GROUP
  properties=$DOKKU_LIB_ROOT/config/network
  mkdir -p "$DOKKU_ROOT" "$DOKKU_LIB_ROOT/config" "$PLUGIN_PATH/available" "$PLUGIN_PATH/enabled"
  ln -s "$plugin" "$PLUGIN_PATH/available/netports"
  ln -s "$PLUGIN_PATH/available/netports" "$PLUGIN_PATH/enabled/network"
  ln -s "$PLUGIN_PATH/available/netports" "$PLUGIN_PATH/enabled/netports"
}

# sub NAME ARG...: a subcommand as `dokku network:NAME` calls it.
sub() { "$PLUGIN_PATH/enabled/network/subcommands/$1" "network:$1" "${@:2}"; }

# hook NAME ARG...: a trigger as `plugn` calls it.
hook() { "$PLUGIN_PATH/enabled/network/$1" "${@:2}" </dev/null; }

make_app() {
  local app
  for app in "$@"; do mkdir -p "$DOKKU_ROOT/$app"; done
}

# property SCOPE NAME VALUE: stored as Dokku's core plugin would, unchecked.
property() {
  mkdir -p "$properties/$1"
  printf '%s' "$3" >"$properties/$1/$2"
}

# app_file APP/NAME TEXT: no newline at its end.
app_file() { printf '%s' "$2" >"$DOKKU_ROOT/$1"; }

# core_hook PLUGIN HOOK: an executable of another enabled plugin; its body is on stdin.
core_hook() {
  mkdir -p "$PLUGIN_PATH/enabled/$1"
  { printf '#!/bin/sh\n' && cat; } >"$PLUGIN_PATH/enabled/$1/$2"
  chmod 0755 "$PLUGIN_PATH/enabled/$1/$2"
}

# fake_plugn: a `plugn` on PATH that runs the hooks of other plugins and counts its calls.
fake_plugn() {
  mkdir -p "$tree/bin"
  cat >"$tree/bin/plugn" <<'PLUGN'
#!/bin/bash
echo "$*" >>"${PLUGIN_PATH%/lib/plugins}/plugn.log"
shift
for hook in "$PLUGIN_PATH"/enabled/*/"$1"; do
  [[ ! -x $hook || $hook == */enabled/netports/* ]] || "$hook" "${@:2}" || exit
done
PLUGN
  chmod 0755 "$tree/bin/plugn"
  export PATH=$tree/bin:$PATH
}

# network_name: a name no other test has; what is called so goes with network_cleanup.
network_prefix=npt$$-$RANDOM
network_name() { printf '%s-%s' "$network_prefix" "$1"; }

network_cleanup() {
  local ids
  mapfile -t ids < <(docker container ls --all --quiet --filter "label=com.dokku.test=$network_prefix")
  [[ ${#ids[@]} -eq 0 ]] || docker container rm --force "${ids[@]}" >/dev/null
  mapfile -t ids < <(docker network ls --quiet --filter "name=^$network_prefix-")
  [[ ${#ids[@]} -eq 0 ]] || docker network rm "${ids[@]}" >/dev/null
}

# container OPTION...: creates a container of $APP_IMAGE that idles; its id.
container() {
  docker container create --label "com.dokku.test=$network_prefix" --init "$@" "$APP_IMAGE" \
    /bin/sleep 600
}

# running OPTION...: the same, started.
running() {
  local id
  id=$(container "$@")
  docker container start "$id" >/dev/null
  printf '%s' "$id"
}

# deployed APP PROC N [OPTION]...: a running container that Dokku has deployed; its id.
deployed() {
  local id
  id=$(running --label "com.dokku.process-type=$2" "${@:4}")
  printf '%s\n' "$id" >"$DOKKU_ROOT/$1/CONTAINER.$2.$3"
  printf '%s' "$id"
}

# scale APP WORD...: what ps-current-scale answers; needs fake_plugn, unless read from disk.
scale() {
  mkdir -p "$DOKKU_LIB_ROOT/config/ps/$1"
  printf '%s\n' "${@:2}" >"$DOKKU_LIB_ROOT/config/ps/$1/scale"
  core_hook ps ps-current-scale <<<"cat '$DOKKU_LIB_ROOT/config/ps/'\$1/scale"
}

ip_on() { # CONTAINER NETWORK
  docker container inspect --format "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"
}

networks_of() { # CONTAINER: sorted, blanks between
  docker container inspect --format '{{range $n, $_ := .NetworkSettings.Networks}}{{println $n}}{{end}}' \
    "$1" | sed '/^$/d' | sort | paste -sd ' '
}

sorted() { printf '%s\n' "$@" | sort | paste -sd ' '; }

aliases_on() { # CONTAINER NETWORK: those we gave; the Engine adds short id and hostname
  docker container inspect --format \
    "{{range (index .NetworkSettings.Networks \"$2\").Aliases}}{{println .}}{{end}}" "$1" |
    sed '/^$/d' | { grep -F . || true; } | sort | paste -sd ' '
}

# resolved CONTAINER NAME: the addresses a container gets for a name, sorted.
resolved() {
  docker exec "$1" /bin/busybox nslookup "$2" 127.0.0.11 2>/dev/null |
    sed -n '/^Name:/,$ s/^Address[ 0-9]*: *//p' | sort -u
}

# fake_engine DIR: an Engine that gives the recorded answers in DIR: `GET networks` is the file
# `networks`, other paths likewise, `/` as `_`. It logs what it was asked to DIR/requests.
fake_engine() {
  local socket=$BATS_TEST_TMPDIR/engine.sock
  python3 "$repository/tests/e2e/fake_engine.py" "$socket" "$1" 3>&- &
  engine_pid=$!
  export DOCKER_HOST=unix://$socket
  wait_until 10 test -S "$socket"
}

fake_engine_stop() {
  [[ -z ${engine_pid:-} ]] || kill "$engine_pid" 2>/dev/null || true
}
