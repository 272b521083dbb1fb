#!/usr/bin/env bats
# From the PORTS file of an image to an open port, and everything that stops it on the way.
# shellcheck disable=SC2030,SC2031,SC2059

load helpers
load ports

setup_file() { ports_host_up; }
teardown_file() { ports_host_down; }
setup() { ports_app; }

nothing_staged() { [[ ! -e $DOKKU_ROOT/$app/PORTS.staged && ! -e $DOKKU_ROOT/$app/PORTS ]]; }
no_containers_left() {
  [[ -z $(docker ps --all --quiet --filter "label=com.dokku.image-file-for=$app") ]]
}

@test "a release serves its ports; CR is dropped, the last line without newline is not" {
  local second
  second=$(free_port)
  ports_image "# mail\r\n$port:5025\r\n\r\n$second:5143"
  run3 deploy
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $stdout == *"-----> Forwarding public ports of $app ($port, $second)"$'\n'* ]]
  serves "$port" v1
  serves "$second" v1
  cmp "$BATS_TEST_TMPDIR/PORTS" "$DOKKU_ROOT/$app/PORTS"
  [ ! -e "$DOKKU_ROOT/$app/PORTS.staged" ]
  no_containers_left
  # Nothing is published: the forwarder alone reaches the private port.
  [ -z "$(docker port "$app.web.1")" ]
}

@test "PORTS comes from the new image, not the running one; without PORTS all ports close" {
  local second first=$image
  second=$(free_port)
  ports_image "$port:5025"
  deploy >/dev/null
  image=$(unique ports-image):v2
  ports_image "$second:5025" --version v2
  deploy >/dev/null
  serves "$second" v2
  wait_until 5 is_closed "$port"
  image=$(unique ports-image):v3
  make_image "$image" --version v3
  deploy >/dev/null
  wait_until 5 is_closed "$second"
  [ ! -e "$DOKKU_ROOT/$app/PORTS" ]
  docker image rm --force "$first" >/dev/null
}

@test "a wrong PORTS file stops the release with one line, and changes nothing" {
  local text reason
  while IFS='|' read -r text reason; do
    ports_image "$text"
    run3 release
    expect 1 "" " !     PORTS:$reason"
    nothing_staged
  done <<CASES
foo:5025|1:1: "foo" is not a public port (1 to 65535)
25:5025 --privileged|1:9: "--privileged" is not an option (key=value)
\n25:65536|2:4: "65536" is not a private port (1 to 65535)
0:5025|1:1: "0" is not a public port (1 to 65535)
25:\$(reboot)|1:4: "\$(reboot)" is not a private port (1 to 65535)
25:1\n25:2|2:1: Public port 25 is taken by line 1 already
25:1\000|1:5: NUL byte
CASES
  no_containers_left
}

@test "#25:5025 is a comment, no path and no mapping" {
  ports_image "#25:5025\n"
  run3 release
  expect 0
  [ "$(cat "$DOKKU_ROOT/$app/PORTS.staged")" = "#25:5025" ]
}

@test "a refused release leaves the running one and its ports as they are" {
  ports_image "$port:5025"
  deploy >/dev/null
  image=$(unique ports-image):bad
  ports_image "$port:5025\nnonsense" --version bad
  run3 deploy
  [ "$status" -eq 1 ]
  [[ $stderr == *" !     PORTS:2:1: \"nonsense\" is not public:private"$'\n'* ]]
  serves "$port" v1
  [ "$(cat "$DOKKU_ROOT/$app/PORTS")" = "$port:5025" ]
  [ ! -e "$DOKKU_ROOT/$app/PORTS.staged" ]
}

@test "a symlink, a directory, a FIFO and a huge file called PORTS are refused" {
  local root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root"
  printf '22:22' >"$root/secret"
  ln -s secret "$root/PORTS"
  import_image "$root"
  run3 release
  expect 1 "" " !     Unable to read /PORTS in $image: It is a symlink"
  rm "$root/PORTS" && mkdir -p "$root/PORTS"
  import_image "$root"
  run3 release
  expect 1 "" " !     Unable to read /PORTS in $image: It is a directory"
  rmdir "$root/PORTS" && mkfifo "$root/PORTS"
  import_image "$root"
  run3 release
  expect 1 "" " !     Unable to read /PORTS in $image: It is not a regular file"
  rm "$root/PORTS" && head -c 3000000 /dev/zero >"$root/PORTS"
  import_image "$root"
  run3 release
  expect 1 "" " !     Unable to read /PORTS in $image: It is larger than 65536 bytes"
  nothing_staged
  no_containers_left
}

