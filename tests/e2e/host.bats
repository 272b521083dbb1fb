#!/usr/bin/env bats
# The scratch host itself: what it imitates must be as a real Dokku host does it, else every other
# test proves nothing. No plugin of ours runs here, only hooks written by the tests.

load helpers

setup_file() {
  # Outside of any host: these images are shared by the tests of this file.
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

setup() {
  plugin=$BATS_TEST_TMPDIR/plugin
  mkdir -p "$plugin/subcommands"
  printf '[plugin]\ndescription = "a test"\nversion = "1"\n\n[plugin.config]\n' \
    >"$plugin/plugin.toml"
  app=$(unique app)
}

teardown() {
  host_down
}

up() { host_up --plugin "$plugin" "$@"; }

# add_hook PLUGIN HOOK: body on stdin; PLUGIN is made and enabled when it is not there.
add_hook() {
  local dir=$PLUGIN_AVAILABLE_PATH/$1
  if [[ ! -d $dir ]]; then
    mkdir -p "$dir/subcommands"
    cp "$plugin/plugin.toml" "$dir/plugin.toml"
    ln -s "$dir" "$PLUGIN_ENABLED_PATH/$1"
  fi
  { printf '#!/usr/bin/env bash\n' && cat; } >"$dir/$2"
  chmod 0755 "$dir/$2"
}

deploy_v1() {
  dokku apps:create "$app" >/dev/null
  dokku git:from-image "$app" "$APP_V1" >/dev/null
}

# First words of the lines in the trace: the triggers that were fired.
traced() { cut -f 1 "$HOST/trace.log"; }

container_names() {
  docker container ls --all --filter "label=$SCRATCH_HOST_LABEL" --format '{{.Names}}' | sort
}

ip_of() {
  docker container inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"
}

# What the app at an address says first.
greeting() {
  # shellcheck disable=SC2016 # the inner shell's
  timeout 5 bash -c 'read -r line <"/dev/tcp/$1/5000" && echo "$line"' greeting "$1"
}

exited() { [[ $(docker container inspect --format '{{.State.Status}}' "$1") == exited ]]; }

gone() { ! docker container inspect "$1" >/dev/null 2>&1; }

# --- up and down ---

@test "up: core plugins are double links, ours is a real directory, in each placement" {
  up --as netports
  [ "$(readlink "$PLUGIN_ENABLED_PATH/network")" = "$PLUGIN_AVAILABLE_PATH/network" ]
  [ "$(readlink "$PLUGIN_AVAILABLE_PATH/network")" = "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  [ -d "$PLUGIN_CORE_AVAILABLE_PATH/network" ] && [ ! -L "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  [ -d "$PLUGIN_AVAILABLE_PATH/netports" ] && [ ! -L "$PLUGIN_AVAILABLE_PATH/netports" ]
  host_down
  up --as takeover
  [ "$(readlink "$PLUGIN_ENABLED_PATH/network")" = "$PLUGIN_AVAILABLE_PATH/netports" ]
  [ "$(readlink "$PLUGIN_ENABLED_PATH/netports")" = "$PLUGIN_AVAILABLE_PATH/netports" ]
  [ -d "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  host_down
  up --as network
  [ -d "$PLUGIN_AVAILABLE_PATH/network" ] && [ ! -L "$PLUGIN_AVAILABLE_PATH/network" ]
  [ ! -e "$PLUGIN_CORE_AVAILABLE_PATH/network" ] && [ ! -e "$PLUGIN_ENABLED_PATH/netports" ]
}

@test "up: prints only exports; install is fired once, with no argument" {
  up --trace
  [ "$(cat "$HOST/trace.log")" = "install	$PWD	/dev/null	" ]
  [ "$(command -v dokku)" = "$HOST/bin/dokku" ]
  run3 "$repository/tests/host/up" "$HOST" --plugin "$plugin"
  expect 1 "" "There is a host in $HOST already: run tests/host/down first"
}

@test "down: leaves no process, container, network, image or file, and may be run twice" {
  up
  export SCRATCH_WAIT_TO_RETIRE=60
  deploy_v1
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  docker network create --label "$SCRATCH_HOST_LABEL" "$app" >/dev/null
  retirement=$(cut -d ' ' -f 1 "$HOST"/run/processes/retire-*)
  kill -0 "$retirement"
  label=$SCRATCH_HOST_LABEL
  run3 "$repository/tests/host/down" "$HOST"
  expect 0
  run ! kill -0 "$retirement"
  [ -z "$(docker container ls --all --quiet --filter "label=$label")" ]
  [ -z "$(docker network ls --quiet --filter "label=$label")" ]
  [ -z "$(docker image ls --all --quiet --filter "label=$label")" ]
  [ ! -e "$HOST" ]
  run3 "$repository/tests/host/down" "$HOST"
  expect 0
}

# --- plugn ---

@test "plugn: needs PLUGIN_PATH" {
  up
  run3 env -u PLUGIN_PATH plugn trigger anything
  expect 2 "" "!! PLUGIN_PATH is not set in environment"
}

@test "plugn trigger: name order, one stdin for all, first failure ends with its status" {
  up
  add_hook aa thing <<<'echo "aa $*"; head -c 3 >/dev/null'
  add_hook bb thing <<<'echo "bb $(cat)"'
  add_hook cc thing <<<'echo "cc <$(cat)>" >&2; exit 7'
  add_hook dd thing <<<'echo never'
  run3 plugn trigger thing 'one two' three < <(printf 'abcdef')
  expect 7 "$(printf 'aa one two three\nbb def')" "cc <>"
  run3 plugn trigger nobody-has-this
  expect 0
}

@test "plugn trigger: a hook that is not executable is named and skipped" {
  up
  add_hook aa thing <<<'echo aa'
  add_hook bb thing <<<'echo bb'
  chmod -x "$PLUGIN_AVAILABLE_PATH/aa/thing"
  run3 plugn trigger thing
  expect 0 "bb" "Trigger 'thing' is not executable, skipping plugin (aa)"
}

@test "plugn trigger: without [plugin.config] there is noise, yet the hook runs" {
  up
  add_hook aa thing <<<'echo aa'
  printf '[plugin]\ndescription = "x"\n' >"$PLUGIN_AVAILABLE_PATH/aa/plugin.toml"
  run3 plugn trigger thing
  [ "$status" -eq 0 ] && [ "$stdout" = $'aa\n' ] && [[ $stderr == panic:* ]]
}

@test "plugn trigger: keys of [plugin.config] become CONFIG_*, their values are no defaults" {
  up
  add_hook my-one thing <<<'echo "${CONFIG_SOME_KEY-unset}/${CONFIG_OTHER-unset}"'
  printf '[plugin]\nversion = "1"\n[plugin.config]\nsome-key = "d"\nother = "d"\n' \
    >"$PLUGIN_AVAILABLE_PATH/my-one/plugin.toml"
  MY_ONE_SOME_KEY=given run3 plugn trigger thing
  expect 0 "given/"
}

@test "plugn trigger: backslash escapes in the environment take effect" {
  up
  add_hook aa thing <<<'printf "%s\n" "$VALUE"'
  VALUE='a\tb $x "q"' run3 plugn trigger thing
  expect 0 "$(printf 'a\tb $x "q"')"
}

# --- dispatch ---

@test "dokku: what nobody knows is no command" {
  up
  run3 dokku nobody:has this
  expect 1 "" "$(printf ' !     `nobody:has this` is not a dokku command.\n%s' \
    ' !     See `dokku help` for a list of available commands.')"
}

@test "dokku: a subcommand gets the whole word and the caller's stdin; its status is dokku's" {
  up
  add_hook aa subcommands/sub <<<'printf "<%s>" "$@"; echo; cat; echo err >&2; exit 42'
  add_hook aa subcommands/default <<<'printf "default <%s>" "$@"; echo'
  run3 dokku aa:sub 'x y' --z < <(echo in)
  expect 42 "$(printf '<aa:sub><x y><--z>\nin')" "err"
  run3 dokku aa one
  expect 0 "default <aa>default <one>"
}

@test "dokku: every commands file is asked; 0 goes on, 10 is not mine, others end it" {
  up
  add_hook aa commands <<<'[[ $1 == word ]] && echo aa && exit 0; exit 10'
  add_hook bb commands <<<'[[ $1 == word ]] && echo bb && exit 0; exit 10'
  run3 dokku word
  expect 0 "$(printf 'aa\nbb')"
  add_hook ab commands <<<'exit 5'
  run3 dokku word
  expect 5 "aa"
}

@test "dokku: --app is inserted for core plugins only" {
  up
  add_hook aa subcommands/sub <<<'printf "<%s>" "$@"; echo " $DOKKU_APP_NAME"'
  run3 dokku --app "$app" aa:sub x
  expect 0 "<aa:sub><x> $app"
  run3 dokku --app "$app" apps:create
  expect 0 "-----> Creating $app..."
}

@test "dokku: global flags are exported from anywhere and removed only in front" {
  up
  add_hook aa subcommands/sub \
    <<<'printf "<%s>" "$@"; echo " ${DOKKU_QUIET_OUTPUT-}${DOKKU_TRACE-}"'
  run3 dokku --quiet aa:sub
  expect 0 "<aa:sub> 1"
  run3 dokku aa:sub --quiet --trace
  expect 0 "<aa:sub><--quiet><--trace> 11"
}

@test "dokku: a user-auth hook can deny, and shares stdin with the command" {
  up
  add_hook aa user-auth <<<'[[ $3 != apps:list ]] || exit 3; head -c 2 >/dev/null'
  add_hook aa subcommands/sub <<<'cat'
  run3 dokku apps:list
  expect 1 "" " !     Access denied"
  run3 dokku aa:sub < <(echo abcd)
  expect 0 "cd"
}

@test "dokku help: core lines are filtered and sorted, other plugins' are not" {
  up
  add_hook zz commands <<'HOOK'
[[ $1 == help ]] || exit 10
echo
echo "    zz:sub <arg>, Does things"
[[ $(tr '\0' ' ' <"/proc/$PPID/cmdline") != *--all* ]] || echo "    zz:all, Was asked for"
HOOK
  run3 dokku help
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [[ $stdout == *"    apps  "*"Manage apps"*"Community plugin commands:"*"    zz:sub <arg>"* ]]
  [[ $stdout != *apps:create* && $stdout != *zz:all* ]]
  run3 dokku help --all
  [[ $stdout == *"    apps:create <app>  "*"Create a new app"*"zz:all"* ]]
}

# --- apps ---

@test "apps: create, exists, list and their errors" {
  up --trace
  run3 dokku apps:list
  expect 0 "" " !     You haven't deployed any applications yet"
  run3 dokku apps:create "$app"
  expect 0 "-----> Creating $app..."
  [ "$(tail -n 1 "$HOST/trace.log")" = "post-create	$PWD	/dev/null	$app" ]
  run3 dokku apps:create "$app"
  expect 1 "" " !     Name is already taken"
  run3 dokku apps:create Upper
  expect 1 "" " !     App name must begin with lowercase alphanumeric character, and may only\
 contain lowercase alphanumerics, dots, and hyphens"
  run3 dokku apps:list
  expect 0 "$(printf '=====> My Apps\n%s' "$app")"
  run3 dokku apps:exists nosuch
  expect 20 "" " !     App nosuch does not exist"
}

@test "apps:destroy: what counts as confirmation" {
  up
  dokku apps:create "$app"
  warning=$(printf ' !     %s\n' "WARNING: Potentially Destructive Action" \
    "This command will destroy app $app." "To proceed, type \"$app\"")
  run3 dokku apps:destroy "$app" </dev/null
  [ "$status" -eq 1 ] && [ "$stdout" = "> " ] && [ "$stderr" = "$warning"$'\n !     EOF\n' ]
  run3 dokku apps:destroy "$app" < <(echo)
  [ "$status" -eq 1 ] && [ "$stderr" = "$warning"$'\n !     unexpected newline\n' ]
  run3 dokku apps:destroy "$app" < <(echo "$app $app")
  [ "$status" -eq 1 ] && [ "$stderr" = "$warning"$'\n !     expected newline\n' ]
  run3 dokku apps:destroy "$app" < <(echo other)
  [ "$status" -eq 1 ]
  [ "$stderr" = "$warning"$'\nConfirmation did not match test. Aborted.\n' ]
  run3 dokku apps:destroy "$app" < <(printf '  %s' "$app")
  [ "$status" -eq 0 ] && [ "$stderr" = "$warning"$'\n' ]
  [[ $stdout == "> -----> Destroying $app (including all add-ons)"$'\n'* ]]
  [ ! -e "$DOKKU_ROOT/$app" ]
}

@test "apps: order of triggers in clone, rename and destroy; what is copied" {
  up --trace
  dokku apps:create "$app"
  echo 25:5025 >"$DOKKU_ROOT/$app/PORTS"
  printf '%064d\n' 1 >"$DOKKU_ROOT/$app/CONTAINER.web.1"
  : >"$HOST/trace.log"
  run3 dokku apps:clone "$app" "$app-2"
  expect 0 "$(printf -- '-----> Cloning %s to %s\n-----> Creating %s...' "$app" "$app-2" "$app-2")"
  [ "$(traced | paste -sd ' ')" = "post-create post-app-clone-setup receive-app post-app-clone" ]
  [ "$(cat "$DOKKU_ROOT/$app-2/PORTS")" = 25:5025 ]
  [ ! -e "$DOKKU_ROOT/$app-2/CONTAINER.web.1" ]
  : >"$HOST/trace.log"
  run3 dokku apps:rename "$app" "$app-3"
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [ "$(traced | grep -v get-property | paste -sd ' ')" = "post-create post-app-rename-setup \
pre-delete scheduler-stop scheduler-post-delete post-delete scheduler-retire receive-app \
post-app-rename" ]
  [ -e "$DOKKU_ROOT/$app-3/CONTAINER.web.1" ]
  [ ! -e "$DOKKU_ROOT/$app" ]
}

@test "apps: a failing post-create fails the creation and leaves the directory" {
  up
  add_hook aa post-create <<<'echo no >&2; exit 4'
  run3 dokku apps:create "$app"
  expect 4 "-----> Creating $app..." "no"
  [ -d "$DOKKU_ROOT/$app" ]
}

@test "a Go caller waits for the hook's pipes, not only for the hook" {
  up
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  # The child of the hook ends when the fifo is written; until then the command cannot return.
  add_hook aa post-create <<<"cat '$BATS_TEST_TMPDIR/fifo' & exit 0"
  dokku apps:create "$app" >/dev/null 3>&- &
  caller=$!
  wait_until 5 test -d "$DOKKU_ROOT/$app"
  wait_until 5 pgrep -f "cat $BATS_TEST_TMPDIR/fifo"
  kill -0 "$caller"
  echo >"$BATS_TEST_TMPDIR/fifo"
  wait "$caller"
}

# --- deploy ---

@test "git:from-image: texts, triggers in order, state files, container" {
  up --trace
  dokku apps:create "$app" >/dev/null
  : >"$HOST/trace.log"
  run3 dokku git:from-image "$app" "$APP_V1" </dev/null
  expect 0 "-----> Generating build context
-----> Image exists on host, skipping pull
-----> Cleaning up...
-----> Building $app from Dockerfile
-----> Releasing $app...
-----> Deploying $app via the docker-local scheduler...
-----> Deploying web (count=1)
       Attempting pre-flight checks (web.1)
-----> Running post-deploy
=====> Application deployed:
       http://$app.scratch.invalid
"
  [ "$(traced | grep -vE 'get|scale|network-c|network-b' | paste -sd ' ')" = \
    "core-post-extract post-extract pre-receive-app pre-build docker-args-build\
 docker-args-process-build post-build pre-release-builder post-release-builder docker-args-deploy\
 docker-args-process-deploy docker-args-deploy docker-args-process-deploy post-container-create\
 check-deploy network-write-ipaddr network-write-port scheduler-post-deploy-process\
 core-post-deploy post-deploy scheduler-deploy" ]

  cid=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  ip=$(ip_of "$cid")
  [ "$(stat -c %s "$DOKKU_ROOT/$app/CONTAINER.web.1")" -eq 65 ]
  [ "$(stat -c %s "$DOKKU_ROOT/$app/IP.web.1")" -eq "${#ip}" ]
  [ "$(stat -c %s "$DOKKU_ROOT/$app/PORT.web.1")" -eq 4 ]
  [ "$(container_names)" = "$app.web.1" ]
  [ "$(docker container inspect --format \
    '{{index .Config.Labels "com.dokku.dyno"}} {{.HostConfig.RestartPolicy.Name}}' "$cid")" = \
    "web.1 on-failure" ]
  [[ $(docker container inspect --format '{{.Config.Env}}' "$cid") == *"DYNO=web.1 PORT=5000"* ]]
  [[ $(greeting "$ip") == "hello v1 "* ]]
  [ "$(cat "$HOST/run/upstreams/$app")" = "$ip:5000" ]

  # Arguments: once without a number (only a probe), then one call per container.
  [ "$(grep ^docker-args-deploy "$HOST/trace.log" | cut -f 4- | paste -sd '|')" = \
    "$app	latest	web|$app	latest	web	1" ]
  [ "$(grep ^docker-args-process-deploy "$HOST/trace.log" | cut -f 4- | paste -sd '|')" = \
    "$app	dockerfile	latest	web|$app	dockerfile	latest	web	1" ]
  [ "$(grep ^post-container-create "$HOST/trace.log" | cut -f 4-)" = \
    "app	$cid	$app	deploy	web" ]
  [ "$(grep ^check-deploy "$HOST/trace.log" | cut -f 4-)" = "$app	$cid	web	5000	$ip	1" ]
  [ "$(grep ^post-deploy "$HOST/trace.log" | cut -f 4-)" = "$app			latest" ]
  # stdin: a closed pipe, /dev/null, the rest of the scale, the caller's.
  [[ $(grep ^docker-args-deploy "$HOST/trace.log" | cut -f 3 | tail -n 1) == pipe:* ]]
  [[ $(grep ^check-deploy "$HOST/trace.log" | cut -f 3) == /dev/null ]]
  [[ $(grep ^scheduler-post-deploy-process "$HOST/trace.log" | cut -f 3) == pipe:* ]]
  [[ $(grep ^post-deploy "$HOST/trace.log" | cut -f 3) == /dev/null ]]
  # Hooks of a build run in the source tree, which is gone afterwards.
  [[ $(grep ^post-extract "$HOST/trace.log" | cut -f 2) == /tmp/dokku-* ]]
  [ ! -e "$(grep ^post-extract "$HOST/trace.log" | cut -f 2)" ]

  run3 dokku git:from-image "$app" "$APP_V1"
  [ "$status" -eq 1 ] && [ "$stderr" = " !     No changes detected, skipping git commit"$'\n' ]
}

@test "redeploy: the old container gets SIGTERM at once and is renamed, then retired" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook zz post-deploy <<<"docker container inspect -f '{{.State.Status}}' $old >'$HOST/seen'"
  run3 dokku git:from-image "$app" "$APP_V2"
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [[ $stdout == *"       Scheduling old container shutdown in 1 seconds (web.1)
"*"-----> Running post-deploy
-----> Shutting down old containers in 1 seconds
"* ]]
  # Still running during post-deploy, ended by the signal right after it: it has no connection.
  [ "$(cat "$HOST/seen")" = running ]
  wait_until 5 exited "$old"
  [[ $(container_names | paste -sd ' ') =~ ^$app.web.1\ $app.web.1.[0-9]+$ ]]
  [[ $(greeting "$(<"$DOKKU_ROOT/$app/IP.web.1")") == "hello v2 "* ]]
  # ps:retire removes what is past its time.
  sed -i 's/ [0-9]*$/ 1/' "$DOKKU_LIB_ROOT/data/scheduler-docker-local/dead-containers"
  run3 dokku ps:retire
  expect 0
  gone "$old"
}

@test "redeploy: an open connection outlives the deploy until the hard stop" {
  up
  deploy_v1
  coproc client { exec socat - "TCP:$(<"$DOKKU_ROOT/$app/IP.web.1"):5000"; }
  read -r -t 5 -u "${client[0]}" line
  [[ $line == "hello v1 "* ]]
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  old=$(container_names | grep 'web.1\.')
  echo hi >&"${client[1]}"
  read -r -t 5 -u "${client[0]}" line
  [ "$line" = "v1: hi" ]
  wait_until 10 exited "$old"
}

@test "a hook that reads stdin inside the scale loop loses the other process types" {
  up
  dokku apps:create "$app" >/dev/null
  dokku ps:scale "$app" web=1 worker=1 >/dev/null
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")
  add_hook zz scheduler-post-deploy-process <<<'cat >/dev/null'
  run3 dokku ps:rebuild "$app"
  [ "$status" -eq 0 ] && [[ $stdout == *"Deploying web "* && $stdout != *"Deploying worker "* ]]
  # ... and still their old containers are ended.
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")" = "$old" ]
  wait_until 10 exited "$old"
}

@test "docker arguments: split as xargs does; an unmatched quote swallows the whole command" {
  up
  add_hook zz docker-args-deploy <<<'cat; printf " --label \"a=c  d\" --label q=\\\$x"'
  dokku apps:create "$app" >/dev/null
  dokku config:set --no-restart "$app" "SAID=it's  \"so\"" >/dev/null
  dokku git:from-image "$app" "$APP_V1" >/dev/null
  labels=$(docker container inspect --format '{{json .Config}}' "$app.web.1")
  [[ $labels == *'"a":"c  d"'* && $labels == *'"q":"$x"'* ]]
  [[ $labels == *"SAID=it's  \\\"so\\\""* ]]
  add_hook zz docker-args-deploy <<<"cat; printf \" --label it's\""
  run3 dokku ps:restart "$app"
  [ "$status" -ne 0 ] && [[ $stderr == *"unmatched single quote"* ]]
  [ "$(container_names)" = "$app.web.1" ]
}

@test "docker arguments: a failing hook aborts the deploy before anything is created" {
  up
  deploy_v1
  add_hook zz docker-args-process-deploy <<<'echo bad >&2; exit 9'
  run3 dokku ps:restart "$app"
  [ "$status" -eq 9 ] && [ "$stderr" = $'bad\n' ]
  [ "$(container_names)" = "$app.web.1" ]
}

@test "failure in post-container-create: the container stays behind, the old one serves" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook zz post-container-create <<<'exit 6'
  run3 dokku ps:restart "$app"
  [ "$status" -eq 6 ]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" = "$old" ]
  left=$(container_names | grep upcoming)
  [ "$(docker container inspect --format '{{.State.Status}}' "$left")" = created ]
  [[ $(greeting "$(ip_of "$old")") == "hello v1 "* ]]
}

@test "failure in check-deploy: the new container is stopped, post-deploy is not fired" {
  up --trace
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  : >"$HOST/trace.log"
  add_hook zz check-deploy <<<'echo "not well" >&2; exit 3'
  run3 dokku git:from-image "$app" "$APP_V2"
  [ "$status" -eq 3 ] && [ "$stderr" = $'not well\n' ]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" = "$old" ]
  exited "$(container_names | grep upcoming)"
  run ! grep -q post-deploy "$HOST/trace.log"
  grep -q ^scheduler-register-retired "$HOST/trace.log"
}

@test "failure in core-post-deploy: state points at the new container, post-deploy is not fired" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook network2 core-post-deploy <<<'exit 8' # before scheduler-docker-local renames
  add_hook zz post-deploy <<<"touch '$HOST/fired'"
  run3 dokku ps:restart "$app"
  [ "$status" -eq 8 ]
  [ ! -e "$HOST/fired" ]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" != "$old" ]
  [[ $(container_names | paste -sd ' ') =~ ^$app.web.1\ $app.web.1.upcoming-[0-9]+$ ]]
  [ "$(docker container inspect --format '{{.State.Running}}' "$old")" = true ]
  grep -q "^$app $old " "$DOKKU_LIB_ROOT/data/scheduler-docker-local/dead-containers"
}

@test "failure in pre-release-builder: nothing is deployed; post-extract cannot refuse" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook zz pre-release-builder <<<'echo "$*"; exit 5'
  add_hook zz post-extract <<<'exit 5'
  run3 dokku git:from-image "$app" "$APP_V2"
  [ "$status" -eq 5 ] && [[ $stdout == *"-----> Releasing $app..."$'\n'"dockerfile $app dokku/$app:latest"$'\n' ]]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" = "$old" ]
  [ "$(container_names)" = "$app.web.1" ]
}

