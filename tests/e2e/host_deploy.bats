#!/usr/bin/env bats
# The scratch host's deploy: order, arguments, stdin, names and states. No plugin of ours runs here,
# only hooks written by the tests.

load helpers
load host_common

@test "git:from-image: texts, triggers in order, state files, container" {
  up --trace
  dokku apps:create "$app" >/dev/null
  : >"$HOST/trace.log"
  run3 dokku git:from-image "$app" "$APP_V1" </dev/null
  cid=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  short=${cid:0:12}
  stdout=$(sed -E 's/upcoming-[0-9]+/upcoming-RANDOM/' "$out_file")$'\n\n' # $() trims two
  expect 0 "-----> Generating build context
-----> Image exists on host, skipping pull
-----> Updating git repository with specified build context
-----> Cleaning up...
-----> Building $app from Dockerfile
-----> Releasing $app...
-----> Deploying $app via the docker-local scheduler...
-----> Deploying web (count=1)
       Attempting pre-flight checks (web.1)
       All checks successful (web.1)
=====> Start of $app container output ($short web.1)
=====> End of $app container output ($short web.1)
-----> Running post-deploy
-----> Renaming containers
       Renaming container $app.web.1.upcoming-RANDOM ($short) to $app.web.1
=====> Application deployed:
       http://$app.scratch.invalid
"
  [ "$(traced | grep -vE 'get|scale|network-c|network-b' | paste -sd ' ')" = \
    "core-post-extract post-extract pre-receive-app pre-build docker-args-build\
 docker-args-process-build post-build pre-release-builder post-release-builder docker-args-deploy\
 docker-args-process-deploy docker-args-deploy docker-args-process-deploy post-container-create\
 check-deploy network-write-ipaddr network-write-port scheduler-post-deploy-process\
 core-post-deploy post-deploy scheduler-deploy receive-app" ]

  ip=$(ip_of "$cid")
  [ "$(stat -c %s "$DOKKU_ROOT/$app/CONTAINER.web.1")" -eq 65 ]
  [ "$(stat -c %s "$DOKKU_ROOT/$app/IP.web.1")" -eq "${#ip}" ]
  [ "$(stat -c %s "$DOKKU_ROOT/$app/PORT.web.1")" -eq 4 ]
  [ "$(container_names)" = "$app.web.1" ]
  [ "$(docker container inspect --format \
    '{{index .Config.Labels "com.dokku.dyno"}} {{.HostConfig.RestartPolicy.Name}}' "$cid")" = \
    "web.1 on-failure" ]
  [[ $(docker container inspect --format '{{.Config.Env}}' "$cid") == *"DYNO=web.1 PORT=5000"* ]]
  [[ $(greeting "$ip") == "hello v1 "* ]]
  [ "$(cat "$HOST/run/upstreams/$app")" = "$ip:5000" ]

  # Arguments: once without a number (only a probe), then one call per container.
  [ "$(grep ^docker-args-deploy "$HOST/trace.log" | cut -f 4- | paste -sd '|')" = \
    "$app	latest	web|$app	latest	web	1" ]
  [ "$(grep ^docker-args-process-deploy "$HOST/trace.log" | cut -f 4- | paste -sd '|')" = \
    "$app	dockerfile	latest	web|$app	dockerfile	latest	web	1" ]
  [ "$(grep ^post-container-create "$HOST/trace.log" | cut -f 4-)" = \
    "app	$cid	$app	deploy	web" ]
  [ "$(grep ^check-deploy "$HOST/trace.log" | cut -f 4-)" = "$app	$cid	web	5000	$ip	1" ]
  [ "$(grep ^post-deploy "$HOST/trace.log" | cut -f 4-)" = "$app			latest" ]
  # stdin: a closed pipe, /dev/null, the rest of the scale, the caller's.
  [[ $(grep ^docker-args-deploy "$HOST/trace.log" | cut -f 3 | tail -n 1) == pipe:* ]]
  [[ $(grep ^check-deploy "$HOST/trace.log" | cut -f 3) == /dev/null ]]
  [[ $(grep ^scheduler-post-deploy-process "$HOST/trace.log" | cut -f 3) == pipe:* ]]
  [[ $(grep ^post-deploy "$HOST/trace.log" | cut -f 3) == /dev/null ]]
  # Hooks of a build run in the source tree, which is gone afterwards.
  [[ $(grep ^post-extract "$HOST/trace.log" | cut -f 2) == /tmp/dokku-* ]]
  [ ! -e "$(grep ^post-extract "$HOST/trace.log" | cut -f 2)" ]

  run3 dokku git:from-image "$app" "$APP_V1"
  [ "$status" -eq 1 ]
  [ "$stderr" = " !     No changes detected, skipping git commit
 !     Call 'ps:rebuild' on app to rebuild the app from existing source
" ]
}

@test "redeploy: the old container gets SIGTERM at once and is renamed, then retired" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook zz post-deploy <<<"docker container inspect -f '{{.State.Status}}' $old >'$HOST/seen'"
  run3 dokku git:from-image "$app" "$APP_V2"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $stdout == *"       Scheduling old container shutdown in 1 seconds (web.1)
"*"-----> Running post-deploy
-----> Renaming containers
       Found previous container(s) (${old:0:12}) named $app.web.1
       Renaming container (${old:0:12}) $app.web.1 to $app.web.1."*"
-----> Shutting down old containers in 1 seconds
"* ]]
  # Still running during post-deploy, ended by the signal right after it: it has no connection.
  [ "$(cat "$HOST/seen")" = running ]
  wait_until 5 exited "$old"
  [[ $(container_names | paste -sd ' ') =~ ^$app.web.1\ $app.web.1.[0-9]+$ ]]
  [[ $(greeting "$(<"$DOKKU_ROOT/$app/IP.web.1")") == "hello v2 "* ]]
  # ps:retire removes what is past its time.
  sed -i 's/ [0-9]*$/ 1/' "$DOKKU_LIB_ROOT/data/scheduler-docker-local/dead-containers"
  run3 dokku ps:retire
  expect 0
  gone "$old"
}

