# shellcheck shell=bash disable=SC2034
# Which Debian packages each purpose needs, and how missing ones are installed. Sourced by the
# scripts beside it and by the plugin's `install`.

# To build: the same names on Debian 12 and Ubuntu 24.04, and later ones.
packages_build=(cmake g++ libfmt-dev libpoco-dev ninja-build)
# To test on top of that.
packages_test=(bats bsdextrautils busybox-static catch2 clang-format curl git iproute2 jq procps python3
  python3-yaml shellcheck socat strace)
# To run a scratch host, and nothing else.
packages_demo=(bsdextrautils busybox-static jq procps)
# To make the Debian package on top of that which builds.
packages_package=(build-essential debhelper fakeroot lintian)
# To run the fuzzers.
packages_fuzz=(clang libclang-rt-dev)
# To compare with: the other forwarders, and what loads them.
packages_bench=(haproxy libnginx-mod-stream nginx python3)
# To make chroots of the distributions: script/test-distributions.
packages_distributions=(debian-archive-keyring debootstrap)
# To check more than the tests do: script/tidy.
packages_tidy=(clang-tidy)

# missing_packages NAME...: those that dpkg does not have installed, one a line. All of them where
# there is no dpkg.
missing_packages() {
  local state name
  declare -A installed=()
  while read -r state name; do
    [[ $state != ii* && $state != hi* ]] || installed[${name%%:*}]=1
  done < <(dpkg-query --show --showformat '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null)
  for name in "$@"; do
    [[ -n ${installed[$name]:-} ]] || printf '%s\n' "$name"
  done
}

# install_packages NAME...: through apt, for root only. Lists of packages are fetched only when the
# ones at hand do not do.
install_packages() {
  local options=(--yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300)
  export DEBIAN_FRONTEND=noninteractive
  apt-get install "${options[@]}" "$@" </dev/null >/dev/null 2>&1 && return
  apt-get update --quiet </dev/null && apt-get install "${options[@]}" "$@" </dev/null
}

# What apt says that it will fetch and unpack for these; nothing where it does not know.
package_sizes() {
  LC_ALL=C apt-get install --assume-no --quiet --no-install-recommends "$@" 2>/dev/null </dev/null |
    sed -n -E '/^(Need to get|After this operation)/s/^/       /p' || true
}

# require_packages PURPOSE NAME...: makes sure that they are there. Says what it installs, or what
# is missing when it may not.
require_packages() {
  local purpose=$1 missing
  shift
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo " !     Missing to $purpose: the Debian package(s) ${missing[*]}" >&2
    echo " !     Install them as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "-----> Installing what is needed to $purpose: ${missing[*]}"
  package_sizes "${missing[@]}"
  install_packages "${missing[@]}" >&2 || {
    echo " !     Unable to install the Debian package(s) ${missing[*]}: see apt's message above" >&2
    return 1
  }
}
