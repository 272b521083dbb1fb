# shellcheck shell=bash
# For script/demo and script/soak: a scratch host, and two releases v1 and v2 of a TCP app with the
# same PORTS file. Sets work, host, app and port; everything goes at exit.

app=traffic-$$
work=$(mktemp -d)
host=$work/host
# The mail port's unprivileged cousin, or the next one that nobody uses.
port=2525
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done

started=() # pids to end at exit

clean_up() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  tests/host/down "$host" >/dev/null 2>&1 || true
  docker image rm --force "local/$app:v1" "local/$app:v2" >/dev/null 2>&1 || true
  rm -rf -- "$work"
}
trap clean_up EXIT

make_host() {
  local lines
  lines=$(tests/host/up "$host" 2>"$work/up.log") || {
    cat "$work/up.log" >&2
    return 1
  }
  eval "$lines"
}

make_releases() {
  local release
  printf '%s:5025\n' "$port" >"$work/PORTS"
  for release in v1 v2; do
    tests/host/image/make "local/$app:$release" --version "$release" --listen 5025 \
      --ports-file "$work/PORTS" >/dev/null
  done
}

# start_traffic OPTION...: sets traffic (its pid); rows go to $work/traffic, the word in $work/phase
# is shown with each.
start_traffic() {
  build/tests/traffic/traffic "$port" --phase "$work/phase" "$@" >"$work/traffic" 2>&1 &
  traffic=$!
  started+=("$traffic")
}

# Until the table has so many more rows, a row a second.
wait_rows() {
  local last
  last=$(($(grep -c 's  ' "$work/traffic" || true) + $1))
  while (($(grep -c 's  ' "$work/traffic" || true) < last)) && kill -0 "$traffic" 2>/dev/null; do
    read -rt 0.1 <> <(:) || true
  done
}

# Ends the traffic; its status: 0 when no connection failed.
end_traffic() {
  local status=0
  kill "$traffic" 2>/dev/null || true
  wait "$traffic" || status=$?
  return "$status"
}