@test "redeploy: an open connection outlives the deploy until the hard stop" {
  up
  deploy_v1
  coproc client { exec socat - "TCP:$(<"$DOKKU_ROOT/$app/IP.web.1"):5000"; }
  read -r -t 5 -u "${client[0]}" line
  [[ $line == "hello v1 "* ]]
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  old=$(container_names | grep 'web.1\.')
  echo hi >&"${client[1]}"
  read -r -t 5 -u "${client[0]}" line
  [ "$line" = "v1: hi" ]
  wait_until 10 exited "$old"
}

@test "ps:scale: only changed types are deployed; surplus containers are orphans" {
  up
  dokku apps:create "$app" >/dev/null
  run3 dokku ps:scale "$app" web=2 worker=1
  expect 0 "-----> Scaling $app processes: web=2 worker=1"
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  [ "$(cd "$DOKKU_ROOT/$app" && echo CONTAINER.* PORT.*)" = \
    "CONTAINER.web.1 CONTAINER.web.2 CONTAINER.worker.1 PORT.web.1 PORT.web.2" ]
  [ "$(plugn trigger ps-current-scale "$app"; echo .)" = $'web=2\nworker=1.' ]
  worker=$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")
  run3 dokku ps:scale "$app" web=1 worker=1
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $stdout == *"       Scheduling orphaned container shutdown in 1 seconds (web.2)"* ]]
  [[ $stdout != *"Deploying worker"* ]]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")" = "$worker" ]
  [ "$(cd "$DOKKU_ROOT/$app" && echo CONTAINER.web.* IP.web.*)" = "CONTAINER.web.1 IP.web.1" ]
}

