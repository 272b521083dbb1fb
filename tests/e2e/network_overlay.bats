#!/usr/bin/env bats
# Overlay networks: two Engines of their own, each in a network namespace, joined to one swarm.
# Slow: it starts two Engines.

load helpers
load network

engine() { # A|B WORD...: docker against one of the two
  DOCKER_HOST=unix://$BATS_FILE_TMPDIR/$1.sock docker "${@:2}"
}

# nsenter, as `ip netns exec` would hide the cgroups.
start_engine() { # A|B
  local dir=$BATS_FILE_TMPDIR/$1
  mkdir -p "$dir"
  echo '{}' >"$dir/daemon.json"
  setsid nsenter "--net=/run/netns/$namespace$1" dockerd --config-file "$dir/daemon.json" --data-root "$dir/data" \
    --exec-root "/run/$namespace$1" --pidfile "$dir/pid" --host "unix://$BATS_FILE_TMPDIR/$1.sock" \
    --storage-driver vfs >"$dir/log" 2>&1 </dev/null 3>&- &
}

# Why this machine cannot run the test; empty when it can.
missing() {
  [[ $EUID -eq 0 ]] || {
    echo "network namespaces need root"
    return
  }
  command -v dockerd >/dev/null || {
    echo "there is no dockerd here"
    return
  }
  ip netns add "${namespace}X" 2>/dev/null || {
    echo "no network namespaces can be made here"
    return
  }
  ip -n "${namespace}X" link add type vxlan id 4242 dstport 4789 2>/dev/null ||
    echo "this kernel has no vxlan"
  ip netns delete "${namespace}X"
}

setup_file() {
  export namespace=npo$$
  reason=$(missing)
  export reason
  [[ -z $reason ]] || return 0
  local name token
  ip netns add "${namespace}A"
  ip netns add "${namespace}B"
  ip link add eth1 netns "${namespace}A" type veth peer name eth1 netns "${namespace}B"
  ip -n "${namespace}A" address add 10.251.0.1/24 dev eth1
  ip -n "${namespace}B" address add 10.251.0.2/24 dev eth1
  for name in A B; do
    ip -n "$namespace$name" link set lo up
    ip -n "$namespace$name" link set eth1 up
  done
  start_engine A
  start_engine B
  for name in A B; do
    wait_until 60 engine "$name" version >/dev/null 2>&1 || {
      tail -n 20 "$BATS_FILE_TMPDIR/$name/log" >&2
      return 1
    }
  done
  engine A swarm init --advertise-addr 10.251.0.1 >/dev/null
  token=$(engine A swarm join-token --quiet manager)
  engine B swarm join --advertise-addr 10.251.0.2 --token "$token" 10.251.0.1:2377 >/dev/null
  APP_IMAGE=$(unique network-overlay):v1
  export APP_IMAGE
  for name in A B; do
    DOCKER_HOST=unix://$BATS_FILE_TMPDIR/$name.sock make_image "$APP_IMAGE"
  done
}

teardown_file() {
  [[ -z $reason ]] || return 0
  local name pid ids
  for name in A B; do
    mapfile -t ids < <(engine "$name" container ls --all --quiet 2>/dev/null)
    [[ ${#ids[@]} -eq 0 ]] || engine "$name" container rm --force "${ids[@]}" >/dev/null 2>&1 || true
  done
  for name in A B; do
    pid=$(cat "$BATS_FILE_TMPDIR/$name/pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    wait_until 30 test ! -e "/proc/$pid" || kill -KILL "$pid"
  done
  for name in A B; do
    ip netns delete "$namespace$name" 2>/dev/null || true
    awk -v at="/run/$namespace$name/" -v data="$BATS_FILE_TMPDIR/" \
      'index($2, at) == 1 || index($2, data) == 1 { print $2 }' /proc/mounts | sort -r |
      xargs -r umount 2>/dev/null || true
    rm -rf -- "/run/$namespace$name"
  done
}

setup() {
  [[ -z $reason ]] || skip "$reason"
  network_tree
  n1=$(network_name n1)
  make_app app
}

on() { # A|B COMMAND...: with that Engine as the one there is
  DOCKER_HOST=unix://$BATS_FILE_TMPDIR/$1.sock "${@:2}"
}

@test "containers of one app on two Engines resolve and reach each other by alias" {
  local a b from
  run3 on A sub create "$n1" --driver overlay
  expect 0 "-----> Creating network $n1"
  run3 on A sub info "$n1" --format json
  jq -e '.Driver == "overlay" and .Scope == "swarm" and .DokkuManaged' "$out_file" || { cat "$out_file"; false; }
  wait_until 20 on B sub exists "$n1"

  property app attach-post-create "$n1"
  a=$(on A container --label com.dokku.process-type=web)
  b=$(on B container --label com.dokku.process-type=web)
  run3 on A hook post-container-create app "$a" app deploy web
  expect 0
  run3 on B hook post-container-create app "$b" app deploy web
  expect 0
  on A docker container start "$a"
  on B docker container start "$b"
  # Attached while it runs, as attach-post-deploy does.
  property app attach-post-create ""
  property app attach-post-deploy "$n1"
  from=$(on B deployed app worker 1)
  run3 on B hook core-post-deploy app "" "" latest
  expect 0 "-----> Associating app with network $n1"

  both() { [[ $(on B resolved "$from" app.web | wc -l) -eq 2 ]]; }
  wait_until 30 both
  [[ $(on A resolved "$a" app.worker) == "$(on B ip_on "$from" "$n1")" ]]
  wait_until 30 on B docker exec "$from" /bin/busybox ping -c 1 -W 2 "$(on A ip_on "$a" "$n1")"
  wait_until 30 on A docker exec "$a" /bin/busybox ping -c 1 -W 2 app.worker
  wait_until 30 on B docker exec "$from" /bin/busybox ping -c 1 -W 2 "${a:0:12}.app.web"

  on A docker container rm --force "$a" >/dev/null
  on B docker container rm --force "$b" "$from" >/dev/null
  removed() { on A sub destroy --force "$n1" >/dev/null 2>&1; }
  rm -r "$properties"
  wait_until 30 removed
  run3 on A sub exists "$n1"
  expect 1 "" " !     Network does not exist"
}

@test "an Engine that has left the swarm says what to do" {
  engine B swarm leave --force >/dev/null
  run3 on B sub create "$n1" --driver overlay
  [[ $status -eq 1 && $(wc -l <"$err_file") -eq 1 ]]
  [[ $stderr == *'Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'* ]]
}
