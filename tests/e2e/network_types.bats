#!/usr/bin/env bats
# Other networks than a plain bridge, made and used by the same commands.

load helpers
load network

setup_file() {
  APP_IMAGE=$(unique network-types):v1
  export APP_IMAGE
  make_image "$APP_IMAGE"
}

teardown_file() { docker image rm --force "$APP_IMAGE" >/dev/null; }

setup() {
  network_tree
  n1=$(network_name n1)
  make_app app
  # Of its own for each run: networks of two runs must not overlap.
  octet=$((RANDOM % 200 + 20))
}

teardown() {
  network_cleanup
  [[ -z ${parent:-} ]] || ip link delete "$parent"
}

# attached N: web.N of the app, attached to attach-post-create and started; its id.
attached() {
  local id
  id=$(container --label com.dokku.process-type=web)
  hook post-container-create app "$id" app deploy web >&2
  docker container start "$id" >/dev/null
  printf '%s\n' "$id" >"$DOKKU_ROOT/app/CONTAINER.web.$1"
  printf '%s' "$id"
}

reaches() { docker exec "$1" /bin/busybox ping -c 1 -W 5 "$2" >/dev/null; }

@test "bridge with subnet, gateway and IPv6" {
  local web other
  run3 sub create "$n1" --subnet "10.$octet.7.0/24" --gateway "10.$octet.7.254" --ipv6 \
    --subnet "fd00:$octet::/64" --opt com.docker.network.driver.mtu=1280
  expect 0 "-----> Creating network $n1"
  run3 sub info "$n1" --format json
  jq -e '.IPv6 and .DokkuManaged and .Driver == "bridge"' "$out_file"
  property app attach-post-create "$n1"
  web=$(attached 1)
  other=$(running --network "$n1")
  [[ $(ip_on "$web" "$n1") == "10.$octet.7."* ]]
  [[ $(docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' "$n1") == "10.$octet.7.254" ]]
  resolved "$other" app.web | grep -qxF "$(ip_on "$web" "$n1")"
  resolved "$other" app.web | grep -q "^fd00:$octet:"
  reaches "$other" app.web
  docker exec "$other" /bin/busybox ip -o link | grep -q 'mtu 1280'
}

@test "an app on an IPv6 network is listed with its IPv4 address, or else in brackets" {
  sub create "$n1" --ipv6 --subnet "fd00:$octet::/64" >/dev/null
  property app initial-network "$n1"
  scale app web=1
  local web
  web=$(deployed app web 1 --network "$n1")
  sub rebuild app >/dev/null
  [[ $(hook network-get-listeners app web) == "$(ip_on "$web" "$n1"):5000" ]]
  hook network-write-ipaddr app web 1 "fd00:$octet::2"
  [[ $(hook network-get-listeners app web) == "[fd00:$octet::2]:5000" ]]
}

@test "internal: the app's containers meet on a network that the Engine keeps closed" {
  local other
  run3 sub create "$n1" --internal
  expect 0 "-----> Creating network $n1"
  property app attach-post-create "$n1"
  attached 1 >/dev/null
  other=$(running --network "$n1")
  reaches "$other" app.web
  [[ $(docker network inspect --format '{{.Internal}}' "$n1") == true ]]
  run3 sub info "$n1"
  grep -qx '       Internal:       true' "$out_file"
}

@test "macvlan on an interface of the host" {
  [[ $EUID -eq 0 ]] || skip "a macvlan needs an interface of its own, and making one needs root"
  parent=np$((RANDOM % 10000))
  ip link add "$parent" type veth peer name "${parent}p" || skip "no veth interfaces here"
  ip link set "$parent" up
  ip link set "${parent}p" up
  run3 sub create "$n1" --driver macvlan --opt "parent=$parent" --subnet "10.$octet.8.0/24"
  [[ $stderr != *"not supported"* ]] || skip "no macvlan in this kernel: $stderr"
  expect 0 "-----> Creating network $n1"
  run3 sub info "$n1" --format json
  jq -e '.Driver == "macvlan"' "$out_file"
  property app attach-post-create "$n1"
  attached 1 >/dev/null
  local other
  other=$(running --network "$n1")
  [[ $(resolved "$other" app.web) == "10.$octet.8."* ]]
  reaches "$other" app.web
}

@test "overlay without a swarm: the error says what to do" {
  [[ $(docker info --format '{{.Swarm.LocalNodeState}}') == inactive ]] || skip "this Engine is in a swarm"
  run3 sub create "$n1" --driver overlay
  expect 1 "-----> Creating network $n1" \
    " !     Unable to create network: Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again."
}

@test "a driver that is not there, a subnet that is taken" {
  run3 sub create "$n1" --driver nosuch
  [[ $status -eq 1 && $(wc -l <"$err_file") -eq 1 && $stderr == *'"nosuch"'* ]]
  sub create "$n1" --subnet "10.$octet.7.0/24" >/dev/null
  run3 sub create "$(network_name n2)" --subnet "10.$octet.7.0/24"
  [[ $status -eq 1 && $(wc -l <"$err_file") -eq 1 ]]
  [[ $stderr == " !     Unable to create network: Error response from daemon: "*overlap* ]]
}

@test "create refuses flags that cannot be meant, before the Engine is asked" {
  export DOCKER_HOST=unix:///nowhere
  local flag
  for flag in --subnet=x --subnet=10.0.0.0 --gateway=10.0.0.1 --opt=x --opt==x --label=x \
    "--driver=a b" "--driver=" --label=com.dokku.network-name=other; do
    run3 sub create "$n1" "$flag"
    [[ $status -eq 1 && -z $stdout && $(wc -l <"$err_file") -eq 1 ]]
  done
  run3 sub create "$n1" --ipv6=maybe
  [[ $status -eq 2 && -z $stdout ]]
}
