# shellcheck shell=bash disable=SC2154 # names of packages are from script/packages.sh
# Bare trees of a distribution, and running in them: sourced by script/package, script/test-package and
# script/test-distributions after script/packages.sh, by root, in the repository's top directory.
#
# The bare trees and the downloaded packages are kept in $XDG_CACHE_HOME/netports (/var/cache/netports).
# Processes and mounts go with the namespaces in which a command runs.

chroot_cache=${XDG_CACHE_HOME:-/var/cache}/netports
chroot_root=""
chroot_name=""
chroot_job=""
chroot_wrapper=() # a command in front of all, for a caller that needs one

# The mirror that apt uses on this machine.
chroot_mirror() {
  local found
  found=$(grep -rhoE --include='*.list' --include='*.sources' 'https?://[^] ]+/debian/?( |$)' \
    /etc/apt 2>/dev/null | head -n 1)
  echo "${found:-http://deb.debian.org/debian}"
}

# chroot_make debian12|debian13: a new tree at $chroot_root.
chroot_make() {
  local suite
  if [[ $EUID -ne 0 ]]; then
    echo " !     Only root can make a chroot" >&2
    return 1
  fi
  case $1 in
    debian12) suite=bookworm ;;
    debian13) suite=trixie ;;
    *) return 2 ;;
  esac
  chroot_name=$1
  mkdir -p "$chroot_cache/$chroot_name-downloads/partial"
  chroot_root=$(mktemp --directory --tmpdir=/var/tmp "netports-$chroot_name.XXXXXX")
  chmod 0755 "$chroot_root"
  chroot_alone chroot_fill "$suite" || return
  cp -- /etc/resolv.conf "$chroot_root/etc/resolv.conf"
}

# chroot_alone COMMAND...: while nobody else uses the cache of this distribution: apt does not wait for
# the lock of its downloads.
chroot_alone() {
  local lock status=0
  exec {lock}>"$chroot_cache/$chroot_name.lock"
  flock --timeout 1800 "$lock" || return
  "$@" || status=$?
  exec {lock}>&-
  return "$status"
}

# chroot_fill SUITE: from the cache when it is there.
chroot_fill() {
  if [[ ! -f $chroot_cache/$chroot_name.tar ]]; then
    require_packages "make a chroot" "${packages_distributions[@]}" || return
    timeout 1200 debootstrap --variant=minbase "$1" "$chroot_root" "$(chroot_mirror)" >&2 || return
    tar --create --file="$chroot_cache/$chroot_name.tar.new" --directory="$chroot_root" --one-file-system \
      --exclude='./var/cache/apt/archives/*.deb' .
    mv -f -- "$chroot_cache/$chroot_name.tar.new" "$chroot_cache/$chroot_name.tar"
  else
    tar --extract --file="$chroot_cache/$chroot_name.tar" --directory="$chroot_root"
  fi
}

# chroot_run SECONDS [OPTION of unshare]... -- COMMAND...: in the tree, for so long at most; whatever it
# started ends with it.
chroot_run() {
  local seconds=$1 status=0 options=()
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  # In the background, so that a signal to the script ends it too.
  setpriv --pdeathsig KILL timeout --kill-after=5 "$seconds" "${chroot_wrapper[@]}" \
    setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --uts --ipc \
    "${options[@]}" tests/distributions/enter "$chroot_root" "$chroot_cache/$chroot_name-downloads" "$@" \
    </dev/null &
  chroot_job=$!
  wait "$chroot_job" || status=$?
  chroot_job=""
  return "$status"
}

# chroot_install NAME...: Debian packages, in the tree.
chroot_install() {
  chroot_alone chroot_run 1800 -- sh -c 'export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends "$@"' sh "$@" >&2
}

# Safe at any moment.
chroot_remove() {
  if [[ -n $chroot_job ]] && kill -KILL "$chroot_job" 2>/dev/null; then wait "$chroot_job" 2>/dev/null || true; fi
  [[ -z $chroot_root ]] || rm -rf --one-file-system -- "$chroot_root"
  chroot_job="" chroot_root=""
}
