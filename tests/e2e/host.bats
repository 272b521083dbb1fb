#!/usr/bin/env bats
# The scratch host itself: plugn, dispatch, help, apps and plugin commands. What it imitates must be
# as a real Dokku host does it, else every other test proves nothing. No plugin of ours runs here,
# only hooks written by the tests.

load helpers
load empty_plugin

# --- up and down ---

@test "up: core plugins are double links, ours is a real directory, in each placement" {
  up --as netports
  [ "$(readlink "$PLUGIN_ENABLED_PATH/network")" = "$PLUGIN_AVAILABLE_PATH/network" ]
  [ "$(readlink "$PLUGIN_AVAILABLE_PATH/network")" = "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  [ -d "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  [ ! -L "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  [ -d "$PLUGIN_AVAILABLE_PATH/netports" ]
  [ ! -L "$PLUGIN_AVAILABLE_PATH/netports" ]
  host_down
  up --as takeover
  [ "$(readlink "$PLUGIN_ENABLED_PATH/network")" = "$PLUGIN_AVAILABLE_PATH/netports" ]
  [ "$(readlink "$PLUGIN_ENABLED_PATH/netports")" = "$PLUGIN_AVAILABLE_PATH/netports" ]
  [ -d "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  host_down
  up --as network
  [ -d "$PLUGIN_AVAILABLE_PATH/network" ]
  [ ! -L "$PLUGIN_AVAILABLE_PATH/network" ]
  [ ! -e "$PLUGIN_CORE_AVAILABLE_PATH/network" ]
  [ ! -e "$PLUGIN_ENABLED_PATH/netports" ]
}

@test "up: prints only exports; install is fired once, with no argument" {
  up --trace
  [ "$(cat "$HOST/trace.log")" = "install	$PWD	/dev/null	" ]
  [ "$(command -v dokku)" = "$HOST/bin/dokku" ]
  run3 "$repository/tests/host/up" "$HOST" --plugin "$plugin"
  expect 1 "" "There is a host in $HOST already: run tests/host/down first"
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
  [ "$status" -eq 0 ]
  [ "$stdout" = $'aa\n' ]
  [[ $stderr == panic:* ]]
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
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
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
  [ "$status" -eq 1 ]
  [ "$stdout" = "> " ]
  [ "$stderr" = "$warning"$'\n !     EOF\n' ]
  run3 dokku apps:destroy "$app" < <(echo)
  [ "$status" -eq 1 ]
  [ "$stderr" = "$warning"$'\n !     unexpected newline\n' ]
  run3 dokku apps:destroy "$app" < <(echo "$app $app")
  [ "$status" -eq 1 ]
  [ "$stderr" = "$warning"$'\n !     expected newline\n' ]
  run3 dokku apps:destroy "$app" < <(echo other)
  [ "$status" -eq 1 ]
  [ "$stderr" = "$warning"$'\nConfirmation did not match test. Aborted.\n' ]
  run3 dokku apps:destroy "$app" < <(printf '  %s' "$app")
  [ "$status" -eq 0 ]
  [ "$stderr" = "$warning"$'\n' ]
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
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
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
  expect 1 "-----> Creating $app..." "no
 !     no
"
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