@test "PORTS lies in /app for herokuish, /workspace for CNB, else in the working directory" {
  local root=$BATS_TEST_TMPDIR/root directory
  for directory in app workspace srv/mail .; do
    mkdir -p "$root/$directory"
    echo "$port:5025 process=$(basename "${directory/./root}")" >"$root/$directory/PORTS"
  done
  import_image "$root" "ENV USER=herokuishuser" "WORKDIR /srv/mail"
  release
  [ "$(cat "$DOKKU_ROOT/$app/PORTS.staged")" = "$port:5025 process=app" ]
  import_image "$root" "LABEL io.buildpacks.stack.id=heroku-24" "WORKDIR /srv/mail"
  release
  [ "$(cat "$DOKKU_ROOT/$app/PORTS.staged")" = "$port:5025 process=workspace" ]
  import_image "$root" "WORKDIR /srv/mail"
  release
  [ "$(cat "$DOKKU_ROOT/$app/PORTS.staged")" = "$port:5025 process=mail" ]
  import_image "$root"
  release
  [ "$(cat "$DOKKU_ROOT/$app/PORTS.staged")" = "$port:5025 process=root" ]
}

@test "an image that is not there is one clear line" {
  image=nosuch-image:v1
  run3 release
  [ "$status" -eq 1 ]
  [ "$(wc -l <"$err_file")" -eq 1 ]
  [[ $stderr == " !     "*"nosuch-image"* ]]
}

@test "allowed-ports: 22, 80 and 443 are refused unless the app or the host allows them" {
  ports_image "22:5025"
  run3 release
  expect 1 "" " !     Public port 22 is not allowed for app $app: Property allowed-ports is 1-21,23-79,81-442,444-65535"
  nothing_staged
  dokku netports:set "$app" allowed-ports "$port" >/dev/null
  ports_image "$port:5025\n$((port + 1)):5025"
  run3 release
  expect 1 "" " !     Public port $((port + 1)) is not allowed for app $app: Property allowed-ports is $port"
  ports_image "$port:5025"
  run3 release
  expect 0
}

@test "a second app that claims a port is refused, and named the owner" {
  ports_image "$port:5025"
  deploy >/dev/null
  local owner=$app
  app=${owner}2 # the old plugin took app2's container for app's
  dokku apps:create "$app" >/dev/null
  ports_image "127.0.0.1:$port:5025"
  run3 release
  expect 1 "" " !     Public port 127.0.0.1:$port is taken by app $owner"
  nothing_staged
  run3 dokku netports:ports-set "$app" "$port:5025"
  expect 1 "" " !     Public port $port is taken by app $owner"
  serves "$port" v1
  # Releasing the owner again is no conflict with itself.
  app=$owner
  ports_image "$port:5025"
  run3 release
  expect 0
}

@test "of two releases at once that want the same port, one wins" {
  local first=$app second status_a=0 status_b=0
  second=$(unique pt)
  dokku apps:create "$second" >/dev/null
  ports_image "$port:5025"
  plugn trigger pre-release-builder dockerfile "$first" "$image" </dev/null \
    2>"$BATS_TEST_TMPDIR/a" 3>&- &
  local pid=$!
  plugn trigger pre-release-builder dockerfile "$second" "$image" </dev/null \
    2>"$BATS_TEST_TMPDIR/b" || status_b=$?
  wait "$pid" || status_a=$?
  [ $((status_a + status_b)) -eq 1 ]
  grep -q "Public port $port is taken by app" "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "a port that another program holds is a warning; it is served once it is free" {
  timeout 60 socat "TCP4-LISTEN:$port,fork" "EXEC:true" 3>&- &
  local holder=$!
  wait_until 5 listens "$port"
  ports_image "$port:5025"
  run3 release
  expect 0 "" " !     Public port $port of app $app is not free yet: Address already in use"
  deploy >/dev/null 2>&1
  kill "$holder"
  wait_until 40 serves "$port" v1
}

@test "check-deploy: a port nobody listens on fails the deploy, the old release serves on" {
  ports_image "$port:5025"
  deploy >/dev/null
  image=$(unique ports-image):deaf
  ports_image "$port:5999" --version deaf
  run3 deploy
  [ "$status" -ne 0 ]
  [[ $stderr == *" !     Container web.1 ("????????????") of app $app does not listen on port 5999 after 2 seconds"$'\n'* ]]
  serves "$port" v1
  [ "$(cat "$DOKKU_ROOT/$app/PORTS")" = "$port:5025" ]
}

@test "check-deploy: a container that ended fails at once; other process types are not asked" {
  echo "$port:5025 process=mail" >"$DOKKU_ROOT/$app/PORTS"
  local cid
  cid=$(docker create --label "$SCRATCH_HOST_LABEL" "$(docker images --quiet | head -n 1)" true)
  run3 "$PLUGIN_ENABLED_PATH/netports/check-deploy" "$app" "$cid" web 5000 127.0.0.1 1
  expect 0
  run3 "$PLUGIN_ENABLED_PATH/netports/check-deploy" "$app" "$cid" mail 5000 127.0.0.1 1
  docker rm "$cid" >/dev/null
  expect 1 "" " !     Container mail.1 (${cid:0:12}) is not running: It has state created"
  run3 "$PLUGIN_ENABLED_PATH/netports/check-deploy" "$app" "$cid" mail 5000 127.0.0.1 1
  expect 1 "" " !     Container mail.1 (${cid:0:12}) is gone"
}

