#!/usr/bin/env bats
# The scratch host's deploy where hooks go wrong: what is punished, and what each failure leaves
# behind. No plugin of ours runs here, only hooks written by the tests.

load helpers
load host_common

@test "a hook that reads stdin inside the scale loop loses the other process types" {
  up
  dokku apps:create "$app" >/dev/null
  dokku ps:scale "$app" web=1 worker=1 >/dev/null
  dokku git:from-image "$app" "$APP_V2" >/dev/null
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")
  add_hook zz scheduler-post-deploy-process <<<'cat >/dev/null'
  run3 dokku ps:rebuild "$app"
  [ "$status" -eq 0 ]
  [[ $stdout == *"Deploying web "* && $stdout != *"Deploying worker "* ]]
  # ... and still their old containers are ended.
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.worker.1")" = "$old" ]
  wait_until 10 exited "$old"
}

@test "docker arguments: split as xargs does; an unmatched quote swallows the whole command" {
  up
  add_hook zz docker-args-deploy <<<'cat; printf " --label \"a=c  d\" --label q=\\\$x"'
  dokku apps:create "$app" >/dev/null
  dokku config:set --no-restart "$app" "SAID=it's  \"so\"" >/dev/null
  dokku git:from-image "$app" "$APP_V1" >/dev/null
  labels=$(docker container inspect --format '{{json .Config}}' "$app.web.1")
  [[ $labels == *'"a":"c  d"'* && $labels == *'"q":"$x"'* ]]
  [[ $labels == *"SAID=it's  \\\"so\\\""* ]]
  add_hook zz docker-args-deploy <<<"cat; printf \" --label it's\""
  run3 dokku ps:restart "$app"
  [ "$status" -eq 1 ]
  [[ $stderr == *"unmatched single quote"* ]]
  [ "$(container_names)" = "$app.web.1" ]
}

@test "docker arguments: a failing hook aborts the deploy before anything is created" {
  up
  deploy_v1
  add_hook zz docker-args-process-deploy <<<'echo bad >&2; exit 9'
  run3 dokku ps:restart "$app"
  expect 1 "-----> Deploying web (count=1)" "bad
 !     bad
"
  [ "$(container_names)" = "$app.web.1" ]
}

@test "failure in post-container-create: the container stays behind, the old one serves" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook zz post-container-create <<<'exit 6'
  run3 dokku ps:restart "$app"
  [ "$status" -eq 1 ]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" = "$old" ]
  left=$(container_names | grep upcoming)
  [ "$(docker container inspect --format '{{.State.Status}}' "$left")" = created ]
  [[ $(greeting "$(ip_of "$old")") == "hello v1 "* ]]
}

@test "failure in check-deploy: the new container is stopped, post-deploy is not fired" {
  up --trace
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  : >"$HOST/trace.log"
  add_hook zz check-deploy <<<'echo "not well" >&2; exit 3'
  run3 dokku git:from-image "$app" "$APP_V2"
  [ "$status" -eq 1 ]
  [ "$stderr" = $'not well\n' ]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" = "$old" ]
  exited "$(container_names | grep upcoming)"
  run ! grep -q post-deploy "$HOST/trace.log"
  grep -q ^scheduler-register-retired "$HOST/trace.log"
}

@test "failure in core-post-deploy: state points at the new container, post-deploy is not fired" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook network2 core-post-deploy <<<'exit 8' # before scheduler-docker-local renames
  add_hook zz post-deploy <<<"touch '$HOST/fired'"
  run3 dokku ps:restart "$app"
  [ "$status" -eq 1 ]
  [ ! -e "$HOST/fired" ]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" != "$old" ]
  [[ $(container_names | paste -sd ' ') =~ ^$app.web.1\ $app.web.1.upcoming-[0-9]+$ ]]
  [ "$(docker container inspect --format '{{.State.Running}}' "$old")" = true ]
  grep -q "^$app $old " "$DOKKU_LIB_ROOT/data/scheduler-docker-local/dead-containers"
}

@test "failure in pre-release-builder: nothing is deployed; post-extract cannot refuse" {
  up
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  add_hook zz pre-release-builder <<<'echo "$*"; exit 5'
  add_hook zz post-extract <<<'exit 5'
  run3 dokku git:from-image "$app" "$APP_V2"
  [ "$status" -eq 1 ]
  [[ $stdout == *"-----> Releasing $app..."$'\n'"dockerfile $app dokku/$app:latest"$'\n' ]]
  [ "$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")" = "$old" ]
  [ "$(container_names)" = "$app.web.1" ]
}

@test "pre-deploy: fired only when a plugin has it, with a complaint each time" {
  up
  add_hook zz pre-deploy <<<'echo "pre-deploy $*"'
  dokku apps:create "$app" >/dev/null
  run3 dokku git:from-image "$app" "$APP_V1"
  [ "$status" -eq 0 ]
  [[ $stdout == *"pre-deploy $app latest"* ]]
  [ "$stderr" = " !     Deprecated: please upgrade plugin to use 'pre-release-builder' plugin trigger instead of pre-deploy"$'\n' ]
}

@test "checks:disable stops the old container before the new one starts" {
  up --trace
  deploy_v1
  old=$(<"$DOKKU_ROOT/$app/CONTAINER.web.1")
  run3 dokku checks:disable "$app"
  expect 0 "-----> Disabling zero downtime for app ($app)"
  : >"$HOST/trace.log"
  run3 dokku ps:restart "$app"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $stdout == *"       Zero downtime is disabled, stopping currently running containers  (web)
       Stopping $old (web)"* && $stdout != *pre-flight* ]]
  run ! grep -q ^check-deploy "$HOST/trace.log"
  exited "$old"
  dokku checks:enable "$app" >/dev/null
  run3 dokku ps:restart "$app"
  [[ $stdout == *"pre-flight checks (web.1)"* ]]
}

@test "one deploy at a time: the second is refused" {
  up
  deploy_v1
  exec {lock}>"$DOKKU_LIB_ROOT/data/apps/$app/.deploy.lock"
  flock "$lock"
  run3 dokku ps:restart "$app"
  refusal=" !     $app currently has a deploy lock in place. Exiting..."
  expect 1 "" "$refusal
 !     $refusal
"
}
