# shellcheck shell=bash
# Placing, starting and removing the forwarder as a service. Sourced by `install` and `uninstall`,
# which set `plugin` and `name` and define `info` and `warn`.
#
# A plugin's directory belongs to user dokku, and Dokku runs what is in it as root when a plugin is
# installed. The daemon runs all the time: from a copy that is root's, as user dokku.

service_root=${DOKKU_PORTS_SERVICE_ROOT:-}
service_daemon=$service_root/usr/local/lib/dokku-ports/dokku-ports
service_before=$service_daemon.before # the program from before, until the new one serves
service_unit=$service_root/etc/systemd/system/dokku-ports.service
service_script=$service_root/etc/init.d/dokku-ports
service_logrotate=$service_root/etc/logrotate.d/dokku-ports
service_run=$service_root/run/dokku-ports
service_log=$service_root/var/log/dokku-ports.log

has_systemd() { [[ -z $service_root && -d /run/systemd/system ]]; }

# Whether `file` is of our making, and not of the older dokku-ports plugin or the administrator.
is_ours() { grep -q '^# Written by .*install[.;]' "$1" 2>/dev/null; }

# Whether it is what the removed Debian package of this plugin has left: a configuration file of dpkg's.
is_of_package() { grep -q '^# From the Debian package dokku-netports' "$1" 2>/dev/null; }

# place MODE FILE <content: replaces a root-owned file by rename. Status 1 when it was the same, 2 when
# it could not be written.
place() {
  local mode=$1 file=$2 temp
  temp=${file%/*}/.${file##*/}.new # what a killed run left there is overwritten
  if ! { mkdir -p -- "${file%/*}" && cat >"$temp"; }; then
    warn "Unable to write $file"
    rm -f -- "$temp"
    return 2
  fi
  if cmp -s -- "$temp" "$file"; then
    rm -f -- "$temp"
    return 1
  fi
  if ! { chown root:root -- "$temp" && chmod "$mode" -- "$temp" && mv -f -- "$temp" "$file"; }; then
    warn "Unable to write $file"
    rm -f -- "$temp"
    return 2
  fi
}

# What belongs to this host in the init files: name and value by turns, each with a NUL.
init_values() {
  local groups=""
  # The group that may ask the Engine; the user has it anyway on a host set up by Dokku.
  if getent group docker >/dev/null; then groups=SupplementaryGroups=docker; fi
  printf '%s\0' PLUGIN "${name:?}" USER "${DOKKU_SYSTEM_USER:-dokku}" GROUP "${DOKKU_SYSTEM_GROUP:-dokku}" \
    SUPPLEMENTARY_GROUPS "$groups" DAEMON "$service_daemon" DOKKU_ROOT "${DOKKU_ROOT:-/home/dokku}" \
    PROPERTIES "${DOKKU_LIB_ROOT:-/var/lib/dokku}/config/$name" \
    DOCKER_HOST "${DOCKER_HOST:-unix:///var/run/docker.sock}" \
    ETC "$service_root/etc" RUN "$service_run" LOG "$service_log"
}

# Whether every value can stand in a unit and in a shell script. Nothing that needs a blank, a quote or
# a dollar sign there is a name, a path or an address that Dokku would work with.
has_plain_values() {
  local key value plain=true
  while IFS= read -rd '' key && IFS= read -rd '' value; do
    [[ ! $value =~ [^][A-Za-z0-9_.:/@%+,=~-] ]] || {
      warn "The forwarder cannot be started with $key '$value': it has a character that an init file cannot take"
      plain=false
    }
  done < <(init_values)
  [[ $plain == true ]]
}

