#!/usr/bin/env bats
# netports:doctor on a host where all is well, and on one where each thing in turn is not.

load helpers
load ports

setup_file() {
  ports_host_up
  # The packet filter of whoever runs the tests is no part of them.
  mkdir -p "$BATS_FILE_TMPDIR/tools"
  export UFW_SAYS=$BATS_FILE_TMPDIR/ufw
  printf '#!/bin/sh\ncat "%s"\n' "$UFW_SAYS" >"$BATS_FILE_TMPDIR/tools/ufw"
  chmod 0755 "$BATS_FILE_TMPDIR/tools/ufw"
  export PATH=$BATS_FILE_TMPDIR/tools:$PATH
}

teardown_file() { ports_host_down; }

setup() {
  ports_app
  printf 'Status: active\nDefault: allow (incoming)\n' >"$UFW_SAYS"
}

teardown() {
  if [[ -n ${client:-} ]]; then exec {client}>&-; fi
  if [[ -n ${holder:-} ]]; then kill "$holder"; fi
  host_daemon start
  dokku --force apps:destroy "$app" </dev/null >/dev/null 2>&1 || true
}

# doctor: sets status, stdout, stderr; $out_file is its JSON.
doctor() {
  run3 timeout 60 dokku netports:doctor --format json
  not_in_order
}

# Shown when a test fails.
not_in_order() { jq -c '.checks[] | select(.state != "ok")' "$out_file" || cat "$out_file" "$err_file"; }

# finding ID: "STATE: FOUND" and, below, the next step, of the last run.
finding() {
  jq -r --arg id "$1" '.checks[] | select(.check == $id) |
    "\(.state): \(.found)", (.next | select(. != ""))' "$out_file"
}

state_of() { finding "$1" | sed -n '1s/:.*//p'; }

# finds ID STATE: looks anew.
finds() {
  doctor
  [[ $(state_of "$1") == "$2" ]]
}

# own_doctor: as `dokku` calls it, with the environment as it is here.
own_doctor() {
  run3 timeout 60 "$PLUGIN_ENABLED_PATH/netports/subcommands/doctor" netports:doctor \
    --format json
  not_in_order
}

serve() {
  ports_image "$port:5025"
  deploy >/dev/null
  serves "$port" v1
}

# answer_with FILE: a forwarder at $DOKKU_PORTS_SOCKET whose every answer is that file.
answer_with() {
  export DOKKU_PORTS_SOCKET=$BATS_TEST_TMPDIR/fake.sock
  timeout 120 python3 -c '
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(50)
while True:
    client, _ = server.accept()
    client.recv(4096)
    client.sendall(open(sys.argv[2], "rb").read())
    client.close()' "$DOKKU_PORTS_SOCKET" "$1" 3>&- &
  holder=$!
  wait_until 10 test -S "$DOKKU_PORTS_SOCKET"
}

@test "a host where all is well: exit 0, every check says what it found" {
  serve
  doctor
  [[ $status -eq 0 && -z $stderr ]]
  jq -e '.healthy and .problems == 0' "$out_file" >/dev/null
  for check in daemon control-socket older-daemons mappings listening reachable backends \
    firewall takeover leftovers engine forwarders-engine; do
    echo "$check: $(finding "$check")"
    [[ $(state_of "$check") == ok ]]
  done
  [[ $(finding service) == "not-applicable: No service is wanted here (DOKKU_PORTS_NO_SERVICE)" ]]
  [[ $(finding daemon) == *" answers, process $(host_daemon pid)" ]]
  [[ $(finding engine) == "ok: Version $(docker version --format '{{.Server.Version}}') answers" ]]
  # Programs go by these.
  [[ $(jq -c 'keys_unsorted, (.checks[0] | keys_unsorted)' "$out_file" | paste -sd ' ') == \
    '["version","healthy","problems","warnings","checks"] ["check","group","title","state","found","next"]' ]]
}

