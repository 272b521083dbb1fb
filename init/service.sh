# shellcheck shell=bash
# Placing, starting and removing the forwarder as a service. Sourced by `install` and `uninstall`,
# which set `plugin` and `name` and define `info` and `warn`.
#
# Root must not run what user dokku can change, and a plugin's directory is that user's. So the
# daemon runs from a copy that is root's, as user dokku.

service_root=${DOKKU_PORTS_SERVICE_ROOT:-}
service_daemon=$service_root/usr/local/lib/dokku-ports/dokku-ports
service_unit=$service_root/etc/systemd/system/dokku-ports.service
service_script=$service_root/etc/init.d/dokku-ports
service_logrotate=$service_root/etc/logrotate.d/dokku-ports
service_run=$service_root/run/dokku-ports
service_log=$service_root/var/log/dokku-ports.log

has_systemd() { [[ -z $service_root && -d /run/systemd/system ]]; }

# Whether `file` is of our making, and not of the older dokku-ports plugin or the administrator.
is_ours() { grep -q '^# Written by .*install[.;]' "$1" 2>/dev/null; }

# place MODE FILE <content: replaces a root-owned file by rename; false when it was the same.
place() {
  local mode=$1 file=$2 temp
  mkdir -p -- "${file%/*}"
  temp=$(mktemp -- "${file%/*}/.${file##*/}.XXXXXX")
  cat >"$temp"
  if cmp -s -- "$temp" "$file"; then
    rm -f -- "$temp"
    return 1
  fi
  chown root:root -- "$temp"
  chmod "$mode" -- "$temp"
  mv -f -- "$temp" "$file"
}

# The init file init/$1 with what belongs to this host filled in.
fill_in() {
  local text groups="" socket
  text=$(<"init/$1")
  # The group that may ask the Engine; the user has it anyway on a host set up by Dokku.
  socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
  if getent group docker >/dev/null; then groups=SupplementaryGroups=docker; fi
  text=${text//@PLUGIN@/"$name"}
  text=${text//@USER@/"${DOKKU_SYSTEM_USER:-dokku}"}
  text=${text//@GROUP@/"${DOKKU_SYSTEM_GROUP:-dokku}"}
  text=${text//@SUPPLEMENTARY_GROUPS@/"$groups"}
  text=${text//@DAEMON@/"$service_daemon"}
  text=${text//@DOKKU_ROOT@/"${DOKKU_ROOT:-/home/dokku}"}
  text=${text//@PROPERTIES@/"${DOKKU_LIB_ROOT:-/var/lib/dokku}/config/$name"}
  text=${text//@DOCKER_HOST@/"$socket"}
  text=${text//@ETC@/"$service_root/etc"}
  text=${text//@RUN@/"$service_run"}
  text=${text//@LOG@/"$service_log"}
  printf '%s\n' "$text"
}

is_running() {
  if has_systemd; then
    systemctl is-active --quiet dokku-ports
  else
    "$service_script" status >/dev/null 2>&1
  fi
}

# The one place where a running daemon makes way for its successor.
restart_daemon() {
  if has_systemd; then
    systemctl restart dokku-ports
  else
    "$service_script" restart
  fi
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
  [[ -f $service_script ]] && ! is_ours "$service_script" || return 0
  info "Stopping the forwarder of the old dokku-ports plugin, which this one replaces"
  "$service_script" stop >/dev/null 2>&1 </dev/null || true
  rm -f -- "$service_script"
}

# Prints true when something that the running daemon depends on was changed.
place_service() {
  local changed=false
  if place 0755 "$service_daemon" <bin/dokku-ports; then changed=true; fi
  if has_systemd; then
    if place 0644 "$service_unit" < <(fill_in dokku-ports.service); then
      changed=true
      systemctl daemon-reload >&2
    fi
  else
    if place 0755 "$service_script" < <(fill_in dokku-ports.init); then
      changed=true
      if [[ -z $service_root ]] && command -v update-rc.d >/dev/null; then
        update-rc.d dokku-ports defaults >/dev/null
      fi
    fi
    place 0644 "$service_logrotate" < <(fill_in dokku-ports.logrotate) || true
  fi
  echo "$changed"
}

# An administrator who disabled the unit wants it to stay down.
is_wanted() {
  ! has_systemd || [[ $(systemctl is-enabled dokku-ports 2>/dev/null) == enabled ]]
}

install_service() {
  local first=false changed failed=false
  [[ -z ${DOKKU_PORTS_NO_SERVICE:-} && -f bin/dokku-ports ]] || return 0
  if [[ $EUID -ne 0 ]]; then
    cmp -s bin/dokku-ports "$service_daemon" ||
      warn "The forwarder is not brought up to date: only root may do that (dokku plugin:install)"
    return 0
  fi
  retire_old_plugin
  [[ -e $service_daemon ]] || first=true
  changed=$(place_service)
  if [[ $first == true ]]; then
    info "Starting the forwarder of public ports"
    ! has_systemd || systemctl enable --quiet dokku-ports || failed=true
    restart_daemon >&2 </dev/null || failed=true
  elif ! is_wanted; then
    :
  elif [[ $changed == true ]]; then
    info "Restarting the forwarder of public ports, as it has changed"
    restart_daemon >&2 </dev/null || failed=true
  elif ! is_running; then
    info "Starting the forwarder of public ports"
    start_daemon >&2 </dev/null || failed=true
  fi
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