# The init file init/$1 with what belongs to this host filled in.
fill_in() {
  local text key value
  text=$(<"init/$1")
  while IFS= read -rd '' key && IFS= read -rd '' value; do
    [[ $1 != *.service ]] || value=${value//%/%%} # systemd's own marks begin with one
    text=${text//"@$key@"/"$value"}
  done < <(init_values)
  printf '%s\n' "$text"
}

is_running() {
  if has_systemd; then
    systemctl is-active --quiet dokku-ports
  else
    "$service_script" status >/dev/null 2>&1
  fi
}

restart_daemon() {
  if has_systemd; then
    systemctl restart dokku-ports
  else
    "$service_script" restart
  fi
}

# A running daemon makes way for its successor: no socket is closed, and open connections finish
# where they are. When the successor does not become ready the running one goes on.
upgrade_daemon() {
  local before deadline=$((SECONDS + 40))
  if ! has_systemd; then
    "$service_script" upgrade
    return
  fi
  before=$(systemctl show --property MainPID --value dokku-ports)
  systemctl kill --kill-who=main --signal=SIGUSR2 dokku-ports
  while [[ $(systemctl show --property MainPID --value dokku-ports) == "$before" ]]; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

start_daemon() {
  if has_systemd; then
    systemctl start dokku-ports
  else
    "$service_script" start
  fi
}

# The plugin from before plugn used the same names, and its daemon holds the same ports.
retire_old_plugin() {
  [[ -f $service_script ]] || return 0
  ! is_ours "$service_script" && ! is_of_package "$service_script" || return 0
  info "Stopping the forwarder of the old dokku-ports plugin, which this one replaces"
  "$service_script" stop >/dev/null 2>&1 </dev/null || true
  rm -f -- "$service_script"
}

# The options that an init file starts the daemon with: a successor inherits those it has.
daemon_options() { grep -e ' --' -- "$1" 2>/dev/null; }

# place_init MODE TEMPLATE FILE: the status of `place`. Adds to `service_changes`.
place_init() {
  local before
  before=$(daemon_options "$3" || true)
  place "$1" "$3" < <(fill_in "$2") || return
  [[ $(daemon_options "$3" || true) == "$before" ]] || service_changes+=(options)
}

# The status of `place`. The program from before stays beside the new one.
place_program() {
  ! cmp -s -- bin/dokku-ports "$service_daemon" || return 1
  [[ ! -e $service_daemon ]] || place 0755 "$service_before" <"$service_daemon" || return 2
  place 0755 "$service_daemon" <bin/dokku-ports || return
  service_changes+=(program)
}

# Whoever restarts the daemon, and the running one at its next upgrade, starts what has this name.
put_program_back() { mv -f -- "$service_before" "$service_daemon"; }

# What a run found to do: "program", "options", and "failed" when a file could not be written.
service_changes=()

has_changed() { [[ " ${service_changes[*]} " == *" $1 "* ]]; }

# placed COMMAND...: true when it has placed something.
placed() {
  local status=0
  "$@" || status=$?
  ((status < 2)) || service_changes+=(failed)
  return "$status"
}

place_service() {
  if ! has_plain_values; then
    service_changes+=(failed)
    return
  fi
  placed place_program || true
  if has_systemd; then
    if placed place_init 0644 dokku-ports.service "$service_unit"; then
      systemctl daemon-reload
    fi
  else
    if placed place_init 0755 dokku-ports.init "$service_script" && [[ -z $service_root ]] &&
      command -v update-rc.d >/dev/null; then
      update-rc.d dokku-ports defaults >/dev/null
    fi
    placed place 0644 "$service_logrotate" < <(fill_in dokku-ports.logrotate) || true
  fi
}

# An administrator who disabled the unit wants it to stay down.
is_wanted() {
  ! has_systemd || [[ $(systemctl is-enabled dokku-ports 2>/dev/null) == enabled ]]
}

install_service() {
  local first=false failed=false
  service_changes=()
  [[ -z ${DOKKU_PORTS_NO_SERVICE:-} && -f bin/dokku-ports ]] || return 0
  if [[ $EUID -ne 0 ]]; then
    cmp -s bin/dokku-ports "$service_daemon" ||
      warn "The forwarder is not brought up to date: only root may do that (dokku plugin:install)"
    return 0
  fi
  # Of a run that was killed: nobody knows which of both serves now.
  if [[ -e $service_before ]]; then
    put_program_back
    service_changes+=(program)
  fi
  if ! bin/dokku-ports --version >/dev/null; then
    warn "The forwarder of this plugin does not run here, and is not brought up to date"
    return 0
  fi
  retire_old_plugin
  [[ -e $service_daemon ]] || first=true
  place_service
  if [[ $first == true ]]; then
    info "Starting the forwarder of public ports"
    ! has_systemd || systemctl enable --quiet dokku-ports || failed=true
    restart_daemon >&2 </dev/null || failed=true
  elif ! is_wanted; then
    :
  elif ! is_running; then
    info "Starting the forwarder of public ports"
    start_daemon >&2 </dev/null || failed=true
  elif has_changed options; then
    info "Restarting the forwarder of public ports, with other options"
    restart_daemon >&2 </dev/null || failed=true
  elif has_changed program; then
    info "Handing public ports over to the new forwarder; open connections stay"
    if ! upgrade_daemon >&2 </dev/null; then
      warn "The old forwarder goes on serving: the new one did not become ready"
      put_program_back
    fi
  fi
  rm -f -- "$service_before"
  ! has_changed failed || warn "The forwarder is not brought up to date: the next install tries again"
  [[ $failed == true ]] || return 0
  # Dokku would end the installation of whatever plugin here: it goes on without us.
  warn "Unable to start the forwarder: the public ports of apps are not served"
  if has_systemd; then
    warn "See: journalctl -u dokku-ports; then: systemctl restart dokku-ports"
  else
    warn "See: $service_log; then: $service_script restart"
  fi
}

uninstall_service() {
  [[ -z ${DOKKU_PORTS_NO_SERVICE:-} ]] || return 0
  [[ -e $service_daemon || -e $service_unit ]] || is_ours "$service_script" || return 0
  if [[ $EUID -ne 0 ]]; then
    warn "The forwarder stays: only root may remove it"
    return 0
  fi
  info "Stopping the forwarder: the public ports of apps close"
  if has_systemd; then
    systemctl disable --now --quiet dokku-ports || true
    rm -f -- "$service_unit"
    systemctl daemon-reload || true
  fi
  if is_ours "$service_script"; then
    "$service_script" stop </dev/null || warn "Unable to stop the forwarder"
    rm -f -- "$service_script" "$service_logrotate"
    if [[ -z $service_root ]] && command -v update-rc.d >/dev/null; then
      update-rc.d dokku-ports remove >/dev/null
    fi
  fi
  rm -rf -- "${service_daemon%/*}" "$service_run"
}
