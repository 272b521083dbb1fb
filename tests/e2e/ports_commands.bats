#!/usr/bin/env bats
# The subcommands of the ports role and its block of `dokku report`.

load helpers
load ports

setup_file() { ports_host_up; }
teardown_file() { ports_host_down; }
setup() { ports_app; }

@test "ports-set: in effect at once, in place of the file, and back" {
  local second
  second=$(free_port)
  ports_image "$port:5025"
  deploy >/dev/null
  run3 dokku netports:ports-set "$app" "$second:5143" process=web
  expect 0 "=====> Setting mappings to $second:5143 process=web"
  serves "$second" v1
  is_closed "$port"
  run3 dokku netports:ports-set "$app" none
  expect 0 "=====> Setting mappings to none"
  is_closed "$second"
  run3 dokku netports:ports-set "$app"
  expect 0 "=====> Unsetting mappings"
  serves "$port" v1
}

@test "ports-set: a word that is no mapping, and a file that is wrong, change nothing" {
  run3 dokku netports:ports-set "$app" foo:5025
  expect 1 "" ' !     mappings:1:1: "foo" is not a public port (1 to 65535)'
  run3 dokku netports:ports-set "$app" $'25:5025\n143:5143'
  expect 1 "" ' !     Invalid mapping: "25:5025\x0a143:5143"'
  run3 dokku netports:ports-set "$app" 25:5025 --privileged
  expect 2 "" "Usage: dokku netports:ports-set <app> [<mapping>...]
unknown flag: --privileged"
  run3 dokku netports:ports-set -- "$app" 25:5025 --privileged
  expect 1 "" ' !     mappings:2:1: "--privileged" is not public:private'
  run3 dokku netports:ports-set "$app" ""
  expect 1 "" " !     No mapping specified"
  [ ! -e "$DOKKU_LIB_ROOT/config/netports/$app/mappings" ]
  run3 dokku netports:ports-set nosuch-app 25:5025
  expect 20 "" " !     App nosuch-app does not exist"
}

@test "ports-set counts in place of an image whose PORTS is wrong" {
  dokku netports:ports-set "$app" "$port:5025" >/dev/null
  ports_image "nonsense"
  run3 release
  expect 0 "" ' !     PORTS:1:1: "nonsense" is not public:private'
}

@test "without the daemon no command reports success" {
  host_daemon stop
  run3 dokku netports:ports
  local ports_status=$status
  run3 dokku netports:ports-reload
  local reload_status=$status
  run3 dokku netports:ports-set "$app" "$port:5025"
  host_daemon start
  [ "$ports_status$reload_status$status" = 111 ]
  [[ $stderr == " !     The forwarder does not answer on $DOKKU_PORTS_SOCKET: "* ]]
  [ ! -e "$DOKKU_LIB_ROOT/config/netports/$app/mappings" ]
}

@test "ports: a table, JSON, and what is wrong in words" {
  ports_image "$port:5025"
  deploy >/dev/null
  run3 dokku netports:ports "$app"
  [ "$status" -eq 0 ]
  [ "$(sed -n 1p "$out_file")" = "=====> Public ports of $app" ]
  [[ $(sed -n 2p "$out_file") == PUBLIC\ *APP\ *PROCESS\ *PRIVATE\ *STATE\ *OPEN\ *IN\ *OUT\ *BACKEND\ *ADDRESS ]]
  [[ $(sed -n 3p "$out_file") =~ ^$port\ +$app\ +web\ +5025\ +listening\ .*web\.1\ up,\ 0\ open\ +[0-9.]+:5025$ ]]
  run3 dokku netports:ports "$app" --format json
  [ "$status" -eq 0 ]
  [ "$(jq -r '.ports[0].listen, .ports[0].app, .ports[0].private_port' "$out_file" | paste -sd ' ')" = \
    "$port $app 5025" ]
  run3 dokku netports:ports nosuch-app
  expect 20 "" " !     App nosuch-app does not exist"
  # A file that somebody broke by hand: the problem is named, the other apps are served.
  echo nonsense >"$DOKKU_ROOT/$app/PORTS"
  run3 dokku netports:ports-reload
  [ "$status" -eq 0 ]
  run3 dokku netports:ports "$app"
  [ "$status" -eq 0 ]
  [[ $stdout == *" !     App $app: PORTS:1:1: \"nonsense\" is not public:private"$'\n'* ]]
}