@test "text: a line for each check below its group, and what is wrong counted" {
  serve
  run3 dokku netports:doctor
  [[ $status -eq 0 && -z $stderr ]]
  [[ $(sed -n 1p "$out_file") == "=====> Health of netports on this host" ]]
  [[ $(sed -n 2p "$out_file") == Forwarder ]]
  [[ $(sed -n 3p "$out_file") =~ ^\ \ ok\ +Daemon\ +Version\ [0-9.]+\ answers,\ process\ [0-9]+$ ]]
  [[ $(grep -c -v '^  ' "$out_file") -eq 6 ]] # heading, four groups, summary
  run3 dokku --quiet netports:doctor
  [[ $status -eq 0 && $(sed -n 1p "$out_file") == Forwarder ]]
}

@test "words and formats that it does not know are refused" {
  run3 dokku netports:doctor extra
  expect 2 "" "Usage: dokku netports:doctor [--format text|json]
unexpected word: extra"
  run3 dokku netports:doctor --format yaml
  expect 2 "" "Usage: dokku netports:doctor [--format text|json]
invalid argument \"yaml\" for \"--format\" flag: use text or json"
}

@test "a forwarder that is down is one problem, and the rest is still looked at" {
  serve
  host_daemon stop
  doctor
  [[ $status -eq 1 && -z $stderr ]]
  [[ $(finding daemon) == "problem: The forwarder does not answer on $DOKKU_PORTS_SOCKET: No such file or directory"$'\n'* ]]
  [[ $(jq '.problems' "$out_file") -eq 1 ]]
  for check in listening reachable backends wait-to-retire forwarders-engine; do
    [[ $(state_of "$check") == unknown ]]
  done
  [[ $(state_of engine) == ok && $(state_of mappings) == ok ]]
}

@test "a forwarder that hangs does not hang the doctor" {
  kill -STOP "$(host_daemon pid)"
  doctor
  kill -CONT "$(host_daemon pid)"
  [[ $status -eq 1 ]]
  [[ $(finding daemon) == "problem: The forwarder does not answer on $DOKKU_PORTS_SOCKET: No answer in time"$'\n'* ]]
}

@test "a forwarder of another version, with an answer full of letters that move a terminal" {
  printf 'ok\n{"version":"0.0.1\\u001b[2J","pid":1,"ports":[{"app":"%s","listen":"\\u001b[1m"}],"older_daemons":[999999999],"problems":[{"app":"%s","text":"\\u0007"}]}' \
    "$app" "$app" >"$BATS_TEST_TMPDIR/answer"
  echo 25:5025 >"$DOKKU_ROOT/$app/PORTS"
  answer_with "$BATS_TEST_TMPDIR/answer"
  own_doctor
  [[ $status -eq 1 ]]
  [[ $(finding daemon) == 'problem: Version 0.0.1\x1b[2J runs, while the commands are of version '* ]]
  [[ $(finding listening) == "problem: Port 25 of $app is not known to the forwarder"$'\n'"dokku netports:ports-reload" ]]
  [[ $(finding mappings) == "problem: App $app: \\x07"* ]]
  [[ -z $(LC_ALL=C tr -cd '\001-\011\013-\037\177' <"$out_file") ]]
  printf 'nonsense' >"$BATS_TEST_TMPDIR/answer"
  own_doctor
  [[ $status -eq 1 && $(finding daemon) == *'"nonsense" is no answer'* ]]
  printf 'ok\n[1]' >"$BATS_TEST_TMPDIR/answer"
  own_doctor
  [[ $status -eq 1 && $(state_of daemon) == problem ]]
}

# The version does not change between two builds: after a hand-over that failed all seemed well.
@test "a forwarder of another build than the installed one" {
  local program=$PLUGIN_AVAILABLE_PATH/netports/bin/dokku-ports
  doctor
  [[ $(state_of daemon) == ok ]]
  mv "$program" "$program.kept"
  { cat "$program.kept" && printf x; } >"$program"
  doctor
  mv -f "$program.kept" "$program"
  [[ $status -eq 1 ]]
  [[ $(finding daemon) == "problem: Process $(host_daemon pid) runs another build of version "*" than the one installed"$'\n'* ]]
  doctor
  [[ $(state_of daemon) == ok ]]
}

