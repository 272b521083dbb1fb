#!/usr/bin/env bats
# Clients of a public port while a deploy fails, two run at once, and their app is cloned, renamed,
# destroyed, scaled.

load helpers
load ports

setup_file() {
  # Old containers stay until the host goes: what ends a connection here is not their retirement.
  export SCRATCH_WAIT_TO_RETIRE=300
  ports_host_up
  # `hold` keeps an app where it is checked or renamed; a test that makes fail-APP lets the check of
  # its second container fail.
  local hook
  for hook in check-deploy post-app-rename-setup; do
    add_hook zz "$hook" <<'HOOK'
if [[ -e $SCRATCH_HOST/run/hold-$1 ]]; then
  touch "$SCRATCH_HOST/run/held-$1"
  flock --shared --timeout 60 "$SCRATCH_HOST/run/gate" true
fi
[[ ${6:-} != 2 || ! -e $SCRATCH_HOST/run/fail-$1 ]]
HOOK
  done
}
teardown_file() { ports_host_down; }

setup() {
  ports_app
  other=$(unique pt)
  flags=$HOST/run
  started=()
}

teardown() {
  local pid
  let_go
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
}

# deployed COUNT: version v1 of the app, in so many containers; v2 is the image of the next deploy.
deployed() {
  ports_image "$port:5025"
  dokku ps:scale "$app" web="$1" >/dev/null
  deploy >/dev/null
  image=${image%:*}:v2
  ports_image "$port:5025" --version v2
}

# start_traffic PORT NAME [STAYING]: connections that come and go, and some that stay.
start_traffic() {
  "$repository/build/tests/traffic/traffic" "$1" --long "${3:-3}" --rate 50 \
    >"$BATS_TEST_TMPDIR/traffic-$2" 2>&1 3>&- &
  started+=($!)
  traffic[$2]=$!
  wait_until 10 grep -q ' 0 .*v[12]: [0-9]' "$BATS_TEST_TMPDIR/traffic-$2"
}

# end_traffic NAME: not one connection failed; sets answered to the versions that were seen.
end_traffic() {
  kill "${traffic[$1]}"
  wait "${traffic[$1]}" || {
    cat "$BATS_TEST_TMPDIR/traffic-$1" >&2
    return 1
  }
  answered=$(sed -n -E 's/^new connections answered by (.*): .*/\1/p' "$BATS_TEST_TMPDIR/traffic-$1" |
    paste -sd ' ')
}

# hold APP...: until `let_go`, which lets all go. The gate is a lock: the hook waits for it.
hold() {
  exec {gate}>"$flags/gate"
  flock "$gate"
  touch "${@/#/$flags/hold-}"
}

let_go() {
  rm -f "$flags"/hold-*
  [[ -z ${gate:-} ]] || flock --unlock "$gate"
}

# in_background NAME COMMAND...: its status goes to NAME.status.
in_background() {
  local name=$BATS_TEST_TMPDIR/$1
  (
    status=0
    "${@:2}" </dev/null >"$name.out" 2>&1 || status=$?
    echo "$status" >"$name.status"
  ) 3>&- &
  started+=($!)
}

ended_with() { # NAME STATUS
  wait_until 60 test -s "$BATS_TEST_TMPDIR/$1.status"
  [[ $(<"$BATS_TEST_TMPDIR/$1.status") -eq $2 ]] || {
    cat "$BATS_TEST_TMPDIR/$1.out" >&2
    return 1
  }
}

# talk FILE: a client that sends and reads until its connection ends. FILE has the number of right
# answers, FILE.end how it came to its end.
talk() {
  local file=$1 server line end="" n=0 status
  {
    exec {server}<>"/dev/tcp/127.0.0.1/$port"
    read -r -t 10 _ <&"$server"
    while [[ -z $end ]]; do
      status=0
      { echo "$n" >&"$server" && read -r -t 20 line <&"$server"; } || status=$?
      if ((status > 128)); then # its patience
        end=stalled
      elif ((status > 0)); then
        end=ended
      elif [[ $line != "v1: $n" ]]; then
        end="wrong: $line"
      else
        echo $((++n)) >"$file"
      fi
      sleep 0.02 # its pace
    done
  } 2>/dev/null
  echo "$end" >"$file.end"
}

start_talking() { # FILE...
  local file
  for file in "$@"; do
    talk "$file" 3>&- &
    started+=($!)
    wait_until 10 test -s "$file"
  done
}

# Every one of these clients has had another right answer.
still_talking() {
  local file before
  for file in "$@"; do
    before=$(<"$file")
    wait_until 10 moved_on "$file" "$before" || return 1
  done
}
moved_on() { [[ ! -e $1.end && $(<"$1") != "" && $(<"$1") -gt $2 ]]; }
stopped_talking() {
  wait_until 30 test -s "$1.end"
  [[ $(<"$1.end") == ended ]] || {
    echo "how the connection ended: $(<"$1.end")" >&2
    return 1
  }
}

# containers_at COUNT: how many containers answer so many connections.
containers_at() {
  local i
  for ((i = 0; i < $1; i++)); do
    # shellcheck disable=SC2016 # the inner shell's
    timeout 5 bash -c 'read -r _ _ host <"/dev/tcp/127.0.0.1/$1" && echo "$host"' - "$port" || return 1
  done | sort -u | wc -l
}

