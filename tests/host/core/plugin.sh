# shellcheck shell=bash
# plugin:*: what surrounds plugn. Dokku demands root here; everything of this host is the caller's.

help_lines() {
  cat <<'HELP'
plugin, Manage installed plugins
plugin:disable <name>, Disable an installed plugin (third-party only)
plugin:enable <name>, Enable a previously disabled plugin
plugin:install [--core|git-url] [--committish branch|commit|tag] [--name custom-plugin-name], Optionally download git-url and run install trigger for active plugins
plugin:list [--format json|stdout], Print active plugins
plugin:trigger <args...>, Trigger an arbitrary plugin hook
plugin:uninstall <name>, Uninstall a plugin (third-party only)
plugin:update [name [committish]], Optionally update named plugin from git and run update trigger for active plugins
HELP
}

prime_completion() {
  info1_quiet "Priming bash-completion cache"
  dokku --quiet help --all </dev/null 2>/dev/null | awk '{ print $1 }' \
    >"$SCRATCH_HOST/run/completion" || true
}

enable_plugin() {
  [[ ! -e $PLUGIN_ENABLED_PATH/$1 ]] || fail "Plugin already enabled"
  [[ -e $PLUGIN_AVAILABLE_PATH/$1 ]] || fail "Plugin does not exist"
  plugn enable "$1"
  info1_quiet "Plugin $1 enabled"
}

# Without --name a plugin is called like its repository; a tarball keeps its .tar.gz.
default_name() {
  local name=${1%/}
  name=${name##*/}
  name=${name%.git}
  printf '%s' "${name#dokku-}"
}

sub:install() {
  local url="" committish="" name="" trigger=true
  while [[ $# -gt 0 ]]; do
    case $1 in
      --committish) committish=${2:-} && shift ;;
      --name) name=${2:-} && shift ;;
      --skip-install-trigger) trigger=false ;;
      *) url=$1 ;;
    esac
    shift
  done
  case $url in
    "") ;;
    --core)
      PLUGIN_PATH=$PLUGIN_CORE_PATH fire install
      return
      ;;
    https:* | git* | ssh:* | file:* | *.tar.gz | *.tgz)
      name=${name:-$(default_name "$url")}
      info1_quiet "Cloning plugin repo $url to $PLUGIN_AVAILABLE_PATH/$name"
      plugn install "$url" "$name"
      enable_plugin "$name"
      if [[ -n $committish ]]; then
        plugn update "$name" "$committish"
        echo "$committish" >"$PLUGIN_AVAILABLE_PATH/$name/.plugin_committish"
        echo "Plugin ($name) updated and pinned to $committish"
      fi
      ;;
    *)
      warn "First argument must be --core or url to plugin"
      warn "Valid prefixes: https:, git:, ssh:, file:"
      warn "Valid suffixes: .tar.gz, .tgz"
      fail "Please retry with valid arguments"
      ;;
  esac
  [[ $trigger == false ]] || fire install
  prime_completion
}

sub:enable() {
  enable_plugin "${1:-}"
  prime_completion
}

# The checks look at names in the core tree, so an overridden core plugin is refused as well.
sub:disable() {
  [[ ! -e $PLUGIN_CORE_AVAILABLE_PATH/${1:?} ]] || fail "Cannot disable a core plugin"
  [[ -e $PLUGIN_ENABLED_PATH/$1 ]] || fail "Plugin already disabled"
  plugn disable "$1"
  info1_quiet "Plugin $1 disabled"
  prime_completion
}

sub:uninstall() {
  [[ ! -e $PLUGIN_CORE_AVAILABLE_PATH/${1:?} ]] || fail "Cannot uninstall a core plugin"
  [[ -e $PLUGIN_AVAILABLE_PATH/$1 ]] || fail "Plugin ($1) is not currently installed"
  fire uninstall "$1"
  plugn uninstall "$1"
  info1_quiet "Plugin $1 uninstalled"
  prime_completion
}

update_plugin() {
  [[ -L $PLUGIN_ENABLED_PATH/$1 ]] || fail "Specified plugin not enabled or installed"
  [[ ! -L $PLUGIN_CORE_ENABLED_PATH/$1 ]] ||
    fail "Cannot trigger plugin:update against core plugin, please update Dokku instead"
  plugn update "$@"
  info1_quiet "Plugin $1 updated"
}

sub:update() {
  local link
  if [[ $# -gt 0 ]]; then
    [[ $1 =~ ^[0-9a-zA-Z_-]+$ ]] || fail "Invalid plugin name specified"
    update_plugin "$@"
  else
    for link in "$PLUGIN_ENABLED_PATH"/*; do
      [[ -d $link/.git && ! -e $PLUGIN_CORE_AVAILABLE_PATH/${link##*/} ]] || continue
      update_plugin "${link##*/}"
    done
  fi
  fire update # of all plugins; `install` is not fired
}

sub:list() { plugn list; }

sub:trigger() { fire "$@"; }
