# shellcheck shell=bash disable=SC2034
# For the tests of the scratch host itself: a plugin without any hook, and a host that has it.

setup() {
  plugin=$BATS_TEST_TMPDIR/plugin
  mkdir -p "$plugin/subcommands"
  printf '[plugin]\ndescription = "a test"\nversion = "1"\n\n[plugin.config]\n' \
    >"$plugin/plugin.toml"
  app=$(unique app)
}

teardown() {
  host_down
}

up() { host_up --plugin "$plugin" "$@"; }