# A client is not kept waiting: its connection ends, without a byte.
is_refused() {
  local client status=0
  exec {client}<>"/dev/tcp/127.0.0.1/$port" || return 1
  read -r -t 10 _ <&"$client" 2>/dev/null || status=$?
  exec {client}>&-
  [[ $status -eq 1 ]]
}

@test "a deploy that fails after container 1 of 3: nobody reaches it, the old release serves on" {
  declare -A traffic=()
  deployed 3
  local before
  before=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  start_traffic "$port" a
  touch "$flags/fail-$app"
  run3 deploy
  [ "$status" -ne 0 ]
  # Dokku has written container 1 of the failed release down as the app's.
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" != "$before" ]
  # Many: beside the traffic the turn need not come round to each of the three at once.
  [ "$(containers_at 60)" -eq 3 ]
  end_traffic a
  [ "$answered" = v1 ]
  # Minutes later Dokku ends the container that its files no longer name: no client comes to harm.
  start_traffic "$port" b 0
  sed -i 's/ [0-9]*$/ 1/' "$DOKKU_LIB_ROOT/data/scheduler-docker-local/dead-containers"
  dokku ps:retire
  gone "$before"
  [ "$(containers_at 9)" -eq 3 ]
  end_traffic b
  rm "$flags/fail-$app"
  dokku ps:rebuild "$app" </dev/null >/dev/null
  serves "$port" v2
  [ "$(containers_at 9)" -eq 3 ]
}

@test "two deploys of one app at once: the second is refused, nothing is dropped" {
  declare -A traffic=()
  deployed 1
  start_traffic "$port" a
  hold "$app"
  in_background first deploy
  wait_until 30 test -e "$flags/held-$app"
  run3 dokku ps:rebuild "$app" </dev/null
  [ "$status" -ne 0 ]
  [[ $stderr == *" !     $app currently has a deploy lock in place. Exiting..."$'\n'* ]]
  run3 dokku deploy "$app" </dev/null
  [ "$status" -ne 0 ]
  serves "$port" v1
  let_go
  ended_with first 0
  serves "$port" v2
  end_traffic a
  [ "$answered" = "v1 v2" ]
  [ ! -e "$DOKKU_ROOT/$app/PORTS.staged" ]
}

@test "two deploys of two apps at once: both are served by their new release, nothing is dropped" {
  declare -A traffic=()
  deployed 1
  local app_a=$app image_a=$image port_a=$port
  ports_app
  deployed 1
  start_traffic "$port_a" a
  start_traffic "$port" b
  hold "$app_a" "$app"
  in_background a dokku git:from-image "$app_a" "$image_a"
  in_background b dokku git:from-image "$app" "$image"
  wait_until 30 test -e "$flags/held-$app_a"
  wait_until 30 test -e "$flags/held-$app"
  let_go
  ended_with a 0
  ended_with b 0
  serves "$port_a" v2
  serves "$port" v2
  end_traffic a
  [ "$answered" = "v1 v2" ]
  end_traffic b
  [ "$answered" = "v1 v2" ]
}

@test "clone while clients are connected: they notice nothing" {
  declare -A traffic=()
  deployed 1
  start_traffic "$port" a
  dokku apps:clone "$app" "$other" </dev/null >/dev/null 2>&1
  serves "$port" v1
  end_traffic a
  [ "$answered" = v1 ]
}

@test "rename while a client is connected: it stays until its container goes, with no byte wrong" {
  local before client=$BATS_TEST_TMPDIR/client
  deployed 1
  start_talking "$client"
  before=$(listener_of "$port")
  hold "$app"
  in_background rename dokku apps:rename "$app" "$other"
  wait_until 30 test -e "$flags/held-$app"
  # The port is the new app's already.
  [[ $(dokku netports:ports "$other") == *"$port "*" $other "* ]]
  still_talking "$client"
  [ "$(listener_of "$port")" = "$before" ]
  let_go
  stopped_talking "$client"
  ended_with rename 0
  wait_until 10 serves "$port" v1
  [ "$(listener_of "$port")" = "$before" ]
}

@test "destroy while a client is connected: it ends with the container, and nobody else gets it" {
  local client=$BATS_TEST_TMPDIR/client
  deployed 1
  start_talking "$client"
  dokku apps:destroy "$app" --force </dev/null >/dev/null
  stopped_talking "$client"
  wait_until 5 is_closed "$port"
  # The next owner of the port starts with no connection.
  app=$other
  dokku apps:create "$app" >/dev/null
  deploy >/dev/null
  serves "$port" v2
  [ "$(dokku netports:ports "$app" --connections --format json | jq length)" -eq 0 ]
}

@test "scale 3, 1, 0, 3: what there is serves, without any a client is refused, open connections go on" {
  local clients=("$BATS_TEST_TMPDIR"/client-{1,2,3}) before
  deployed 3
  before=$(listener_of "$port")
  start_talking "${clients[@]}"
  [ "$(containers_at 9)" -eq 3 ]
  dokku ps:scale "$app" web=1 </dev/null >/dev/null
  [ "$(containers_at 9)" -eq 1 ]
  still_talking "${clients[@]}"
  dokku ps:scale "$app" web=0 </dev/null >/dev/null
  # No container: the port stays the app's.
  is_refused
  still_talking "${clients[@]}"
  dokku ps:scale "$app" web=3 </dev/null >/dev/null
  [ "$(containers_at 9)" -eq 3 ]
  still_talking "${clients[@]}"
  [ "$(listener_of "$port")" = "$before" ]
}
