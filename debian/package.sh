# shellcheck shell=bash disable=SC2034
# What postinst and prerm of the Debian package share. Root runs it, so it lies where user dokku
# cannot write, as the daemon does.

daemon=/usr/lib/dokku-netports/dokku-ports
source_daemon=/usr/local/lib/dokku-ports/dokku-ports # where the source install runs it from
state=/var/lib/dokku-netports
plugin=/var/lib/dokku/plugins/available/netports
enabled=/var/lib/dokku/plugins/enabled/netports
takeover=/var/lib/dokku/config/netports/--global/takeover
source_unit=/etc/systemd/system/dokku-ports.service
source_mark='^# .*Written by \(its\|the plugin.s\) install[.;]'
hand_over_seconds=40 # the daemon gives its successor 30

say() { echo "dokku-netports: $*"; }
warn() { echo "dokku-netports: warning: $*" >&2; }

has_systemd() { [[ -d /run/systemd/system ]]; }

# Whether Dokku is set up here. It may come later, also in the same run of apt.
has_dokku() {
  [[ -d ${enabled%/*} ]] && getent passwd dokku >/dev/null && command -v dokku >/dev/null
}

# What Dokku tells a hook that it runs as root.
dokku_environment() {
  # shellcheck disable=SC1091
  [[ ! -r /etc/default/dokku ]] || source /etc/default/dokku
  export DOKKU_ROOT=${DOKKU_ROOT:-/home/dokku} DOKKU_LIB_ROOT=/var/lib/dokku
  export DOKKU_SYSTEM_USER=${DOKKU_SYSTEM_USER:-dokku} DOKKU_SYSTEM_GROUP=${DOKKU_SYSTEM_GROUP:-dokku}
  export PLUGIN_PATH=$DOKKU_LIB_ROOT/plugins PLUGIN_CORE_PATH=$DOKKU_LIB_ROOT/core-plugins
  export PLUGIN_AVAILABLE_PATH=$PLUGIN_PATH/available PLUGIN_ENABLED_PATH=$PLUGIN_PATH/enabled
  export PLUGIN_CORE_AVAILABLE_PATH=$PLUGIN_CORE_PATH/available
  export PLUGIN_CORE_ENABLED_PATH=$PLUGIN_CORE_PATH/enabled
  export DOKKU_NOT_IMPLEMENTED_EXIT=10 DOKKU_VALID_EXIT=0
}

# run_hook FILE [ARGUMENT]...: as Dokku would, but only this plugin's.
run_hook() (
  dokku_environment
  cd /
  "$@" </dev/null
)

# The properties lie in a directory of user dokku, where a name may be a link to anything: root does
# not open them.
as_dokku() { setpriv --reuid dokku --regid dokku --init-groups -- "$@"; }

# The plugin's install hook takes the network role over where this is remembered.
remember_takeover() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  as_dokku sh -c 'umask 0022; mkdir -p -- "${1%/*}"; umask 0077; printf on >"$1"' sh "$takeover" ||
    warn "unable to keep the takeover of the network role: dokku netports:takeover on does it again"
}

# Dokku's completion of command names reads a file that it writes at each change of plugins.
prime_completion() {
  local file=/var/cache/dokku-completion
  timeout 60 dokku --quiet help --all </dev/null 2>/dev/null |
    awk '/^    /{print $1}' | sort >"$file.netports" || true
  if [[ -s $file.netports ]]; then
    mv -f -- "$file.netports" "$file"
  else
    rm -f -- "$file.netports"
  fi
}

# --- the daemon --------------------------------------------------------------------------------

# The program that process $1 was started from, also when it has been replaced on disk since.
program_of() {
  local exe
  exe=$(readlink "/proc/$1/exe" 2>/dev/null) || return
  echo "${exe% (deleted)}"
}

# The process that serves; nothing when none does.
daemon_pid() {
  local pid=0
  if has_systemd; then
    pid=$(systemctl show --property MainPID --value dokku-ports 2>/dev/null || true)
    [[ ! $pid =~ ^[1-9][0-9]*$ ]] || echo "$pid"
    return
  fi
  [[ ! -f /run/dokku-ports/dokku-ports.pid ]] || read -r pid </run/dokku-ports/dokku-ports.pid || true
  [[ $pid =~ ^[1-9][0-9]*$ ]] || return 0
  # The file may be the daemon's own: whatever it says, no other program is ever signalled.
  case $(program_of "$pid") in
    "$daemon" | "$source_daemon") echo "$pid" ;;
  esac
}

# runs_from PROGRAM: whether the daemon that serves was started from this very file.
runs_from() {
  local pid
  pid=$(daemon_pid)
  [[ -n $pid && /proc/$pid/exe -ef $1 ]]
}

# The running daemon starts the program that its own path leads to now, with all its listening
# sockets. False when that one did not become ready; then the running one goes on.
hand_over() {
  local before pid deadline=$((SECONDS + hand_over_seconds))
  before=$(daemon_pid)
  [[ -n $before ]] || return 1
  kill -USR2 "$before" || return 1
  while true; do
    pid=$(daemon_pid)
    [[ -z $pid || $pid == "$before" ]] || return 0
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

# put_link TARGET FILE: FILE becomes a link, at no moment absent.
put_link() {
  rm -f -- "$2.new"
  ln -s -- "$1" "$2.new"
  mv -fT -- "$2.new" "$2"
}
