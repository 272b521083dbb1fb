#!/usr/bin/env bats
# The test app: other tests draw conclusions from how exactly it closes, resets and ends.

load helpers

server=$repository/build/tests/host/image/echo_server

setup() {
  port=$(free_port)
  APP_VERSION=v7 "$server" "$port" 3>&- &
  pid=$!
  wait_until 5 listening
}

teardown() {
  kill -s KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true # else the shell reports the kill
}

listening() { [[ -n $(ss -Hltn "sport = :$port") ]]; }

ended() { ! kill -0 "$pid" 2>/dev/null; }

# Opens a connection on descriptor $1 and reads the greeting.
open() {
  eval "exec $1<>/dev/tcp/127.0.0.1/$port"
  read -r -t 5 -u "$1" line
  [[ $line == "hello v7 $(hostname)" ]]
}

say() { # LINE: sends it, half-closes, prints all that comes
  timeout 5 socat -t 5 - "$1" <<<"$2" 2>&1
}

@test "echo_server: greets and echoes lines, over IPv4 and IPv6, also a last one without newline" {
  run3 say "TCP4:127.0.0.1:$port" one
  expect 0 "$(printf 'hello v7 %s\nv7: one' "$(hostname)")"
  run3 say "TCP6:[::1]:$port" two
  expect 0 "$(printf 'hello v7 %s\nv7: two' "$(hostname)")"
  run3 timeout 5 socat -t 5 - "TCP4:127.0.0.1:$port" < <(printf 'a\r\nb')
  expect 0 "$(printf 'hello v7 %s\nv7: a\nv7: b' "$(hostname)")"
}

@test "echo_server: close ends cleanly, reset with a reset" {
  open 5
  echo close >&5
  run3 cat <&5
  expect 0
  open 6
  echo reset >&6
  run3 cat <&6
  expect 1 "" "cat: -: Connection reset by peer"
}

@test "echo_server: late answers after the client's half-close, with the bytes that came" {
  run3 timeout 5 socat -t 5 - "TCP4:127.0.0.1:$port" < <(printf 'late\n12345\n789')
  expect 0 "$(printf 'hello v7 %s\nlate 9' "$(hostname)")"
}

@test "echo_server: SIGTERM lets open connections finish, takes no new one, then exits with 0" {
  open 5
  kill -s TERM "$pid"
  wait_until 5 eval '! listening'
  echo still >&5
  read -r -t 5 -u 5 line
  [ "$line" = "v7: still" ]
  run ! ended
  exec 5>&-
  wait "$pid"
}

@test "echo_server: SIGTERM without connections ends it; IGNORE_TERM=1 does not" {
  kill -s TERM "$pid"
  wait "$pid"
  IGNORE_TERM=1 "$server" "$port" 3>&- &
  pid=$!
  wait_until 5 listening
  kill -s TERM "$pid"
  run3 say "TCP4:127.0.0.1:$port" here
  [[ $stdout == *": here"* ]]
}

@test "echo_server: what is no port, or is taken, is refused" {
  run3 "$server" 70000
  expect 2 "" "echo_server: not a port: 70000"
  run3 "$server" "$port"
  expect 1 "" "echo_server: cannot listen on $port: Address already in use"
}