@test "a control socket that everybody may use is a problem" {
  chmod 0666 "$DOKKU_PORTS_SOCKET"
  doctor
  chmod 0660 "$DOKKU_PORTS_SOCKET"
  [[ $status -eq 1 && $(finding control-socket) == "problem: "*" has mode 0666: "*$'\n'"As root: chmod 0660 $DOKKU_PORTS_SOCKET" ]]
}

@test "a port that another program holds" {
  timeout 120 python3 -c '
import socket, sys, time
server = socket.socket()
server.bind(("", int(sys.argv[1])))
server.listen()
time.sleep(600)' "$port" 3>&- &
  holder=$!
  wait_until 10 listens "$port"
  echo "$port:5025" >"$DOKKU_ROOT/$app/PORTS"
  dokku netports:ports-reload >/dev/null 2>&1 || true
  doctor
  [[ $status -eq 1 ]]
  [[ $(finding listening) == "problem: Port $port of $app is not served: Cannot listen on $port: Address already in use"$'\n'"See who has it, as root: ss -ltnp 'sport = :$port'" ]]
}

@test "a PORTS file that somebody broke" {
  echo nonsense >"$DOKKU_ROOT/$app/PORTS"
  touch "$DOKKU_ROOT/$app/HEAD" # an app that was made long ago
  doctor
  rm "$DOKKU_ROOT/$app/PORTS"
  [[ $status -eq 1 ]]
  [[ $(finding mappings) == "problem: App $app: PORTS:1:1: \"nonsense\" is not public:private"$'\n'"Deploy $app with"* ]]
}

@test "a container that does not answer on its private port" {
  serve
  dokku netports:ports-set "$app" "$port:5999" >/dev/null
  wait_until 20 finds backends problem
  [[ $status -eq 1 ]]
  [[ $(finding backends) == "problem: Port $port of $app: web.1 does not answer on port 5999"$'\n'"Let the app listen on 0.0.0.0:5999, and look at: dokku logs $app" ]]
  # The closing of such a connection is no second fault.
  [[ $(state_of reachable) == ok ]]
}

@test "an app that was stopped is a warning" {
  serve
  dokku ps:stop "$app" >/dev/null
  wait_until 20 finds backends warning
  [[ $status -eq 0 && $(finding backends) == "warning: Port $port of $app has no running container"* ]]
}

@test "connections that a deploy would cut, and the command against it" {
  serve
  exec {client}<>"/dev/tcp/127.0.0.1/$port"
  read -r -t 5 _ <&"$client"
  wait_until 20 finds wait-to-retire warning
  [[ $status -eq 0 ]]
  [[ $(finding wait-to-retire) == "warning: A deploy of $app cuts connections after $SCRATCH_WAIT_TO_RETIRE s: 1 of 1 are open longer, the oldest for "*$'\n'"dokku checks:set $app wait-to-retire 300; and let the app keep serving after SIGTERM" ]]
  dokku checks:set "$app" wait-to-retire 300 >/dev/null
  doctor
  [[ $(finding wait-to-retire) == "ok: 1 connection open, none longer than a deploy leaves it" ]]
}

@test "an older daemon that still finishes a connection is named, and is no problem" {
  local old new
  serve
  exec {client}<>"/dev/tcp/127.0.0.1/$port"
  read -r -t 5 _ <&"$client"
  old=$(host_daemon pid)
  kill -USR2 "$old"
  wait_until 20 finds older-daemons warning
  new=$(finding daemon | sed -E 's/.* process //')
  local result=$status text
  text=$(finding older-daemons)
  exec {client}>&-
  client=
  wait_until 20 finds older-daemons ok # it ends with its last connection
  local after
  after=$(finding daemon)
  # The host knows the old one only: teardown starts its daemon anew.
  kill -KILL "$new"
  rm -f "$DOKKU_PORTS_SOCKET" "$HOST/run/processes/daemon"
  [[ $result -eq 0 && $new != "$old" && $after == *"process $new" ]]
  [[ $text == "warning: From before an upgrade: process $old finishes 1 connection of $app"*$'\n'"Nothing, they end with their connections; to end one now, as root: kill $old" ]]
}

