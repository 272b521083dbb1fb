#!/usr/bin/env bats
# The plugin's own install, update and uninstall, as Dokku fires them.

load helpers

setup() { HOST=$BATS_TEST_TMPDIR/host; }

teardown() {
  if [[ -x ${service:-} ]]; then "$service" stop || true; fi
  host_down
}

# --- beside and in place of Dokku's own network plugin ---------------------------------------------

bind_of() { cat "$DOKKU_LIB_ROOT/config/network/$1/bind-all-interfaces"; }

set_bind() { # APP VALUE
  mkdir -p "$DOKKU_LIB_ROOT/config/network/$1"
  printf '%s' "$2" >"$DOKKU_LIB_ROOT/config/network/$1/bind-all-interfaces"
}

@test "install is silent and changes nothing when nothing has changed" {
  host_up --no-daemon
  own=$PLUGIN_PATH/available/netports
  list() { find "$own" "$DOKKU_LIB_ROOT/config/netports" -printf '%p %i %m %u %T@ %s\n' | sort; }
  before=$(list)
  run3 "$PLUGIN_PATH/enabled/netports/install"
  expect 0
  [[ $(list) == "$before" ]]
}

@test "install keeps apps from being published by Dokku's own install" {
  host_up --no-daemon
  mkdir "$DOKKU_ROOT"/{chose,never}
  set_bind chose true
  run3 dokku plugin:install
  [[ $status -eq 0 ]]
  grep -qx "       Keeping network property 'bind-all-interfaces' of never at false" "$out_file"
  [[ $(bind_of never) == false && $(bind_of chose) == true ]]
  run3 "$PLUGIN_PATH/enabled/netports/install"
  expect 0
}

@test "install writes down the global choice for apps without one of their own" {
  host_up --no-daemon
  set_bind --global true
  mkdir "$DOKKU_ROOT/never"
  run3 "$PLUGIN_PATH/enabled/netports/install"
  expect 0 "       Keeping network property 'bind-all-interfaces' of never at true"
  [[ $(bind_of never) == true ]]
}

@test "install never writes bind-all-interfaces when it has the network role itself" {
  for placement in takeover network; do
    HOST=$BATS_TEST_TMPDIR/$placement
    host_up --no-daemon --as "$placement"
    mkdir "$DOKKU_ROOT/never"
    run3 plugn trigger install
    expect 0
    [[ ! -e $DOKKU_LIB_ROOT/config/network/never ]]
    host_down
  done
}

# --- building in a checkout ------------------------------------------------------------------------