@test "ps:stop keeps the state files; ps:start releases and deploys; restore starts nothing stopped" {
  up --trace
  deploy_v1
  : >"$HOST/trace.log"
  run3 dokku ps:stop "$app"
  expect 0 "-----> Stopping $app"
  [ "$(traced | grep -v get-property | paste -sd ' ')" = "scheduler-stop post-stop" ]
  exited "$app.web.1"
  [ -e "$DOKKU_ROOT/$app/IP.web.1" ]
  : >"$HOST/trace.log"
  run3 dokku ps:restore
  expect 0
  [ "$(traced | head -n 1)" = pre-restore ]
  run ! grep -q ^pre-start "$HOST/trace.log"
  run3 dokku ps:start "$app"
  [ "$status" -eq 0 ]
  [ "$stderr" = " !     App has been detected as not running, releasing"$'\n' ]
  [[ $(greeting "$(<"$DOKKU_ROOT/$app/IP.web.1")") == "hello v1 "* ]]
  run3 dokku ps:start "$app"
  expect 0 "" " !     App $app already running"
}

@test "run: status and streams of the command, arguments from the hooks, nothing left" {
  up
  deploy_v1
  add_hook zz docker-args-process-run <<<'cat; printf " --env FROM_HOOK=yes"'
  add_hook zz post-container-create <<<'echo "$1 $3 $4" >&2'
  run3 dokku run "$app" sh -c 'echo "$FROM_HOOK"; exit 33'
  expect 33 "yes" "app $app run"
  [ "$(container_names)" = "$app.web.1" ]
}

@test "config:set and unset restart what is deployed" {
  up
  deploy_v1
  add_hook zz pre-release-builder <<<'echo "release $2"'
  run3 dokku config:set "$app" NEW=1
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $stdout == *"release $app"*"Deploying web (count=1)"* ]]
  [[ $(docker container inspect --format '{{.Config.Env}}' "$app.web.1") == *"NEW=1"* ]]
  run3 dokku config:get "$app" NEW
  expect 0 "1"
  run3 dokku config:unset --no-restart "$app" NEW
  expect 0 "-----> Unsetting NEW"
  run3 dokku config:get "$app" NEW
  expect 1
}

@test "as inside a push: refs on stdin reach post-deploy, one pipe for both outputs" {
  up
  add_hook zz post-deploy <<<'echo "refs: $(cat)"; echo to-stderr >&2'
  dokku apps:create "$app" >/dev/null
  SCRATCH_CALLER=git-hook run3 dokku git:from-image "$app" "$APP_V1"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $stdout =~ "refs: 0000000000000000000000000000000000000000 "[0-9a-f]{40}" refs/heads/master" ]]
  [[ $stdout == *to-stderr* ]]
}

@test "destroy and clone of a deployed app: containers go, the copy is built" {
  up
  deploy_v1
  run3 dokku apps:clone "$app" "$app-2"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "$(container_names | paste -sd ' ')" = "$app-2.web.1 $app.web.1" ]
  run3 dokku --force apps:destroy "$app"
  expect 0 "-----> Destroying $app (including all add-ons)
-----> Cleaning up...
-----> Retiring old containers and images"
  [ "$(container_names)" = "$app-2.web.1" ]
  run3 dokku apps:rename "$app-2" "$app-3"
  [ "$status" -eq 0 ]
  [ "$(container_names)" = "$app-3.web.1" ]
}

@test "down: leaves no process, container, network, image or file, and may be run twice" {
  up
  export SCRATCH_WAIT_TO_RETIRE=60
  deploy_v1
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  docker network create --label "$SCRATCH_HOST_LABEL" "$app" >/dev/null
  retirement=$(cut -d ' ' -f 1 "$HOST"/run/processes/retire-*)
  kill -0 "$retirement"
  label=$SCRATCH_HOST_LABEL
  run3 "$repository/tests/host/down" "$HOST"
  expect 0
  run ! kill -0 "$retirement"
  [ -z "$(docker container ls --all --quiet --filter "label=$label")" ]
  [ -z "$(docker network ls --quiet --filter "label=$label")" ]
  [ -z "$(docker image ls --all --quiet --filter "label=$label")" ]
  [ ! -e "$HOST" ]
  run3 "$repository/tests/host/down" "$HOST"
  expect 0
}
