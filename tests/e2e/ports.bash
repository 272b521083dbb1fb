# shellcheck shell=bash
# For ports_*.bats: one scratch host for the tests of a file. `load` after helpers.

ports_host_up() {
  export HOST=$BATS_FILE_TMPDIR/host
  host_up "$@"
  # Two seconds are enough for an app of ours to listen, and to see that one does not.
  mkdir -p "$DOKKU_LIB_ROOT/config/checks/--global"
  printf 2 >"$DOKKU_LIB_ROOT/config/checks/--global/timeout"
}

ports_host_down() {
  export BATS_TEST_COMPLETED=1
  host_down
}

# Sets app, port and image to what no other test has, and makes the app.
ports_app() {
  app=$(unique pt)
  # shellcheck disable=SC2034 # the tests use it
  port=$(free_port)
  image=$(unique ports-image):v1
  dokku apps:create "$app" >/dev/null
}

# ports_image TEXT [OPTION of image/make]...: makes $image with TEXT as its PORTS file.
ports_image() {
  # shellcheck disable=SC2059 # escapes in the text are meant
  printf "$1" >"$BATS_TEST_TMPDIR/PORTS"
  shift
  make_image "$image" --ports-file "$BATS_TEST_TMPDIR/PORTS" --listen "5000 5025 5143" "$@"
}

# import_image DIR [CHANGE]...: makes $image of a directory; it has no command.
import_image() {
  local dir=$1 changes=()
  shift
  for change in "$@" "LABEL $SCRATCH_HOST_LABEL"; do changes+=(--change "$change"); done
  tar --create --directory "$dir" . | docker image import "${changes[@]}" - "$image" >/dev/null
}

deploy() { dokku git:from-image "$app" "$image" </dev/null; }
release() { plugn trigger pre-release-builder dockerfile "$app" "$image" </dev/null; }

# The first word an app says behind a public port: its version; nothing when it is closed.
version_at() {
  # shellcheck disable=SC2016 # the inner shell's
  timeout 5 bash -c 'read -r _ version _ <"/dev/tcp/127.0.0.1/$1" && echo "$version"' - "$1" \
    2>/dev/null
}
serves() { [[ $(version_at "$1") == "$2" ]]; }
listens() { [[ -n $(ss -Hltn "sport = :$1") ]]; }
is_closed() { [[ -z $(ss -Hltn "sport = :$1") ]]; }
# Which kernel socket listens: the same inode is the same listener.
listener_of() { ss -Hltne "sport = :$1" | grep -o 'ino:[0-9]*' | sort | paste -sd ' '; }
