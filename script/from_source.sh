# shellcheck shell=bash
# Building the plugin where it is installed. Sourced by `install` in a checkout; a staged plugin has
# nothing to build. `install` sets `plugin` and `name` and defines `info`, `warn` and `give_to_dokku`.

# What the largest compiler takes, in kB of memory (282 MB with gcc 14, less with 12), and what the build
# tree and the placed executables take, in kB of disk (48 MB).
compiler_kb=300000
tree_kb=50000
# What a compiler and the libraries take on a host that has none, with their downloads.
packages_kb=550000

# --- which sources were built ----------------------------------------------------------------

# .staged: the fingerprint of the sources that were built, then each file that was placed.

# The files that the build reads. Executables are placed beside the sources of subcommands, and have
# no dot in their names; what a killed run leaves there begins with one.
list_sources() {
  find -L CMakeLists.txt CMakePresets.json plugin.toml cmake common forwarder subcommands triggers \
    -type f -not -name '.*' \( -name '*.*' -o -not -path 'subcommands/*' \) | LC_ALL=C sort
}

# HASH FILE, a line each.
hash_sources() { list_sources | xargs -d '\n' sha256sum -- | sed 's/  / /'; }

# Changes with the contents of whatever the build reads, and with nothing else.
fingerprint() { hash_sources | sha256sum; }

is_built() {
  local sources file
  [[ -f .staged ]] || return 1
  {
    read -r sources
    [[ $sources == "$(fingerprint)" ]] || return 1
    while read -r file; do
      [[ -x $file ]] || return 1
    done
  } <.staged
  # An upgrade of the system may have taken the libraries away.
  [[ ! -f bin/dokku-ports ]] || bin/dokku-ports --version >/dev/null 2>&1
}

# --- what of the last build can be used again ------------------------------------------------

# Ninja compares times: a source that is newer than its object is compiled. A fresh checkout makes
# all sources new, and a copy may make a changed one look old. So build/.sources keeps what the
# sources were when the compiler started (HASH TIME FILE, a line each), and before the next build
# each source gets a time by its contents.
#
# build/.intact says that this is still what the objects were made from: a build ended, no source
# changed during it, and nobody else has built since. It holds the state of ninja's log then.

ninja_log_state() { stat --format '%i %s %.9Y' build/.ninja_log 2>/dev/null; }

# TIME FILE, a line each.
source_times() { list_sources | xargs -d '\n' stat --dereference --format '%.9Y %n' --; }

# Of every file: also its time of change, which nobody can set.
source_states() { list_sources | xargs -d '\n' stat --dereference --format '%.9Y %.9Z %n' -- | sha256sum; }

# Versions of what builds: objects of another compiler or library are not used.
tool_versions() {
  {
    dpkg-query --show "${packages_build[@]}" 'g++-[0-9]*' 'libstdc++-[0-9]*-dev' libc6-dev 2>/dev/null || true
  } | sha256sum
}

# Whether the objects in build/ may be used at all.
is_usable_build() {
  [[ -d build ]] || return 0
  # What no longer runs was built for another system.
  [[ ! -f bin/dokku-ports ]] || bin/dokku-ports --version >/dev/null 2>&1 || return 1
  # Not so in a directory that is not from here: without build/.sources all is compiled in any case.
  [[ ! -f build/.tools || $(<build/.tools) == "$(tool_versions)" ]] || return 1
  # The clock went back: times say nothing.
  touch build/.now && [[ -z $(find build -newer build/.now -print -quit) ]]
}

