#!/usr/bin/env bats
# What the documents say is what the programs do.

load helpers

setup() {
  plugin=$repository/build/plugin
  enabled=$BATS_TEST_TMPDIR/enabled
  mkdir -p "$enabled"
  export DOKKU_NOT_IMPLEMENTED_EXIT=10
}

# The code block behind a comment of README.md that begins with the words given.
readme_block() {
  awk -v mark="<!-- $1" 'index($0, mark) == 1 {found = 1; next}
    found && /^```/ {if (inside) exit; inside = 1; next}
    inside' "$repository/README.md"
}

@test "README shows what netports:help prints" {
  cp -r "$plugin" "$enabled/netports"
  run3 "$enabled/netports/commands" netports:help
  expect 0 "$(readme_block "commands: netports")"
}

@test "README shows what network:help prints" {
  ln -s "$plugin" "$enabled/network"
  run3 "$enabled/network/commands" network:help
  expect 0 "$(readme_block "commands: network")"
}

@test "every subcommand that help names is there, and no other" {
  cp -r "$plugin" "$enabled/netports"
  ln -s "$plugin" "$enabled/network"
  {
    "$enabled/netports/commands" netports:help
    "$enabled/network/commands" network:help
    echo "    netports:default" # the bare plugin name, which help does not list
  } | sed -n -E 's/^    (netports|network):([a-z-]+).*/\2/p' | sort -u >"$BATS_TEST_TMPDIR/listed"
  ls "$plugin/subcommands" | sort -u >"$BATS_TEST_TMPDIR/staged"
  diff "$BATS_TEST_TMPDIR/listed" "$BATS_TEST_TMPDIR/staged"
}

@test "every option of a PORTS line stands in the README" {
  while read -r option; do
    grep -qF "\`$option=" "$repository/README.md" || {
      echo "Option $option is not in README.md" >&2
      return 1
    }
  done < <(sed -n -E 's/^ *Option\{"([a-z-]+)".*/\1/p' "$repository/common/ports/options.cpp")
}

@test "no document holds what was to be filled in" {
  run3 grep -nE 'MEASURED|COMMANDS_' "$repository/README.md" "$repository"/docs/*.md
  expect 1
}
