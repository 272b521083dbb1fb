#!/usr/bin/env bats
# What the documents say is what the programs do.

load helpers

setup() {
  plugin=$repository/build/plugin
  enabled=$BATS_TEST_TMPDIR/enabled
  mkdir -p "$enabled"
  export DOKKU_NOT_IMPLEMENTED_EXIT=10
}

# document_block FILE WORDS: the code block behind a comment of FILE that begins with WORDS.
document_block() {
  awk -v mark="<!-- $2" 'index($0, mark) == 1 {found = 1; next}
    found && /^```/ {if (inside) exit; inside = 1; next}
    inside' "$repository/$1"
}

@test "README shows what netports:help prints" {
  cp -r "$plugin" "$enabled/netports"
  run3 "$enabled/netports/commands" netports:help
  expect 0 "$(document_block README.md "commands: netports")"
}

@test "docs/network.md shows what network:help prints" {
  ln -s "$plugin" "$enabled/network"
  run3 "$enabled/network/commands" network:help
  expect 0 "$(document_block docs/network.md "commands: network")"
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

@test "every link of the documents leads to a file, and every anchor to a heading" {
  run3 python3 "$BATS_TEST_DIRNAME/doc_links.py" "$repository"
  expect 0 ""
}

@test "every script and measurement that the documents name is there" {
  local command found=0
  while read -r command; do
    found=$((found + 1))
    [[ -f $repository/$command ]] || {
      echo "The documents name $command, which is not there" >&2
      return 1
    }
  done < <(grep -ohE '\b(script|bench)/[a-z_-]+(\.[a-z]+)?' \
    "$repository"/{README,CONTRIBUTING,CHANGELOG}.md "$repository"/docs/*.md | sort -u)
  ((found > 0))
}

@test "README leads to every page of docs" {
  local page found=0
  for page in "$repository"/docs/*.md; do
    found=$((found + 1))
    grep -qF "](docs/${page##*/}" "$repository/README.md" || {
      echo "README.md has no link to docs/${page##*/}" >&2
      return 1
    }
  done
  ((found > 0))
}