# Gives each source the time that makes ninja compile what has changed, and only that.
set_source_times() {
  local hash time file intact=false
  declare -A old_hash=() old_time=() new_hash=() new_time=()
  [[ ! -f build/.intact || $(<build/.intact) != "$(ninja_log_state)" ]] || intact=true
  if [[ -f build/.sources ]]; then
    while read -r hash time file; do
      old_hash[$file]=$hash old_time[$file]=$time
    done <build/.sources
  fi
  while read -r time file; do new_time[$file]=$time; done < <(source_times)
  while read -r hash file; do
    new_hash[$file]=$hash
    # Whatever the objects were made from since: nobody knows which are of these contents.
    if [[ $intact == false || $hash != "${old_hash[$file]:-}" ]]; then
      touch -- "$file"
    elif [[ ${new_time[$file]:-} != "${old_time[$file]}" ]]; then
      touch --date "@${old_time[$file]}" -- "$file" 2>/dev/null || touch -- "$file"
    fi
  done < <(hash_sources)
  # The record changes before any object does: a run that is killed from here on leaves none that
  # is taken for what it is not.
  rm -f build/.intact
  while read -r time file; do
    printf '%s %s %s\n' "${new_hash[$file]:--}" "$time" "$file"
  done < <(source_times) >build/.sources.new
  mv -f build/.sources.new build/.sources
}

# keep_build STATES: says that build/ is what build/.sources describes. False when the sources no longer
# have the states that they had when the compiler started.
keep_build() {
  [[ $(source_states) == "$1" && $(cut -d ' ' -f 1,3- build/.sources) == "$(hash_sources)" ]] ||
    return 1
  ninja_log_state >build/.intact
}

# --- whether this host can build -------------------------------------------------------------

# Sets memory_kb to what compilers can have now, and swap_kb.
read_memory() {
  local key value
  memory_kb=0 swap_kb=0
  while read -r key value _; do
    case $key in
      MemAvailable:) memory_kb=$value ;;
      SwapFree:) swap_kb=$value ;;
    esac
  done </proc/meminfo
}

# As many compilers at once as there are processors, and memory.
build_jobs() {
  local processors memory_kb swap_kb jobs
  processors=$(nproc)
  read_memory
  jobs=$((memory_kb / compiler_kb))
  ((jobs >= 1)) || jobs=1
  echo $((processors < jobs ? processors : jobs))
}

suggest_package() {
  warn "Or install the Debian package, which needs no compiler: apt install ./dokku-netports_<version>_<arch>.deb"
}

# Fails when the build would, for lack of memory or disk.
check_room() {
  local memory_kb swap_kb free_kb used_kb=0 status=0
  read_memory
  if ((memory_kb + swap_kb < compiler_kb)); then
    warn "Too little memory to build $name: the compiler takes $((compiler_kb / 1000)) MB, and $(((memory_kb + swap_kb) / 1000)) MB are free with swap" \
      "Add swap, as root: fallocate -l 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile"
    status=1
  elif ((memory_kb + swap_kb < compiler_kb * 3 / 2)); then
    warn "Little memory to build $name: $(((memory_kb + swap_kb) / 1000)) MB are free with swap; the compiler takes up to $((compiler_kb / 1000)) MB"
  fi
  free_kb=$(df --output=avail --block-size=1000 . | tail -n 1)
  [[ ! -d build ]] || used_kb=$(du --summarize --block-size=1000 build | cut -f 1)
  if ((free_kb + used_kb < tree_kb)); then
    warn "Too little disk to build $name: the build takes $((tree_kb / 1000)) MB, and $(((free_kb + used_kb) / 1000)) MB are free in ${plugin:?}" \
      "See what takes the space: df -h $plugin; docker system df; apt-get clean"
    status=1
  fi
  if [[ -n $(missing_packages "${packages_build[@]}") ]]; then
    free_kb=$(df --output=avail --block-size=1000 /usr | tail -n 1)
    if ((free_kb < packages_kb)); then
      warn "Too little disk for the compiler, which $name is built with: it takes up to $((packages_kb / 1000)) MB, and $((free_kb / 1000)) MB are free in /usr" \
        "See what takes the space: df -h /usr; docker system df; apt-get clean"
      status=1
    fi
  fi
  [[ $status -eq 0 ]] || suggest_package
  return "$status"
}

# --- build -----------------------------------------------------------------------------------

# Seconds between two lines of progress, where there is no terminal.
progress_seconds=10