@test "pre-deploy: fired only when a plugin has it, with a complaint each time" {
  up
  add_hook zz pre-deploy <<<'echo "pre-deploy $*"'
  dokku apps:create "$app" >/dev/null
  run3 dokku git:from-image "$app" "$APP_V1"
  [ "$status" -eq 0 ] && [[ $stdout == *"pre-deploy $app latest"* ]]
  [ "$stderr" = " !     Deprecated: please upgrade plugin to use 'pre-release-builder' plugin trigger instead of pre-deploy"$'\n' ]
}

@test "checks:disable stops the old container before the new one starts" {
  up --trace
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  run3 dokku checks:disable "$app"
  expect 0 "-----> Disabling zero downtime for app ($app)"
  : >"$HOST/trace.log"
  run3 dokku ps:restart "$app"
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [[ $stdout == *"       Zero downtime is disabled, stopping currently running containers  (web)
       Stopping $old (web)"* && $stdout != *pre-flight* ]]
  run ! grep -q ^check-deploy "$HOST/trace.log"
  exited "$old"
  dokku checks:enable "$app" >/dev/null
  run3 dokku ps:restart "$app"
  [[ $stdout == *"pre-flight checks (web.1)"* ]]
}

@test "ps:scale: only changed types are deployed; surplus containers are orphans" {
  up
  dokku apps:create "$app" >/dev/null
  run3 dokku ps:scale "$app" web=2 worker=1
  expect 0 "-----> Scaling $app processes: web=2 worker=1"
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  [ "$(cd "$DOKKU_ROOT/$app" && echo CONTAINER.* PORT.*)" = \
    "CONTAINER.web.1 CONTAINER.web.2 CONTAINER.worker.1 PORT.web.1 PORT.web.2" ]
  [ "$(plugn trigger ps-current-scale "$app"; echo .)" = $'web=2\nworker=1.' ]
  worker=$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")
  run3 dokku ps:scale "$app" web=1 worker=1
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [[ $stdout == *"       Scheduling orphaned container shutdown in 1 seconds (web.2)"* ]]
  [[ $stdout != *"Deploying worker"* ]]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")" = "$worker" ]
  [ "$(cd "$DOKKU_ROOT/$app" && echo CONTAINER.web.* IP.web.*)" = "CONTAINER.web.1 IP.web.1" ]
}

@test "ps:stop keeps the state files; ps:start releases and deploys; restore starts nothing stopped" {
  up --trace
  deploy_v1
  : >"$HOST/trace.log"
  run3 dokku ps:stop "$app"
  expect 0 "-----> Stopping $app"
  [ "$(traced | grep -v get-property | paste -sd ' ')" = "scheduler-stop post-stop" ]
  exited "$app.web.1"
  [ -e "$DOKKU_ROOT/$app/IP.web.1" ]
  : >"$HOST/trace.log"
  run3 dokku ps:restore
  expect 0
  [ "$(traced | head -n 1)" = pre-restore ]
  run ! grep -q ^pre-start "$HOST/trace.log"
  run3 dokku ps:start "$app"
  [ "$status" -eq 0 ]
  [ "$stderr" = " !     App has been detected as not running, releasing"$'\n' ]
  [[ $(greeting "$(<"$DOKKU_ROOT/$app/IP.web.1")") == "hello v1 "* ]]
  run3 dokku ps:start "$app"
  expect 0 "" " !     App $app already running"
}

@test "run: status and streams of the command, arguments from the hooks, nothing left" {
  up
  deploy_v1
  add_hook zz docker-args-process-run <<<'cat; printf " --env FROM_HOOK=yes"'
  add_hook zz post-container-create <<<'echo "$1 $3 $4" >&2'
  run3 dokku run "$app" sh -c 'echo "$FROM_HOOK"; exit 33'
  expect 33 "yes" "app $app run"
  [ "$(container_names)" = "$app.web.1" ]
}

@test "config:set and unset restart what is deployed" {
  up
  deploy_v1
  run3 dokku config:set "$app" NEW=1
  [ "$status" -eq 0 ] && [ -z "$stderr" ] && [[ $stdout == *"Deploying web (count=1)"* ]]
  [[ $(docker container inspect --format '{{.Config.Env}}' "$app.web.1") == *"NEW=1"* ]]
  run3 dokku config:get "$app" NEW
  expect 0 "1"
  run3 dokku config:unset --no-restart "$app" NEW
  expect 0 "-----> Unsetting NEW"
  run3 dokku config:get "$app" NEW
  expect 1
}

@test "one deploy at a time: the second is refused" {
  up
  deploy_v1
  exec {lock}>"$DOKKU_LIB_ROOT/data/apps/$app/.deploy.lock"
  flock "$lock"
  run3 dokku ps:restart "$app"
  expect 1 "-----> Restarting $app" \
    " !     $app currently has a deploy lock in place. Exiting..."
}

@test "as inside a push: refs on stdin reach post-deploy, one pipe for both outputs" {
  up
  add_hook zz post-deploy <<<'echo "refs: $(cat)"; echo to-stderr >&2'
  dokku apps:create "$app" >/dev/null
  SCRATCH_CALLER=git-hook run3 dokku git:from-image "$app" "$APP_V1"
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [[ $stdout =~ "refs: 0000000000000000000000000000000000000000 "[0-9a-f]{40}" refs/heads/master" ]]
  [[ $stdout == *to-stderr* ]]
}

@test "destroy and clone of a deployed app: containers go, the copy is built" {
  up
  deploy_v1
  run3 dokku apps:clone "$app" "$app-2"
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [ "$(container_names | paste -sd ' ')" = "$app-2.web.1 $app.web.1" ]
  run3 dokku --force apps:destroy "$app"
  expect 0 "-----> Destroying $app (including all add-ons)
-----> Cleaning up...
-----> Retiring old containers and images"
  [ "$(container_names)" = "$app-2.web.1" ]
  run3 dokku apps:rename "$app-2" "$app-3"
  [ "$status" -eq 0 ] && [ "$(container_names)" = "$app-3.web.1" ]
}

# --- plugin:* ---

@test "plugin:install from git: name, enable, install for all; update; uninstall" {
  up
  git init -q "$BATS_TEST_TMPDIR/dokku-extra"
  cd "$BATS_TEST_TMPDIR/dokku-extra"
  cp "$plugin/plugin.toml" .
  for hook in install update uninstall; do
    printf '#!/bin/sh\necho "extra %s <$*>"\n' "$hook" >"$hook"
  done
  chmod +x install update uninstall
  git add . && git -c user.name=t -c user.email=t@t commit -qm one
  add_hook zz install <<<'echo zz'
  url="file://$BATS_TEST_TMPDIR/dokku-extra"
  run3 dokku plugin:install "$url"
  expect 0 "-----> Cloning plugin repo $url to $PLUGIN_AVAILABLE_PATH/extra
-----> Plugin extra enabled
extra install <>
zz
-----> Priming bash-completion cache"
  run3 dokku plugin:install "$url"
  expect 1 "-----> Cloning plugin repo $url to $PLUGIN_AVAILABLE_PATH/extra
Plugin 'extra' is already installed." " !     Plugin already enabled"
  run3 dokku plugin:update extra
  expect 0 "$(printf -- '-----> Plugin extra updated\nextra update <>')"
  run3 dokku plugin:list
  [[ $stdout == *"  extra                1     enabled    a test"* ]]
  run3 dokku plugin:uninstall extra
  expect 0 "extra uninstall <extra>
-----> Plugin extra uninstalled
-----> Priming bash-completion cache"
  [ ! -e "$PLUGIN_AVAILABLE_PATH/extra" ]
}

@test "plugin:*: refusals" {
  up
  run3 dokku plugin:install nonsense
  expect 1 "" " !     First argument must be --core or url to plugin
 !     Valid prefixes: https:, git:, ssh:, file:
 !     Valid suffixes: .tar.gz, .tgz
 !     Please retry with valid arguments"
  run3 dokku plugin:enable netports
  expect 1 "" " !     Plugin already enabled"
  run3 dokku plugin:enable nosuch
  expect 1 "" " !     Plugin does not exist"
  run3 dokku plugin:disable network
  expect 1 "" " !     Cannot disable a core plugin"
  run3 dokku plugin:uninstall network
  expect 1 "" " !     Cannot uninstall a core plugin"
  run3 dokku plugin:update network
  expect 1 "" " !     Cannot trigger plugin:update against core plugin, please update Dokku instead"
  run3 dokku plugin:update a/b
  expect 1 "" " !     Invalid plugin name specified"
  run3 dokku plugin:trigger network-get-property "$app" bind-all-interfaces
  expect 0 "false"
}
