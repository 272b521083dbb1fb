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

# each_subcommand CHECK WORD...: runs every subcommand with these words, under both entries, without
# an app, a daemon and an Engine; then CHECK with entry and name.
each_subcommand() {
  local check=$1 entry name
  shift
  [[ -e $enabled/netports ]] || cp -r "$plugin" "$enabled/netports"
  ln -sfn "$plugin" "$enabled/network"
  for entry in netports network; do
    while read -r name; do
      run3 env -i DOCKER_HOST=unix:///nonexistent DOKKU_ROOT=/nonexistent \
        DOKKU_LIB_ROOT=/nonexistent DOKKU_PORTS_SOCKET=/nonexistent \
        "$enabled/$entry/subcommands/$name" "$entry:$name" "$@"
      "$check" "$entry" "$name" || {
        printf 'dokku %s:%s %s: status %s\n%s\n%s' "$entry" "$name" "$*" "$status" "$stdout" "$stderr" >&2
        return 1
      }
    done < <(cd "$plugin/subcommands" && find . -type f ! -name default -printf '%f\n')
  done
}

shows_help() { # ENTRY NAME: where the plugin's help has the command, the same words
  local synopsis description listed
  synopsis=$(sed -n '1s/^Usage: dokku //p' "$out_file")
  description=$(sed -n 3p "$out_file")
  listed=$("$enabled/$1/commands" "$1:help" | tr -s ' ' | grep -E "^ $1:$2( |$)")
  [[ $status -eq 0 && -z $stderr && -n $description ]] || return 1
  [[ "$synopsis " == "$1:$2 "* ]] && grep -qx Flags: "$out_file" || return 1
  case $1:$2 in
    # Dokku's help leaves flags of these out.
    network:create | network:destroy | network:report | network:set)
      [[ $listed == " $1:$2 "*" $description" ]] || return 1
      ;;
    *) [[ -z $listed || $listed == " $synopsis $description" ]] || return 1 ;;
  esac
  [[ $(tail -n 1 "$out_file") =~ ^\ \ -h,\ --help\ +this\ text$ ]]
}

is_usage_error() { # ENTRY NAME
  [[ $status -eq 2 && -z $stdout && $(wc -l <"$err_file") -eq 2 ]] || return 1
  [[ $(head -n 1 "$err_file") == "Usage: dokku $1:$2"* ]]
}

refuses_words() { case $2 in set | ports-set) ;; *) is_usage_error "$@" ;; esac } # they take any number

refuses_flag() { [[ $2 == report ]] || is_usage_error "$@"; } # it takes them for one of its rows

@test "every subcommand answers --help and -h" {
  each_subcommand shows_help --help
  each_subcommand shows_help -h
}

@test "the bare plugin name answers --help too, and takes no word" {
  cp -r "$plugin" "$enabled/netports"
  run3 "$enabled/netports/subcommands/default" netports --help
  expect 0 "$(document_block README.md "commands: netports")"
  run3 "$enabled/netports/subcommands/default" netports extra
  expect 2 "" "Usage: dokku netports
unexpected word: extra"
}

@test "every subcommand refuses words, formats and flags that it does not know" {
  each_subcommand refuses_words a b c
  each_subcommand is_usage_error --format yaml
  each_subcommand refuses_flag --no-such-flag
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

# --- manual pages and completion -------------------------------------------------------------------

# The words behind .It lines of a page, without its macros: what the page is about.
items_of() { sed -n -E 's/^\.It //p' "$repository/docs/man/$1"; }

@test "dokku-ports(8) has every option of the daemon, and no other" {
  "$plugin/bin/dokku-ports" --help | sed -n -E 's/^  --([a-z-]+).*/\1/p' | sort >"$BATS_TEST_TMPDIR/known"
  items_of dokku-ports.8 | sed -n -E 's/^Fl -([a-z-]+).*/\1/p' | sort >"$BATS_TEST_TMPDIR/told"
  [[ -s $BATS_TEST_TMPDIR/known ]]
  diff "$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/told"
}

@test "dokku-ports(8) has every request of the control socket, and no other" {
  sed -n -E 's/.*Known\{"([a-z]+)", Verb::.*/\1/p' "$repository/forwarder/control_request.cpp" |
    sort >"$BATS_TEST_TMPDIR/known"
  sed -n '/^\.Sh INTERFACE/,/^\.Sh OPTIONS/p' "$repository/docs/man/dokku-ports.8" |
    sed -n -E 's/^\.It Cm ([a-z]+).*/\1/p' | sort >"$BATS_TEST_TMPDIR/told"
  [[ -s $BATS_TEST_TMPDIR/known ]]
  diff "$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/told"
}

@test "PORTS(5) has every option of a mapping, and no other" {
  sed -n -E 's/^ *Option\{"([a-z-]+)".*/\1/p' "$repository/common/ports/options.cpp" |
    sort >"$BATS_TEST_TMPDIR/known"
  items_of PORTS.5 | sed -n -E 's/^Cm ([a-z-]+) Ns = .*/\1/p' | sort >"$BATS_TEST_TMPDIR/told"
  [[ -s $BATS_TEST_TMPDIR/known ]]
  diff "$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/told"
}

# Each command of help for either entry, as "netports:ports".
known_commands() {
  cp -r "$plugin" "$enabled/netports"
  ln -s "$plugin" "$enabled/network"
  for entry in netports network; do
    "$enabled/$entry/commands" "$entry:help" | sed -n -E "s/^    ($entry:[a-z-]+).*/\1/p"
  done | sort
}

@test "netports(1) has every subcommand, and no other" {
  known_commands >"$BATS_TEST_TMPDIR/known"
  items_of netports.1 | sed -n -E 's/^Cm ((netports|network):[a-z-]+).*/\1/p' | sort >"$BATS_TEST_TMPDIR/told"
  diff "$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/told"
}

@test "the package's completion knows every subcommand" {
  known_commands >"$BATS_TEST_TMPDIR/known"
  "$repository/debian/fill-in-completion" "$plugin/commands" <"$repository/debian/completion.bash" |
    grep -oE '^(netports|network):[a-z-]+' | sort >"$BATS_TEST_TMPDIR/told"
  diff "$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/told"
}

@test "the package has the version of the plugin" {
  run3 sed -n -E '1s/^dokku-netports \(([^)]*)\).*/\1/p' "$repository/debian/changelog"
  expect 0 "$(sed -n -E 's/^version *= *"([^"]*)".*/\1/p' "$repository/plugin.toml")"
}