# Shows ninja's [N/M] from its output: on a terminal in one line that is written over, else in a
# line now and then.
show_progress() {
  local line terminal="" shown=$SECONDS
  if [[ -t 1 ]]; then terminal=/dev/stdout; elif [[ -t 2 ]]; then terminal=/dev/stderr; fi
  while IFS= read -r line; do
    [[ $line =~ ^(\[[0-9]+/[0-9]+\])\  ]] || continue
    if [[ -n $terminal ]]; then
      printf '\r       %s ' "${BASH_REMATCH[1]}" >"$terminal"
    elif ((SECONDS >= shown + progress_seconds)); then
      printf '       %s\n' "${BASH_REMATCH[1]}"
      shown=$SECONDS
    fi
  done
  [[ -z $terminal ]] || printf '\r\e[K' >"$terminal"
}

compile() {
  cmake --preset release -DNETPORTS_TESTS=OFF &&
    ninja -C build -t cleandead &&
    NINJA_STATUS='[%f/%t] ' cmake --build build --parallel "$(build_jobs)"
}

# Leaves `sources` as the fingerprint of what it has built, if that is known.
build() {
  local log=build/install.log states
  # shellcheck source=script/packages.sh
  source script/packages.sh
  check_room || build_failed || return 1
  require_packages "build $name" "${packages_build[@]}" || return 1
  info "Building $name from source, which takes a minute or two"
  if ! is_usable_build; then
    rm -f build/.sources # first: what a killed run leaves of the rest is not used
    rm -rf build
  fi
  mkdir -p build
  tool_versions >build/.tools
  set_source_times
  states=$(source_states)
  if ! compile 2>&1 </dev/null | tee -- "$log" | show_progress; then
    tail -n 20 -- "$log" >&2
    warn "Unable to build $name: see above, and all of it in $plugin/$log"
    build_failed
  fi
  keep_build "$states" || sources="changed while they were built"
}

build_failed() {
  [[ ! -f .staged ]] || warn "The executables of the last build stay in place"
  return 1
}

# note_staged FIRST-LINE FILE...: writes .staged.
note_staged() {
  printf '%s\n' "$@" >.staged.new
  give_to_dokku .staged.new
  mv -f .staged.new .staged
}

# stage FINGERPRINT: copies all files first, then only renames: no step that can fail for lack of
# space leaves a mixture behind.
stage() {
  local file
  local before=()
  declare -A staged=()
  while IFS= read -r file; do
    case $file in
      plugin.toml | install | uninstall | init/*) continue ;; # stand here as they are
    esac
    staged[$file]=1
  done < <(cd build/plugin && find . -type f -printf '%P\n')
  mkdir -p bin subcommands
  for file in "${!staged[@]}"; do
    cp -- "build/plugin/$file" "$(new_name "$file")"
    give_to_dokku "$(new_name "$file")"
  done
  give_to_dokku bin subcommands build
  [[ ! -f .staged ]] || mapfile -t before < <(tail -n +2 .staged)
  # What a run leaves that is killed from here on is neither the last build nor this one.
  note_staged "being placed" "${before[@]}" "${!staged[@]}"
  for file in "${!staged[@]}"; do
    mv -f -- "$(new_name "$file")" "$file"
  done
  for file in "${before[@]}"; do
    # Only plain names: nothing that stands in the file leads out of this directory.
    [[ -z $file || -n ${staged[$file]:-} || ! $file =~ ^((bin|subcommands)/)?[a-z0-9-]+$ ]] || rm -f -- "$file"
  done
  note_staged "$1" "${!staged[@]}"
  staged_files=${#staged[@]}
}

new_name() { # a/b: a/.b.new
  local directory=${1%/*}
  [[ $directory != "$1" ]] || directory=.
  printf '%s/.%s.new' "$directory" "${1##*/}"
}

build_and_stage() {
  # The sources of now: those that change while they are built are built again next time.
  local sources staged_files started=$SECONDS
  sources=$(fingerprint)
  build
  stage "$sources"
  info "Built $name: $staged_files executables in $((SECONDS - started)) s"
}