@test "files that no app needs" {
  local settings=$DOKKU_LIB_ROOT/config/netports/gone-$app
  local staged=$DOKKU_ROOT/$app/PORTS.staged lock=$DOKKU_LIB_ROOT/data/apps/$app/.deploy.lock
  mkdir -p "$settings" "${lock%/*}"
  : >"$DOKKU_PORTS_SOCKET.4194305" # no process has that number
  touch -d '3 hours ago' "$staged"
  touch "$DOKKU_ROOT/$app/HEAD"
  doctor
  [[ $status -eq 0 && $(state_of leftovers) == warning ]]
  [[ $(finding leftovers) == "warning: Settings of app gone-$app, which does not exist; Ports of a release of $app that did not go live, 3 h ago; Control socket of process 4194305, which has ended"$'\n'"If nobody needs it: rm -r -- '$settings'" ]]
  rmdir "$settings"
  rm "$DOKKU_PORTS_SOCKET.4194305"
  # A deploy that takes so long is none that was given up.
  exec {client}>"$lock"
  flock "$client"
  doctor
  [[ $(finding leftovers) == "ok: None" ]]
  exec {client}>&-
  client=
  doctor
  [[ $(state_of leftovers) == warning ]]
}

# The advice was to remove the whole directory.
@test "a PORTS file among files of somebody's own is named alone" {
  local backup=$DOKKU_ROOT/Backup-$app
  mkdir "$backup"
  echo 25:5025 >"$backup/PORTS"
  echo precious >"$backup/secret.txt"
  doctor
  rm -r "$backup"
  [[ $status -eq 0 ]]
  [[ $(finding leftovers) == "warning: File PORTS of Backup-$app, which is not an app"$'\n'"If nobody needs it: rm -r -- '$backup/PORTS'" ]]
}

@test "an Engine that is away, and one that is too old" {
  DOCKER_HOST=unix://$BATS_TEST_TMPDIR/none.sock doctor
  [[ $status -eq 1 ]]
  [[ $(finding engine) == "problem: Unable to ask the Docker Engine at unix://$BATS_TEST_TMPDIR/none.sock: No such file or directory"$'\n'"As root: systemctl status docker" ]]
  mkdir "$BATS_TEST_TMPDIR/answers"
  echo '{"Version":"19.03.15"}' >"$BATS_TEST_TMPDIR/answers/version"
  timeout 120 python3 "$repository/tests/e2e/fake_engine.py" "$BATS_TEST_TMPDIR/engine.sock" \
    "$BATS_TEST_TMPDIR/answers" 3>&- &
  holder=$!
  wait_until 10 test -S "$BATS_TEST_TMPDIR/engine.sock"
  DOCKER_HOST=unix://$BATS_TEST_TMPDIR/engine.sock doctor
  [[ $status -eq 1 ]]
  [[ $(finding engine) == "problem: Version 19.03.15, while 20.10 or later is needed"* ]]
}

@test "a takeover that an upgrade of Dokku undid" {
  dokku netports:takeover on >/dev/null
  doctor
  [[ $(finding takeover) == "ok: On: this plugin has Dokku's network role" ]]
  ln -sfn "$PLUGIN_AVAILABLE_PATH/network" "$PLUGIN_ENABLED_PATH/network"
  doctor
  local result=$status text
  text=$(finding takeover)
  dokku netports:takeover off >/dev/null
  [[ $result -eq 1 && $text == "problem: Switched on once, but Dokku's own plugin has the network role"$'\n'"dokku netports:takeover on; or, to leave it so: dokku netports:takeover off" ]]
  doctor
  [[ $(state_of takeover) == ok ]]
}

