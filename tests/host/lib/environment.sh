# shellcheck shell=bash
# The environment a Dokku host gives to every plugin executable, for the host in $SCRATCH_HOST.
# Paths are always this host's own, so a real Dokku on the machine is never touched.

[[ -n ${SCRATCH_HOST:-} ]] || {
  echo "SCRATCH_HOST is not set: eval the output of tests/host/up first" >&2
  exit 1
}

export SCRATCH_HOST
SCRATCH_LIB=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
SCRATCH_HOST_ID=$(<"$SCRATCH_HOST/run/id")
export SCRATCH_LIB SCRATCH_HOST_ID
# `down` finds containers, networks and images by this label.
export SCRATCH_HOST_LABEL="com.dokku.scratch-host=$SCRATCH_HOST_ID"

# Dokku reads these before it computes defaults, so any variable can be preset there.
for scratch_preset in "$SCRATCH_HOST/home/dokkurc" "$SCRATCH_HOST"/home/.dokkurc/*; do
  # shellcheck source=/dev/null
  [[ ! -f $scratch_preset ]] || source "$scratch_preset"
done
unset scratch_preset

export DOCKER_BIN="${DOCKER_BIN:-docker}"
export DOKKU_ROOT="$SCRATCH_HOST/home" DOKKU_HOST_ROOT="$SCRATCH_HOST/home"
export DOKKU_LIB_PATH="$SCRATCH_HOST/lib" DOKKU_LIB_ROOT="$SCRATCH_HOST/lib"
export PLUGIN_PATH="$DOKKU_LIB_ROOT/plugins"
export PLUGIN_AVAILABLE_PATH="$PLUGIN_PATH/available" PLUGIN_ENABLED_PATH="$PLUGIN_PATH/enabled"
export PLUGIN_CORE_PATH="$DOKKU_LIB_ROOT/core-plugins"
export PLUGIN_CORE_AVAILABLE_PATH="$PLUGIN_CORE_PATH/available"
export PLUGIN_CORE_ENABLED_PATH="$PLUGIN_CORE_PATH/enabled"
DOKKU_SYSTEM_USER=$(id -un)
DOKKU_SYSTEM_GROUP=$(id -gn)
export DOKKU_SYSTEM_USER DOKKU_SYSTEM_GROUP
export DOKKU_API_VERSION=1 DOKKU_NOT_IMPLEMENTED_EXIT=10 DOKKU_VALID_EXIT=0
export DOKKU_LOGS_DIR="$SCRATCH_HOST/log" DOKKU_LOGS_HOST_DIR="$SCRATCH_HOST/log"
export DOKKU_EVENTS_LOGFILE="$SCRATCH_HOST/log/events.log"
export DOKKU_CONTAINER_LABEL=dokku
DOKKU_GLOBAL_RUN_ARGS="--label=org.label-schema.schema-version=1.0"
DOKKU_GLOBAL_RUN_ARGS+=" --label=org.label-schema.vendor=dokku --label=dokku"
DOKKU_GLOBAL_RUN_ARGS+=" --label=$SCRATCH_HOST_LABEL"
export DOKKU_GLOBAL_RUN_ARGS DOKKU_GLOBAL_BUILD_ARGS="$DOKKU_GLOBAL_RUN_ARGS"

# What tells the plugin that this is no machine to install services on.
export DOKKU_PORTS_NO_SERVICE=1
export DOKKU_PORTS_SOCKET="$SCRATCH_HOST/run/control.sock"

# First, also when another host was used in this shell before.
export PATH="$SCRATCH_HOST/bin:${PATH//"$SCRATCH_HOST/bin:"/}"
