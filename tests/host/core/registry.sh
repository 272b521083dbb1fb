# shellcheck shell=bash
# Names of released images, and the old pre-deploy trigger.

trigger:deployed-app-repository() { :; }
trigger:deployed-app-image-repo() { :; }
trigger:deployed-app-image-tag() { :; }

# Fired only when a plugin other than 20_events has it, and then every deploy complains.
trigger:post-release-builder() {
  local hook found=0
  for hook in "$PLUGIN_ENABLED_PATH"/*/pre-deploy; do
    [[ ! -x $hook || $hook == */20_events/* ]] || found=1
  done
  ((found)) || return 0
  warn "Deprecated: please upgrade plugin to use 'pre-release-builder' plugin trigger" \
    "instead of pre-deploy"
  fire pre-deploy "$2" latest
}