@test "ports-check: a file, stdin, JSON" {
  local file=$BATS_TEST_TMPDIR/PORTS
  printf '25:5025\r\n6000-6010:7000-7010\n' >"$file"
  run3 dokku netports:ports-check "$file"
  expect 0 "-----> $file is valid: 25, 6000-6010"
  run3 dokku netports:ports-check - <"$file"
  expect 0 "-----> PORTS is valid: 25, 6000-6010"
  printf '# none\n' >"$file"
  run3 dokku netports:ports-check "$file"
  expect 0 "-----> $file is valid and has no public ports"
  printf '\n\n25:50x25\n' >"$file"
  run3 dokku netports:ports-check "$file"
  expect 1 "" " !     $file:3:4: \"50x25\" is not a private port (1 to 65535)"
  run3 dokku netports:ports-check "$file" --format json
  expect 1 '{"valid":false,"line":3,"column":4,"reason":"\"50x25\" is not a private port (1 to 65535)"}'
  run3 dokku netports:ports-check
  expect 2 "" "Usage: dokku netports:ports-check <file> [--app <app>] [--format text|json]
a file is needed, or - for stdin"
  run3 dokku netports:ports-check /nonexistent/PORTS
  expect 1 "" " !     Unable to read /nonexistent/PORTS: No such file or directory"
  run3 dokku netports:ports-check /
  expect 1 "" " !     Unable to read /: It is not a regular file"
}

# They were passed over, and `ports` of two apps showed the first.
@test "words that a command does not know are a usage error, and nothing is done" {
  run3 dokku netports:ports "$app" extra
  expect 2 "" "Usage: dokku netports:ports [<app>] [--format text|json] [--connections] [--watch]
unexpected word: extra"
  run3 dokku netports:ports nosuch-app --format xml
  expect 2 "" 'Usage: dokku netports:ports [<app>] [--format text|json] [--connections] [--watch]
invalid argument "xml" for "--format" flag: use text or json'
  run3 dokku netports:ports-reload extra
  expect 2 "" "Usage: dokku netports:ports-reload
unexpected word: extra"
  run3 dokku netports:takeover on extra
  expect 2 "" "Usage: dokku netports:takeover on|off|status
unexpected word: extra"
  run3 dokku netports:takeover status
  expect 0 "Network role:  core"
}

# They ended with status 1, or dropped a word and did something else.
@test "words that are missing, and an app beside --global, are usage errors" {
  local usage="Usage: dokku netports:set <app|--global> <property> (<value>)"
  run3 dokku netports:ports-set
  expect 2 "" "Usage: dokku netports:ports-set <app> [<mapping>...]
an app is needed"
  run3 dokku netports:set
  expect 2 "" "$usage
an app is needed, or --global"
  run3 dokku netports:set "$app"
  expect 2 "" "$usage
a property is needed"
  run3 dokku netports:set --global
  expect 2 "" "$usage
a property is needed"
  run3 dokku netports:set "$app" --global forward-via container
  expect 2 "" "$usage
an app and --global exclude each other"
  run3 dokku netports:report "$app" --global
  expect 2 "" "Usage: dokku netports:report [<app>] [<flag>] [--global] [--format stdout|json]
an app and --global exclude each other"
  local scope valid=" !     Invalid property specified, valid properties include: allowed-ports, attach-post-create, attach-post-deploy, bind-all-interfaces, forward-via, initial-network, static-web-listener, tld"
  for scope in "$app" --global; do
    run3 dokku netports:set "$scope" nosuch x
    expect 1 "" "$valid"
  done
  run3 dokku netports:set --global static-web-listener 127.0.0.1:80
  expect 1 "" " !     Property cannot be specified globally"
}

@test "report: a flag that is none is refused, with apps and without" {
  run3 dokku netports:report --bogus
  [[ $status -eq 1 && -z $stdout && $stderr == " !     Invalid flag passed, valid flags: --netports-allowed-ports, "* ]]
  local with=$stderr
  mkdir "$BATS_TEST_TMPDIR/none"
  DOKKU_ROOT=$BATS_TEST_TMPDIR/none run3 \
    "$PLUGIN_ENABLED_PATH/netports/subcommands/report" netports:report --bogus
  [[ $status -eq 1 && -z $stdout && $stderr == "$with" ]]
  DOKKU_ROOT=$BATS_TEST_TMPDIR/none run3 \
    "$PLUGIN_ENABLED_PATH/netports/subcommands/report" netports:report --netports-ports
  expect 0 "" " !     You haven't deployed any applications yet"
}

@test "set: forward-via and allowed-ports, checked before they are stored" {
  run3 dokku netports:set "$app" forward-via published
  expect 0 "=====> Setting forward-via to published
       It takes effect at the next deploy"
  run3 dokku netports:set "$app" forward-via
  expect 0 "=====> Unsetting forward-via
       It takes effect at the next deploy"
  run3 dokku netports:set "$app" forward-via magic
  expect 1 "" ' !     Invalid value for forward-via: "magic" is not container or published'
  run3 dokku netports:set --global allowed-ports 1-5-6
  expect 1 "" ' !     Invalid value for allowed-ports: "1-5-6" is not a port or a range of ports (1 to 65535)'
  run3 dokku netports:set "$app" allowed-ports 1, 2
  expect 2 "" "Usage: dokku netports:set <app|--global> <property> (<value>)
unexpected word: 2"
  run3 dokku netports:set nosuch-app forward-via published
  expect 20 "" " !     App nosuch-app does not exist"
  [ -z "$(find "$DOKKU_LIB_ROOT/config/netports/$app" -type f 2>/dev/null)" ]
}