@test "without the daemon a release fails, a finished deploy only warns" {
  ports_image "$port:5025"
  deploy >/dev/null
  host_daemon stop
  run3 release
  local release_status=$status release_error=$stderr
  run3 plugn trigger post-deploy "$app" "" "" latest
  host_daemon start
  [ "$release_status" -eq 1 ]
  [ "$release_error" = " !     The forwarder does not answer on $DOKKU_PORTS_SOCKET: No such file or directory"$'\n' ] ||
    [ "$release_error" = " !     The forwarder does not answer on $DOKKU_PORTS_SOCKET: Connection refused"$'\n' ]
  [ "$status" -eq 0 ]
  [ "$(wc -l <"$err_file")" -eq 1 ]
  [[ $stderr == " !     Public ports of app $app are not forwarded ($port): The forwarder does not answer on "* ]]
}

@test "apps without public ports: every hook is silent, also without the daemon" {
  make_image "$image"
  host_daemon stop
  local hook failed=""
  for hook in "post-create $app" "post-build dockerfile $app /tmp" \
    "pre-release-builder dockerfile $app $image" \
    "check-deploy $app 0123456789ab web 5000 127.0.0.1 1" "post-deploy $app '' '' latest" \
    "post-stop $app" "pre-start $app" "post-app-clone $app $app" "post-delete $app latest"; do
    [[ $hook != post-build* ]] || docker tag "$image" "dokku/$app:latest"
    # shellcheck disable=SC2086 # words are meant
    run3 "$PLUGIN_ENABLED_PATH/netports/"$hook
    [[ $status -eq 0 && -z $stdout && -z $stderr ]] || failed+="$hook: $status $stdout $stderr "
  done
  docker image rm "dokku/$app:latest" >/dev/null
  host_daemon start
  [ -z "$failed" ] || { echo "$failed" >&2 && false; }
}

@test "docker-args: as the old plugin, stdin in front, and nothing but numbers" {
  printf '25:5025\r\n143:5143' >"$DOKKU_ROOT/$app/PORTS"
  run3 bash -c "printf %s '--volume a:b ' | '$PLUGIN_ENABLED_PATH/netports/docker-args' '$app'"
  [ "$status" -eq 0 ]
  [ "$stdout" = "--volume a:b -p 5025 -p 5143 " ]
  [ -z "$stderr" ]
  echo '25:5025 --privileged' >"$DOKKU_ROOT/$app/PORTS"
  run3 "$PLUGIN_ENABLED_PATH/netports/docker-args" "$app" </dev/null
  expect 1 "" " !     Unable to use the ports of $app: PORTS:1:9: \"--privileged\" is not an option (key=value)"
}

@test "docker-args-process-deploy: publishes only when asked to, and only for the process type" {
  printf '25:5025\n26:5025\n143:5143 process=imap\n' >"$DOKKU_ROOT/$app/PORTS"
  local hook=$PLUGIN_ENABLED_PATH/netports/docker-args-process-deploy
  arguments() { printf %s '--init' | "$hook" "$app" dockerfile latest "$@"; }
  [ "$(arguments web 1)" = "--init" ]
  dokku netports:set "$app" forward-via published >/dev/null
  [ "$(arguments web 1)" = "--init -p 127.0.0.1::5025" ]
  [ "$(arguments imap 1)" = "--init -p 127.0.0.1::5143" ]
  [ "$(arguments other 1)" = "--init" ]
  [ "$(arguments)" = "--init" ]
  mkdir -p "$DOKKU_LIB_ROOT/config/network/$app"
  printf true >"$DOKKU_LIB_ROOT/config/network/$app/bind-all-interfaces"
  [ "$(arguments web 1)" = "--init -p 5025" ]
}

@test "forward-via published: the deploy passes its checks, and the port serves" {
  dokku netports:set "$app" forward-via published >/dev/null
  ports_image "$port:5025"
  run3 deploy
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $(docker port "$app.web.1" 5025) == 127.0.0.1:* ]]
  serves "$port" v1
}

@test "bin/pre-deploy does what pre-release-builder does, under the plugin's own name only" {
  ports_image "$port:5025"
  docker tag "$image" "dokku/$app:latest"
  cp "$PLUGIN_AVAILABLE_PATH/netports/bin/pre-deploy" "$PLUGIN_AVAILABLE_PATH/netports/pre-deploy"
  run3 "$PLUGIN_ENABLED_PATH/netports/pre-deploy" "$app" latest
  rm "$PLUGIN_AVAILABLE_PATH/netports/pre-deploy"
  docker image rm "dokku/$app:latest" >/dev/null
  expect 0
  [ "$(cat "$DOKKU_ROOT/$app/PORTS.staged")" = "$port:5025" ]
}
