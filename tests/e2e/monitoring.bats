#!/usr/bin/env bats
# The Grafana dashboard and the Prometheus rules of monitoring/: each metric and label they name is on
# the page of a daemon that serves an app, and promtool is content with them and with the page.
# shellcheck disable=SC2030,SC2031

load helpers
load ports

# A daemon in the middle of what it can show: one port with a limit, one without, a connection that
# finishes on an older release.
setup_file() {
  local app port second image metrics_port
  metrics_port=$(free_port)
  export SCRATCH_DAEMON_OPTIONS="--metrics-port $metrics_port" SCRATCH_WAIT_TO_RETIRE=60
  ports_host_up
  ports_app
  second=$(free_port)
  ports_image "$port:5025 max-connections=50\n$second:5143"
  deploy >/dev/null
  exec {open}<>"/dev/tcp/127.0.0.1/$port"
  read -r -t 5 -u "$open"
  image=$(unique ports-image):v2
  ports_image "$port:5025 max-connections=50\n$second:5143" --version v2
  deploy >/dev/null
  serves "$port" v2
  export PAGE=$BATS_FILE_TMPDIR/page PROMTOOL=$repository/build/tools/promtool
  curl --silent --show-error --fail --max-time 10 "http://127.0.0.1:$metrics_port/metrics" >"$PAGE"
  ! command -v promtool >/dev/null || PROMTOOL=promtool
}
teardown_file() { ports_host_down; }

names() { python3 "$repository/tests/e2e/monitoring_names.py" "$PAGE" "$@"; }

need_promtool() {
  command -v "$PROMTOOL" >/dev/null || skip "no promtool: script/bootstrap promtool"
}

@test "every metric and label of the dashboard and the rules is on the daemon's page" {
  run3 names "$repository/monitoring/grafana-dashboard.json" "$repository/monitoring/alerts.yml"
  expect 0
}

@test "a metric, a label or a place in the dashboard that is not there is seen" {
  local dashboard=$BATS_TEST_TMPDIR/dashboard.json rules=$BATS_TEST_TMPDIR/rules.yml
  sed 's/dokku_ports_connections_draining/dokku_ports_draining/' \
    "$repository/monitoring/grafana-dashboard.json" >"$dashboard"
  run3 names "$dashboard"
  expect 1 "Still draining: no metric dokku_ports_draining"
  sed 's/{{app}} {{port}} {{container}}/{{app}} {{port}} {{backend}}/; s/"id": 2,/"id": 1,/' \
    "$repository/monitoring/grafana-dashboard.json" >"$dashboard"
  run3 names "$dashboard"
  expect 1 "Version: id 1 is another panel's too
Backends: no label backend in: dokku_ports_backend_up{instance=~\"\$instance\", app=~\"\$app\"}"
  sed 's/ignoring (container)/ignoring (backend)/; s/{reason="shortage"}/{cause="shortage"}/' \
    "$repository/monitoring/alerts.yml" >"$rules"
  run3 names "$rules"
  expect 1 "DokkuPortsNoBackend: no label backend in: dokku_ports_listening == 1 unless ignoring (backend) dokku_ports_backend_up == 1
DokkuPortsShortage: no label cause of dokku_ports_connections_failed_total"
}

@test "promtool finds no fault in the rules, the example configuration and the daemon's page" {
  need_promtool
  run3 "$PROMTOOL" check rules "$repository/monitoring/alerts.yml"
  [[ $status -eq 0 && $stdout == *"SUCCESS: "*" rules found"* && -z $stderr ]]
  run3 "$PROMTOOL" check config --lint-fatal "$repository/monitoring/prometheus.yml"
  [[ $status -eq 0 && $stdout == *" is valid prometheus config file syntax"* && -z $stderr ]]
  page() { "$PROMTOOL" check metrics <"$PAGE"; }
  run3 page
  expect 0
}

@test "each alert fires for its condition and not otherwise" {
  need_promtool
  local alert
  run3 "$PROMTOOL" test rules "$repository/monitoring/alerts_test.yml"
  [[ $status -eq 0 && -z $stderr ]]
  while read -r alert; do
    grep -qF "alertname=\"$alert\"" "$repository/monitoring/alerts_test.yml" || {
      echo "No test of the alert $alert" >&2
      return 1
    }
  done < <(sed -n -E 's/^ *- alert: (.*)/\1/p' "$repository/monitoring/alerts.yml")
}