# It printed a heading and nothing else.
@test "ports: without a port it says so, and what to do next" {
  local next="put a file PORTS into the image and deploy, or run dokku netports:ports-set"
  run3 dokku netports:ports "$app"
  expect 0 "=====> Public ports of $app
       None: $next $app <mapping>..."
  run3 dokku netports:ports "$app" --connections
  expect 0 "=====> Connections of $app
       None: $next $app <mapping>..."
  run3 dokku netports:ports "$app" --connections --format json
  expect 0 "[]"
  run3 dokku netports:ports "$app" --format json
  [ "$status" -eq 0 ]
  jq -e '.ports == []' "$out_file"
  dokku netports:ports-set "$app" none >/dev/null
  run3 dokku --quiet netports:ports "$app"
  expect 0 "       None: dokku netports:ports-set $app <mapping>... gives it some, dokku netports:ports-set $app alone those of its PORTS file"
  # Nobody has told the forwarder yet.
  dokku netports:ports-set "$app" >/dev/null
  echo "$port:5025" >"$DOKKU_ROOT/$app/PORTS"
  run3 dokku netports:ports "$app"
  expect 0 "=====> Public ports of $app
       None yet: dokku netports:ports-reload makes the forwarder read those of $app"
  dokku netports:ports-reload >/dev/null
  run3 dokku netports:ports "$app"
  [ "$status" -eq 0 ]
  [[ $stdout != *None* && $stdout =~ $port\ +$app\  ]]
  run3 dokku netports:ports "$app" --connections
  expect 0 "=====> Connections of $app
       None is open"
}

@test "ports: without a port of any app" {
  local name
  for name in "$DOKKU_ROOT"/*/PORTS "$DOKKU_LIB_ROOT"/config/netports/*/mappings; do rm -f "$name"; done
  dokku netports:ports-reload >/dev/null
  run3 dokku netports:ports
  expect 0 "=====> Public ports
       None: put a file PORTS into the image and deploy, or run dokku netports:ports-set <app> <mapping>..."
  run3 dokku netports:ports --format json
  [ "$status" -eq 0 ]
  jq -e '.ports == []' "$out_file"
}

# It knew the built-in list alone, and called a file valid that no app could be released with.
@test "ports-check: without --app the global property counts" {
  local file=$BATS_TEST_TMPDIR/PORTS
  printf '25:5025\n443:5443\n' >"$file"
  dokku netports:set --global allowed-ports 443,1024-65535 >/dev/null
  run3 dokku netports:ports-check "$file"
  local global=$status warnings=$stderr
  run3 dokku netports:ports-check "$file" --format json
  cp "$out_file" "$BATS_TEST_TMPDIR/json"
  printf 'nonsense' >"$DOKKU_LIB_ROOT/config/netports/--global/allowed-ports"
  run3 dokku netports:ports-check "$file"
  dokku netports:set --global allowed-ports >/dev/null
  expect 1 "" ' !     Unable to use the global property allowed-ports: "nonsense" is not a port or a range of ports (1 to 65535)'
  [ "$global" -eq 0 ]
  [ "$warnings" = " !     Public port 25 is refused unless property allowed-ports names it"$'\n' ]
  jq -e '.valid and (.warnings | length) == 1' "$BATS_TEST_TMPDIR/json"
}

@test "ports-check: warns of ports that need allowed-ports, with --app it asks for that app's" {
  local file=$BATS_TEST_TMPDIR/PORTS entry words
  printf '25:5025\n443:5443\n10.0.0.1:22:22\n' >"$file"
  run3 dokku netports:ports-check "$file"
  expect 0 "-----> $file is valid: 25, 443, 10.0.0.1:22" \
    " !     Public port 443 is refused unless property allowed-ports names it
 !     Public port 10.0.0.1:22 is refused unless property allowed-ports names it"
  run3 dokku netports:ports-check "$file" --format json
  [ "$status" -eq 0 ]
  jq -e '.valid and (.ports | length) == 3 and (.warnings | length) == 2' "$out_file"
  run3 dokku netports:ports-check "$file" --app "$app"
  expect 1 "" " !     Public port 443 is not allowed for app $app: Property allowed-ports is 1-21,23-79,81-442,444-65535"
  run3 dokku netports:ports-check "$file" --app "$app" --format json
  expect 1 "{\"valid\":false,\"reason\":\"Public port 443 is not allowed for app $app: Property allowed-ports is 1-21,23-79,81-442,444-65535\"}"
  dokku netports:set "$app" allowed-ports 22,443 >/dev/null
  run3 dokku netports:ports-check "$file" --app="$app"
  expect 1 "" " !     Public port 25 is not allowed for app $app: Property allowed-ports is 22,443"
  dokku netports:set "$app" allowed-ports 22,25,443 >/dev/null
  # Wherever Dokku finds its --app.
  for words in "netports:ports-check $file --app $app" "--app $app netports:ports-check $file"; do
    # shellcheck disable=SC2086
    run3 dokku $words
    expect 0 "-----> $file is valid: 25, 443, 10.0.0.1:22"
  done
  run3 dokku netports:ports-check "$file" --app nosuch-app
  expect 20 "" " !     App nosuch-app does not exist"
}