# A checkout with our install over two tiny programs, so that a build takes a moment.
make_checkout() {
  host_up --no-daemon
  own=$PLUGIN_PATH/available/netports
  rm -rf "$own"
  mkdir -p "$own"/{cmake,common,forwarder,subcommands,triggers,script,bin}
  cp "$repository"/{install,uninstall,plugin.toml,.gitignore} "$own/"
  cp -r "$repository/init" "$own/"
  cp "$repository"/script/{packages,from_source}.sh "$own/script/"
  # The compiled half that every run calls.
  cp "$repository"/build/plugin/bin/{install,uninstall} "$own/forwarder/"
  cp "$repository/build/plugin/update" "$own/forwarder/"
  cat >"$own/CMakePresets.json" <<'PRESETS'
{"version": 6, "configurePresets": [
  {"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build"}]}
PRESETS
  cat >"$own/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(tiny LANGUAGES NONE)
option(NETPORTS_TESTS "as in the real one" ON)
# "Compiles" SOURCE by checking that it is a shell script, or with anything else than .cpp not.
function(program source target)
  set(check true)
  if(source MATCHES "[.]cpp$")
    set(check sh -n ${CMAKE_SOURCE_DIR}/${source})
  endif()
  add_custom_command(OUTPUT plugin/${target} DEPENDS ${source} COMMAND ${check}
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/${source} plugin/${target})
  set_property(GLOBAL APPEND PROPERTY programs plugin/${target})
endfunction()
program(forwarder/install bin/install)
program(forwarder/uninstall bin/uninstall)
program(forwarder/update update)
file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} triggers/*.cpp subcommands/*.cpp)
foreach(source ${sources})
  string(REGEX REPLACE "^triggers/|[.]cpp$" "" target ${source})
  program(${source} ${target})
endforeach()
get_property(programs GLOBAL PROPERTY programs)
add_custom_target(everything ALL DEPENDS ${programs})
CMAKE
  program post-deploy triggers/post-deploy.cpp
  program say subcommands/say.cpp
  git -C "$own" init --quiet
  git -C "$own" add --all
  git -C "$own" -c user.name=t -c user.email=t@t commit --quiet --message first
}

program() { # WORD SOURCE
  printf '#!/bin/sh\necho %s\n' "$1" >"$own/$2"
  chmod 0755 "$own/$2"
}

installed() { "$PLUGIN_PATH/enabled/netports/install"; }

# expect_built EXECUTABLES: checks the last run3. How long it took is not the same each time.
expect_built() {
  stdout=$(sed -E 's/ in [0-9]+ s$/ in N s/' <<<"${stdout%$'\n'}")$'\n'
  expect 0 "-----> Building netports from source, which takes a minute or two
-----> Built netports: $1 executables in N s"
}

# Makes every source newer than all objects, as a fresh checkout does.
check_out_again() { find "$own" -path "$own/build" -prune -o -type f -name '*.*' -exec touch {} +; }

# built FILE: when the build made its copy of it.
built() { stat -c %.9Y "$own/build/plugin/$1"; }

@test "install builds what is absent, and git sees a clean checkout afterwards" {
  make_checkout
  run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == post-deploy && $("$own/subcommands/say") == say ]]
  [[ -z $(git -C "$own" status --porcelain) ]]
  run3 installed
  expect 0
}

# `dokku help` listed a plugin called `plugin`: Dokku looks for `commands` everywhere below enabled/.
@test "install leaves no file in the build tree that Dokku takes for a plugin's help" {
  make_checkout
  program help triggers/commands.cpp
  run3 installed
  expect_built 6
  [[ $(find -L "$PLUGIN_PATH/enabled/netports/" -name commands) == "$PLUGIN_PATH/enabled/netports/commands" ]]
  program changed triggers/commands.cpp
  run3 installed
  expect_built 6
  [[ $("$own/commands") == changed && ! -e $own/build/plugin/commands ]]
}

@test "install builds again when a source has changed, and removes what has no source any more" {
  make_checkout
  installed
  program changed triggers/post-deploy.cpp
  rm "$own/subcommands/say.cpp"
  program new subcommands/new.cpp
  run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == changed && $("$own/subcommands/new") == new ]]
  [[ ! -e $own/subcommands/say ]]
  rm "$own/subcommands/new"
  installed
  [[ $("$own/subcommands/new") == new ]]
}

@test "install keeps every executable of the last build when a build fails" {
  make_checkout
  installed
  program changed subcommands/say.cpp
  echo 'if then' >"$own/triggers/post-deploy.cpp"
  run3 installed
  [[ $status -eq 1 ]]
  grep -qx " !     Unable to build netports: see above, and all of it in $own/build/install.log" "$err_file"
  grep -qx " !     The executables of the last build stay in place" "$err_file"
  [[ $("$own/post-deploy") == post-deploy && $("$own/subcommands/say") == say ]]
  [[ -z $(find "$own" -maxdepth 2 -name '.*.new') ]]

  program mended triggers/post-deploy.cpp
  installed
  [[ $("$own/post-deploy") == mended && $("$own/subcommands/say") == changed ]]
}

@test "install shows how far the build is" {
  make_checkout
  source "$repository/script/from_source.sh"
  progress_seconds=0
  run3 show_progress < <(printf '%s\n' '-- Configuring done' '[1/2] a.cpp' 'a.cpp:1:2: [3/4]' '[2/2] b')
  expect 0 "       [1/2]
       [2/2]"
  run3 timeout 60 script --quiet --return --command "$PLUGIN_PATH/enabled/netports/install" /dev/null </dev/null
  [[ $status -eq 0 ]]
  [[ $stdout == *$'minute or two\r\n'*$'\r       [5/5] \r\e[K-----> Built netports: 5 executables in '* ]]
  grep -q '^\[5/5\] ' "$own/build/install.log"
}

@test "install builds nothing of a fresh checkout of the same sources" {
  make_checkout
  installed
  check_out_again
  run3 installed
  expect 0
}

@test "install builds only what a fresh checkout changes" {
  make_checkout
  installed
  check_out_again
  program changed triggers/post-deploy.cpp
  before=$(built subcommands/say)$(built update)
  run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == changed && $(built subcommands/say)$(built update) == "$before" ]]

  # And again, as the times that were given are those that count now.
  check_out_again
  program again triggers/post-deploy.cpp
  installed
  [[ $("$own/post-deploy") == again && $(built subcommands/say)$(built update) == "$before" ]]
}

@test "install builds a source that has changed and looks old" {
  make_checkout
  installed
  program changed triggers/post-deploy.cpp
  touch -d 2001-01-01 "$own/triggers/post-deploy.cpp"
  run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == changed ]]
}

# The objects are not those of the sources that install has seen, though the contents are.
@test "install builds what somebody else has built of other sources meanwhile" {
  make_checkout
  installed
  program other triggers/post-deploy.cpp
  cmake --build "$own/build" >/dev/null
  program post-deploy triggers/post-deploy.cpp
  program changed subcommands/say.cpp
  run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == post-deploy && $("$own/subcommands/say") == changed ]]
}

@test "install builds again what changes while it is built" {
  make_checkout
  installed
  program other triggers/post-deploy.cpp
  # The compiler reads "later"; the source is what it was when the build has ended.
  mkdir "$BATS_TEST_TMPDIR/path"
  cat >"$BATS_TEST_TMPDIR/path/cmake" <<CMAKE
#!/bin/sh
[ "\$1" = --build ] || exec $(command -v cmake) "\$@"
cp triggers/post-deploy.cpp saved
echo echo later >triggers/post-deploy.cpp
$(command -v cmake) "\$@"
cp saved triggers/post-deploy.cpp
rm saved
CMAKE
  chmod 0755 "$BATS_TEST_TMPDIR/path/cmake"
  PATH=$BATS_TEST_TMPDIR/path:$PATH run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == later ]]
  run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == other ]]
}

# The source has its old contents and its old time; the object is of others.
@test "install builds a source that was put back with its old time" {
  make_checkout
  installed
  cp -p "$own/subcommands/say.cpp" "$BATS_TEST_TMPDIR/say.cpp"
  program other subcommands/say.cpp
  cmake --build "$own/build" >/dev/null
  mv "$BATS_TEST_TMPDIR/say.cpp" "$own/subcommands/say.cpp"
  program changed triggers/post-deploy.cpp
  run3 installed
  expect_built 5
  [[ $("$own/subcommands/say") == say && $("$own/post-deploy") == changed ]]
}

@test "install builds when what a source links to has changed" {
  make_checkout
  mv "$own/triggers/post-deploy.cpp" "$own/linked"
  ln -s ../linked "$own/triggers/post-deploy.cpp"
  installed
  program changed linked
  run3 installed
  expect_built 5
  [[ $("$own/post-deploy") == changed ]]
}

@test "an install that is killed while it places executables leaves no mixture" {
  local line=1 n=0
  make_checkout
  installed
  cat >"$BATS_TEST_TMPDIR/killer" <<'KILLER'
set -T
lines=0
trap 'case " ${FUNCNAME[*]} " in
  *" stage "*) ((++lines != KILL_AT)) || kill -KILL $$ ;;
esac' DEBUG
KILLER
  while true; do
    program "changed-$((++n))" triggers/post-deploy.cpp
    program "say-$n" subcommands/say.cpp
    status=0
    KILL_AT=$line BASH_ENV=$BATS_TEST_TMPDIR/killer installed >/dev/null 2>&1 3>&- || status=$?
    [[ $status -eq 137 ]] || break
    program post-deploy triggers/post-deploy.cpp
    program say subcommands/say.cpp
    installed >/dev/null
    [[ $("$own/post-deploy") == post-deploy && $("$own/subcommands/say") == say ]]
    ((line += 7))
  done
  [[ $status -eq 0 && $n -gt 5 ]]
}

@test "install uses nothing that another compiler has built, or that is from the future" {
  make_checkout
  installed
  echo another >"$own/build/.tools"
  before=$(built update)
  program one triggers/post-deploy.cpp
  installed
  [[ $(built update) != "$before" ]]
  before=$(built update)
  touch -d tomorrow "$own/build/plugin/post-deploy"
  program two triggers/post-deploy.cpp
  installed
  [[ $(built update) != "$before" && $("$own/post-deploy") == two ]]
}

# An end at many lines of a build; then the sources are what they were, in a fresh checkout.
@test "a build that is killed is made good by the next" {
  local line=1 n=0
  make_checkout
  installed
  cat >"$BATS_TEST_TMPDIR/killer" <<'KILLER'
set -T
lines=0
trap 'case " ${FUNCNAME[*]} " in
  *" build_and_stage "*) ((++lines != KILL_AT)) || kill -KILL $$ ;;
esac' DEBUG
KILLER
  while true; do
    program "changed-$((++n))" triggers/post-deploy.cpp
    status=0
    # What still runs of it writes to no file of the next run.
    KILL_AT=$line BASH_ENV=$BATS_TEST_TMPDIR/killer installed >/dev/null 2>&1 3>&- || status=$?
    [[ $status -eq 137 ]] || break
    check_out_again
    program post-deploy triggers/post-deploy.cpp
    program "say-$n" subcommands/say.cpp
    run3 installed
    expect_built 5
    [[ $("$own/post-deploy") == post-deploy && $("$own/subcommands/say") == "say-$n" ]]
    ((line += line < 20 ? 4 : 25))
  done
  [[ $status -eq 0 && $n -gt 10 ]]
}

# with_memory KB COMMAND...: where so much is free.
with_memory() {
  printf 'MemTotal: 990000 kB\nMemAvailable: %s kB\nSwapFree: 1000 kB\n' "$1" >"$BATS_TEST_TMPDIR/meminfo"
  shift
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount bash -c 'mount --bind "$0" /proc/meminfo && exec "$@"' "$BATS_TEST_TMPDIR/meminfo" "$@"
}

@test "install says what to do where memory does not suffice for the compiler" {
  [[ $EUID -eq 0 ]] || skip "needs root, to mount another /proc/meminfo"
  make_checkout
  run3 with_memory 200000 "$PLUGIN_PATH/enabled/netports/install"
  expect 1 "" " !     Too little memory to build netports: the compiler takes 300 MB, and 201 MB are free with swap
 !     Add swap, as root: fallocate -l 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile
 !     Or install the Debian package, which needs no compiler: apt install ./dokku-netports_<version>_<arch>.deb"
  [[ ! -e $own/build ]]
  run3 with_memory 400000 "$PLUGIN_PATH/enabled/netports/install"
  [[ $status -eq 0 && $stderr == " !     Little memory to build netports: 401 MB are free with swap; the compiler takes up to 300 MB"$'\n' ]]
  program changed triggers/post-deploy.cpp
  run3 with_memory 200000 "$PLUGIN_PATH/enabled/netports/install"
  [[ $status -eq 1 && $stderr == *$'\n !     The executables of the last build stay in place\n' ]]
  [[ $("$own/post-deploy") == post-deploy ]]
}

@test "install says what to do where the disk does not suffice for a build" {
  make_checkout
  mkdir "$BATS_TEST_TMPDIR/path"
  printf '#!/bin/sh\nprintf "Avail\\n12000\\n"\n' >"$BATS_TEST_TMPDIR/path/df"
  chmod 0755 "$BATS_TEST_TMPDIR/path/df"
  PATH=$BATS_TEST_TMPDIR/path:$PATH run3 installed
  expect 1 "" " !     Too little disk to build netports: the build takes 50 MB, and 12 MB are free in $own
 !     See what takes the space: df -h $own; docker system df; apt-get clean
 !     Or install the Debian package, which needs no compiler: apt install ./dokku-netports_<version>_<arch>.deb"
  [[ ! -e $own/build ]]
  # Nor for the compiler, on a host that has none.
  printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/path/dpkg-query"
  printf '#!/bin/sh\nprintf "Avail\\n120000\\n"\n' >"$BATS_TEST_TMPDIR/path/df"
  chmod 0755 "$BATS_TEST_TMPDIR/path/dpkg-query"
  PATH=$BATS_TEST_TMPDIR/path:$PATH run3 installed
  expect 1 "" " !     Too little disk for the compiler, which netports is built with: it takes up to 550 MB, and 120 MB are free in /usr
 !     See what takes the space: df -h /usr; docker system df; apt-get clean
 !     Or install the Debian package, which needs no compiler: apt install ./dokku-netports_<version>_<arch>.deb"
  [[ ! -e $own/build ]]
}

@test "as many compilers run at once as there are processors, and memory" {
  [[ $EUID -eq 0 ]] || skip "needs root, to mount another /proc/meminfo"
  # shellcheck disable=SC2016 # expanded by the inner shell
  jobs_with() { with_memory "$1" bash -c 'nproc() { echo 4; }; source "$0"; build_jobs' "$repository/script/from_source.sh"; }
  [[ $(jobs_with 100000) == 1 && $(jobs_with 800000) == 2 && $(jobs_with 9000000) == 4 ]]
}

@test "two installs at once build once" {
  make_checkout
  installed >"$BATS_TEST_TMPDIR/one" 2>&1 3>&- &
  first=$!
  installed >"$BATS_TEST_TMPDIR/two" 2>&1 3>&-
  wait "$first"
  [[ $(cat "$BATS_TEST_TMPDIR"/{one,two} | grep -c 'Built netports') -eq 1 ]]
}

@test "update builds what plugin:update has fetched" {
  make_checkout
  installed
  program fetched triggers/post-deploy.cpp
  run3 plugn trigger update
  [[ $status -eq 0 ]]
  grep -qEx -- "-----> Built netports: 5 executables in [0-9]+ s" "$out_file"
  [[ $("$own/post-deploy") == fetched ]]
}

@test "install names the Debian packages that are missing when it may not install them" {
  [[ $EUID -eq 0 ]] || skip "needs root, to become somebody else"
  make_checkout
  # Reachable for nobody, who runs it: the temp directories of bats are root's alone.
  local tree
  tree=$(mktemp -d)
  chmod 0755 "$tree"
  cp -r "$own" "$tree/netports"
  printf '#!/bin/sh\nexit 1\n' >"$tree/dpkg-query"
  chmod 0755 "$tree/dpkg-query"
  run3 env PATH="$tree:$PATH" setpriv --reuid 65534 --regid 65534 --clear-groups \
    "$tree/netports/install"
  rm -rf "$tree"
  expect 1 "" " !     Missing to build netports: the Debian package(s) cmake g++ libfmt-dev libpoco-dev ninja-build
 !     Install them as root: apt-get install --no-install-recommends cmake g++ libfmt-dev libpoco-dev ninja-build"
}

# --- the forwarder as a service ----------------------------------------------------------------------

# The real daemon under the SysV script, below a directory of its own.
service_up() {
  [[ $EUID -eq 0 ]] || skip "needs root, to give files to root"
  host_up --no-daemon
  export DOKKU_PORTS_SERVICE_ROOT=$BATS_TEST_TMPDIR/machine
  unset DOKKU_PORTS_NO_SERVICE
  service=$DOKKU_PORTS_SERVICE_ROOT/etc/init.d/dokku-ports
  placed=$DOKKU_PORTS_SERVICE_ROOT/usr/local/lib/dokku-ports/dokku-ports
  own=$PLUGIN_PATH/available/netports
}

gone() { ! kill -0 "$1" 2>/dev/null; }
only_the_program() { [[ $(ls -A "${placed%/*}") == dokku-ports ]]; }
pid() { cat "$DOKKU_PORTS_SERVICE_ROOT/run/dokku-ports/dokku-ports.pid"; }

@test "install places the forwarder as root's own, starts it, and then leaves it alone" {
  service_up
  run3 installed
  expect 0 "-----> Starting the forwarder of public ports"
  [[ $(stat -c '%U:%G %a' "$placed") == "root:root 755" ]]
  cmp "$placed" "$own/bin/dokku-ports"
  run3 "$service" status
  expect 0 "dokku-ports is running (process $(pid))"
  before=$(pid)
  run3 installed
  expect 0
  [[ $(pid) == "$before" ]]
}

@test "install hands over to the forwarder that has changed, and starts one that was down" {
  service_up
  installed
  before=$(pid)
  printf '\n' >>"$own/bin/dokku-ports"
  run3 installed
  expect 0 "-----> Handing public ports over to the new forwarder; open connections stay"
  [[ $(pid) != "$before" ]]
  cmp "$(readlink "/proc/$(pid)/exe")" "$own/bin/dokku-ports"
  wait_until 10 gone "$before" # nothing was open: it has no more to do
  "$service" stop
  run3 installed
  expect 0 "-----> Starting the forwarder of public ports"
}

@test "install restarts the forwarder when it is to run with other options" {
  service_up
  installed
  before=$(pid)
  DOCKER_HOST=unix:///run/other.sock run3 installed
  expect 0 "-----> Restarting the forwarder of public ports, with other options"
  [[ $(pid) != "$before" ]]
  tr '\0' ' ' <"/proc/$(pid)/cmdline" | grep -q -e '--docker-host unix:///run/other.sock'
}

@test "install gives the forwarder no address that an init file would misread" {
  service_up
  installed
  before=$(pid)
  for address in 'unix:///run/a b' 'unix:///run/$(id)' 'unix:///run/"' $'unix:///run/a\nb'; do
    DOCKER_HOST=$address run3 installed
    expect 0 "" " !     The forwarder cannot be started with DOCKER_HOST '$address': it has a character that an init file cannot take
 !     The forwarder is not brought up to date: the next install tries again"
  done
  [[ $(pid) == "$before" ]]

  DOCKER_HOST=unix:///run/100%n.sock run3 installed
  expect 0 "-----> Restarting the forwarder of public ports, with other options"
  tr '\0' ' ' <"/proc/$(pid)/cmdline" | grep -q -e '--docker-host unix:///run/100%n.sock '
  # Of systemd's unit only the text can be seen here.
  unit=$(name=netports service_root='' DOCKER_HOST=unix:///run/100%n.sock
    cd "$own" && source init/service.sh && fill_in dokku-ports.service)
  [[ $unit == *' --docker-host unix:///run/100%%n.sock '* && $unit != *@[A-Z]* ]]
}

# It was taken for one that was the same: nothing was said, and nothing tried again.
@test "install says that a file could not be written, and the next one writes it" {
  service_up
  installed
  before=$(pid)
  printf '\n' >>"$own/bin/dokku-ports"
  # A directory stands where the new one is to be written first.
  mkdir "${placed%/*}/.dokku-ports.new" "${service%/*}/.dokku-ports.new"
  DOCKER_HOST=unix:///run/other.sock run3 installed
  [[ $status -eq 0 && $stdout == "" && $(pid) == "$before" ]]
  grep -qx " !     Unable to write $placed" "$err_file"
  grep -qx " !     Unable to write $service" "$err_file"
  grep -qx " !     The forwarder is not brought up to date: the next install tries again" "$err_file"
  rmdir "${placed%/*}/.dokku-ports.new" "${service%/*}/.dokku-ports.new"
  DOCKER_HOST=unix:///run/other.sock run3 installed
  expect 0 "-----> Restarting the forwarder of public ports, with other options"
  [[ $(pid) != "$before" ]]
  cmp "$placed" "$own/bin/dokku-ports"
}

@test "a new forwarder that does not start leaves the old one serving" {
  service_up
  mkdir -p "$DOKKU_PORTS_SERVICE_ROOT/etc/default"
  echo START_SECONDS=3 >"$DOKKU_PORTS_SERVICE_ROOT/etc/default/dokku-ports"
  installed
  before=$(pid)
  printf '#!/bin/sh\n[ "$1" = --version ]\n' >"$own/bin/dokku-ports"
  run3 installed
  [[ $status -eq 0 && $(pid) == "$before" ]]
  kill -0 "$before"
  grep -qx " !     The old forwarder goes on serving: the new one did not become ready" "$err_file"

  # The new one had replaced it on disk: nothing could start any more, nor was it tried again.
  cmp "$placed" "$repository/build/plugin/bin/dokku-ports"
  only_the_program
  run3 "$service" restart
  expect 0
  [[ $(pid) != "$before" ]]
  run3 installed
  [[ $stdout == "-----> Handing public ports over"* && $stderr == *" !     The old forwarder goes on"* ]]
  before=$(pid)
  { cat "$repository/build/plugin/bin/dokku-ports" && echo; } >"$own/bin/dokku-ports"
  run3 installed
  expect 0 "-----> Handing public ports over to the new forwarder; open connections stay"
  [[ $(pid) != "$before" ]]
  cmp "$placed" "$own/bin/dokku-ports"
  only_the_program
}

# A new program that does not serve, and an end at each line while both of them are there.
@test "an install that is killed while it hands over is made good by the next" {
  local line=0 before
  service_up
  installed
  before=$(pid)
  mkdir -p "$DOKKU_PORTS_SERVICE_ROOT/etc/default"
  echo START_SECONDS=1 >"$DOKKU_PORTS_SERVICE_ROOT/etc/default/dokku-ports"
  cat >"$BATS_TEST_TMPDIR/killer" <<'KILLER'
set -T
lines=0
trap 'case " ${FUNCNAME[*]} " in
  *" place_program "* | " upgrade_daemon "* | " put_program_back "*) ((++lines != KILL_AT)) || kill -KILL $$ ;;
  " install_service "*) [[ ! -e $service_before ]] || ((++lines != KILL_AT)) || kill -KILL $$ ;;
esac' DEBUG
KILLER
  printf '#!/bin/sh\n[ "$1" = --version ]\n' >"$own/bin/dokku-ports"
  while true; do
    KILL_AT=$((++line)) BASH_ENV=$BATS_TEST_TMPDIR/killer run3 installed
    [[ $status -eq 137 ]] || break
    [[ -x $placed ]]
    run3 installed
    [[ $status -eq 0 && $(pid) == "$before" ]]
    cmp "$placed" "$repository/build/plugin/bin/dokku-ports"
    only_the_program
  done
  [[ $status -eq 0 && $line -gt 15 ]]
  kill -0 "$before"
}

@test "a forwarder that cannot run here at all is not placed" {
  service_up
  installed
  before=$(pid)
  printf '#!/bin/sh\necho no library >&2\nexit 127\n' >"$own/bin/dokku-ports"
  run3 installed
  expect 0 "" "no library
 !     The forwarder of this plugin does not run here, and is not brought up to date"
  cmp "$placed" "$repository/build/plugin/bin/dokku-ports"
  [[ $(pid) == "$before" ]]
}

@test "install warns and goes on when the forwarder cannot be started" {
  service_up
  mkdir -p "$DOKKU_PORTS_SERVICE_ROOT/etc/default"
  echo DOKKU_PORTS_OPTIONS=--no-such-option >"$DOKKU_PORTS_SERVICE_ROOT/etc/default/dokku-ports"
  run3 plugn trigger install
  [[ $status -eq 0 ]]
  grep -qx " !     Unable to start the forwarder: the public ports of apps are not served" "$err_file"
  grep -q "no-such-option" "$err_file"
}

@test "the forwarder has no right of root's but to bind low ports" {
  service_up
  installed
  for set in CapInh CapPrm CapEff CapBnd CapAmb; do
    grep -qx "$set:"$'\t'"0000000000000400" "/proc/$(pid)/status"
  done
  grep -qx "NoNewPrivs:"$'\t'1 "/proc/$(pid)/status"
}

@test "the init script starts, reloads, restarts, stops and says so by its status" {
  service_up
  installed
  run3 "$service" reload
  expect 0
  run3 "$service" force-reload
  expect 0
  run3 "$service" start
  expect 0 "dokku-ports is running already (process $(pid))"
  before=$(pid)
  run3 "$service" restart
  expect 0
  [[ $(pid) != "$before" ]]

  kill -KILL "$(pid)"
  wait_until 5 gone "$(pid)"
  run3 "$service" status
  expect 1 "dokku-ports is not running, but $DOKKU_PORTS_SERVICE_ROOT/run/dokku-ports/dokku-ports.pid exists"
  run3 "$service" reload
  expect 1 "" "dokku-ports is not running"

  "$service" start
  run3 "$service" stop
  expect 0
  run3 "$service" stop
  expect 0
  run3 "$service" status
  expect 3 "dokku-ports is not running"
  for word in "" bogus; do
    run3 "$service" $word
    expect 3 "" "Usage: $service start|stop|restart|reload|force-reload|upgrade|status"
  done
}

@test "install stops the forwarder of the old plugin, which had the same names" {
  service_up
  mkdir -p "${service%/*}"
  printf '#!/bin/sh\necho "$1" >>"%s"\n' "$BATS_TEST_TMPDIR/asked" >"$service"
  chmod 0755 "$service"
  run3 installed
  expect 0 "-----> Stopping the forwarder of the old dokku-ports plugin, which this one replaces
-----> Starting the forwarder of public ports"
  [[ $(<"$BATS_TEST_TMPDIR/asked") == stop ]]
}

# It said that it stops the old plugin's forwarder, and asked this script to stop ours.
@test "install takes the place of what a removed Debian package of netports has left" {
  service_up
  mkdir -p "${service%/*}"
  printf '#!/bin/sh\n# From the Debian package dokku-netports. Local\necho "$1" >>"%s"\n' \
    "$BATS_TEST_TMPDIR/asked" >"$service"
  chmod 0755 "$service"
  run3 installed
  expect 0 "-----> Starting the forwarder of public ports"
  [[ ! -e $BATS_TEST_TMPDIR/asked ]]
  "$service" status
}

@test "uninstall stops the forwarder and removes all that install placed, and nothing else" {
  service_up
  installed
  process=$(pid)
  mkdir "$DOKKU_ROOT/mail"
  echo 25:5025 >"$DOKKU_ROOT/mail/PORTS"
  run3 "$PLUGIN_PATH/enabled/netports/uninstall" other
  expect 0
  kill -0 "$process"

  run3 "$PLUGIN_PATH/enabled/netports/uninstall" netports
  expect 0 "-----> Stopping the forwarder: the public ports of apps close"
  wait_until 5 gone "$process" # until init has reaped it
  left=$(cd "$DOKKU_PORTS_SERVICE_ROOT" && find . -not -type d)
  [[ $left == ./var/log/dokku-ports.log ]]
  [[ -e $DOKKU_ROOT/mail/PORTS && ! -e $DOKKU_LIB_ROOT/data/netports ]]
}