@test "a packet filter that names no rule for a public port is a warning" {
  [[ $EUID -eq 0 ]] || skip "needs root, which alone may ask a packet filter"
  serve
  printf 'Status: active\nDefault: deny (incoming), allow (outgoing)\n\n22/tcp  ALLOW IN  Anywhere\n' \
    >"$UFW_SAYS"
  doctor
  [[ $status -eq 0 ]]
  [[ $(finding firewall) == "warning: ufw is active, and no rule of it names $port"$'\n'"If others shall reach it, as root: ufw allow $port/tcp" ]]
  printf '%s/tcp  ALLOW IN  Anywhere\n' "$port" >>"$UFW_SAYS"
  doctor
  [[ $(finding firewall) == "ok: ufw is active and names every public port" ]]
}

@test "the service: placed, root's own, and what is wrong with it" {
  [[ $EUID -eq 0 ]] || skip "needs root, to give files to root"
  export DOKKU_PORTS_SERVICE_ROOT=$BATS_TEST_TMPDIR/machine
  unset DOKKU_PORTS_NO_SERVICE
  local script=$DOKKU_PORTS_SERVICE_ROOT/etc/init.d/dokku-ports
  local program=$DOKKU_PORTS_SERVICE_ROOT/usr/local/lib/dokku-ports/dokku-ports
  own_doctor
  [[ $status -eq 1 && $(finding service) == "problem: No init script starts the forwarder"$'\n'"As root: dokku plugin:install, which places and starts it" ]]
  # On a host with the package that would do nothing.
  local packaged=$PLUGIN_AVAILABLE_PATH/netports/.packaged
  : >"$packaged"
  own_doctor
  rm "$packaged"
  [[ $status -eq 1 && $(finding service) == "problem: No init script starts the forwarder"$'\n'"As root: apt-get install --reinstall -o Dpkg::Options::=--force-confmiss ./dokku-netports_<version>_<arch>.deb" ]]
  "$PLUGIN_ENABLED_PATH/netports/install" >/dev/null
  DOKKU_PORTS_SOCKET=$DOKKU_PORTS_SERVICE_ROOT/run/dokku-ports/control.sock own_doctor
  local healthy=$status text
  text=$(finding service)
  chmod 0777 "$program"
  own_doctor
  "$script" stop
  [[ $healthy -eq 0 && $text == "ok: $script, for $program" ]]
  [[ $status -eq 1 && $(finding service) == "problem: $program can be changed by others than root"$'\n'"As root: chown root:root $program && chmod 0755 $program" ]]
  rm "$program"
  own_doctor
  [[ $status -eq 1 && $(finding service) == "problem: $script is there, but no forwarder that it could start"* ]]
}

# Most commands run as user dokku.
@test "it works without root's rights, and says what only root sees" {
  [[ $EUID -eq 0 ]] || skip "needs root, to become somebody else"
  local tree
  tree=$(mktemp -d)
  chmod 0755 "$tree"
  mkdir -p "$tree"/{home/mail,plugins/available,plugins/enabled,lib/config}
  cp -r "$PLUGIN_AVAILABLE_PATH/netports" "$tree/plugins/available/netports"
  ln -s "$tree/plugins/available/netports" "$tree/plugins/enabled/netports"
  echo 25:5025 >"$tree/home/mail/PORTS"
  touch "$tree/home/mail/HEAD"
  run3 env -i PATH=/usr/bin:/bin DOKKU_ROOT="$tree/home" DOKKU_LIB_ROOT="$tree/lib" \
    PLUGIN_PATH="$tree/plugins" DOKKU_SYSTEM_USER=nobody DOKKU_SYSTEM_GROUP=nogroup \
    DOKKU_PORTS_NO_SERVICE=1 DOKKU_PORTS_SOCKET="$tree/control.sock" \
    setpriv --reuid 65534 --regid 65534 --clear-groups timeout 60 \
    "$tree/plugins/enabled/netports/subcommands/doctor" netports:doctor --format json
  rm -rf "$tree"
  [[ $status -eq 1 && -z $stderr ]]
  [[ $(state_of daemon) == problem && $(state_of mappings) == ok ]]
  [[ $(finding firewall) == "unknown: Only root sees the rules of this host's packet filter"* ||
    $(finding firewall) == "unknown: ufw is active, and only root sees its rules"* ]]
}
