# shellcheck shell=bash
# What belongs to no single core plugin: the `deployed` property, and the properties of all the
# host's own plugins when an app is copied or deleted.

OWN_PROPERTIES=(apps checks common config docker-options git ps)

trigger:core-post-deploy() { prop_set common "$1" deployed true; }

trigger:post-delete() {
  local plugin
  [[ -n ${1:-} ]] || fail "No app"
  for plugin in "${OWN_PROPERTIES[@]}"; do rm -rf -- "${DOKKU_LIB_ROOT:?}/config/$plugin/$1"; done
  rm -rf -- "$DOKKU_LIB_ROOT/data/apps/$1" "$DOKKU_LIB_ROOT/data/ps/$1"
}

# All but `common`: the copy counts as deployed only once it is.
copy_properties() {
  local plugin config="$DOKKU_LIB_ROOT/config"
  for plugin in "${OWN_PROPERTIES[@]}"; do
    [[ $plugin != common && -d $config/$plugin/$1 ]] || continue
    mkdir -p "$config/$plugin/$2"
    cp -a "$config/$plugin/$1/." "$config/$plugin/$2/"
  done
}

trigger:post-app-clone-setup() { copy_properties "$1" "$2"; }
trigger:post-app-rename-setup() { copy_properties "$1" "$2"; }