@test "ports-check: without Dokku, in a clone" {
  printf '80:5080\n' >"$BATS_TEST_TMPDIR/PORTS"
  cd "$repository"
  run3 env -i build/plugin/subcommands/ports-check ports-check "$BATS_TEST_TMPDIR/PORTS"
  expect 0 "-----> $BATS_TEST_TMPDIR/PORTS is valid: 80" \
    " !     Public port 80 is refused unless property allowed-ports names it"
}

@test "report: a block of its own, and the staged file in it" {
  echo '25:5025' >"$DOKKU_ROOT/$app/PORTS"
  echo '26:5025 process=imap' >"$DOKKU_ROOT/$app/PORTS.staged"
  local block="=====> $app netports information
       Netports allowed ports:          
       Netports computed allowed ports: 1-21,23-79,81-442,444-65535
       Netports computed forward via:   container
       Netports forward via:            
       Netports global allowed ports:   
       Netports global forward via:     
       Netports ports:                  25:5025
       Netports problem:                
       Netports source:                 file
       Netports staged:                 26:5025 process=imap"
  run3 "$PLUGIN_ENABLED_PATH/netports/report" "$app"
  expect 0 "$block"
  run3 dokku netports:report "$app"
  expect 0 "$block"
  run3 dokku --quiet --app "$app" netports:report
  expect 0 "$(tail -n +2 <<<"$block")"
  run3 "$PLUGIN_ENABLED_PATH/netports/report" nosuch-app
  expect 20 "" " !     App nosuch-app does not exist"
}

@test "report: of all apps, of what holds for all, one value, JSON" {
  local other flags
  other=$(unique pt)
  dokku apps:create "$other" >/dev/null
  mkdir "$DOKKU_ROOT/lost+found"
  echo '25:5025' >"$DOKKU_ROOT/$app/PORTS"
  dokku netports:set "$other" forward-via published >/dev/null
  run3 dokku netports:report
  [[ $status -eq 0 && -z $stderr ]]
  LC_ALL=C sort --check <(grep '^=====>' "$out_file")
  grep -qx "=====> $app netports information" "$out_file"
  grep -qx "=====> $other netports information" "$out_file"
  [[ $stdout != *lost+found* ]]
  run3 dokku netports:report "$app" --netports-ports
  expect 0 25:5025
  run3 dokku netports:report "$other" --netports-computed-forward-via
  expect 0 published
  run3 dokku netports:report --global
  expect 0 "=====> --global netports information
       Netports computed allowed ports: 1-21,23-79,81-442,444-65535
       Netports computed forward via:   container
       Netports global allowed ports:   
       Netports global forward via:     "
  run3 dokku netports:report "$app" --format json
  [ "$status" -eq 0 ]
  jq -e 'length == 20 and .ports == "25:5025" and .["netports-ports"] == "25:5025"' "$out_file"
  [[ $(jq -c . "$out_file") == "$(jq -cS . "$out_file")" ]]
  run3 dokku netports:report --global --format json
  [ "$status" -eq 0 ]
  jq -e 'length == 8 and .["computed-forward-via"] == "container" and (has("ports") | not)' "$out_file"
  flags="--netports-allowed-ports, --netports-computed-allowed-ports, --netports-computed-forward-via, --netports-forward-via, --netports-global-allowed-ports, --netports-global-forward-via, --netports-ports, --netports-problem, --netports-source, --netports-staged"
  run3 dokku netports:report "$app" --network-tld
  expect 1 "" " !     Invalid flag passed, valid flags: $flags"
  run3 dokku netports:report "$app" --netports-ports --netports-source
  expect 1 "" " !     netports:report command allows only a single flag"
  run3 dokku netports:report "$app" --netports-ports --format json
  expect 1 "" " !     --format flag cannot be specified when specifying an info flag"
  run3 dokku netports:report nosuch-app
  expect 20 "" " !     App nosuch-app does not exist"
  rmdir "$DOKKU_ROOT/lost+found"
}
