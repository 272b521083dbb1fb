# shellcheck shell=bash
# Runs one function of one core plugin; `up` writes a two-line stub per function that ends here:
#   source "$SCRATCH_LIB/core.sh" PLUGIN trigger|sub|commands NAME ARGUMENT...
# tests/host/core/PLUGIN.sh defines `trigger:NAME` and `sub:NAME`, and `help_lines` for
# `commands`: the first is "NAME, Description", the others "NAME:sub <args>, Description".

# shellcheck source=tests/host/lib/common.sh
source "$SCRATCH_LIB/common.sh"

core_plugin=$1 core_kind=$2 core_name=$3
shift 3
# shellcheck source=/dev/null
source "$SCRATCH_LIB/../core/$core_plugin.sh"

core_commands() {
  local parent
  case ${1:-} in
    help)
      # The flag is not handed on: whoever wants to know looks at the caller's command line.
      parent=$(tr '\0' ' ' <"/proc/$PPID/cmdline")
      if [[ $parent == *--all* ]]; then
        help_lines | sed -e '/^[a-z-]*,/d' -e 's/^/    /'
      else
        help_lines | sed -n '1s/^/    /p'
      fi
      ;;
    "$core_plugin" | "$core_plugin:help")
      printf 'Usage: dokku %s[:COMMAND]\n\n%s\n\nAdditional commands:\n' \
        "$core_plugin" "$(help_lines | sed -n '1s/^[^,]*, //p')"
      help_lines | sed -e 1d -e 's/^/    /' | column -c2 -t -s,
      ;;
    *) exit "$DOKKU_NOT_IMPLEMENTED_EXIT" ;;
  esac
}

case $core_kind in
  trigger) "trigger:$core_name" "$@" ;;
  sub)
    shift # the full command word, which a subcommand gets first
    "sub:$core_name" "$@"
    ;;
  commands) core_commands "$@" ;;
esac
