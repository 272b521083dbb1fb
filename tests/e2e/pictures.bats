#!/usr/bin/env bats
# The pictures in docs/ are what the scripts draw from the records in docs/data, and say what these do.

load helpers

setup() { cd "$repository"; }

@test "docs/demo.svg is what script/draw-demo draws from the record of a run" {
  script/draw-demo docs/data/demo.tsv | cmp - docs/demo.svg
  python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' docs/demo.svg
  grep -q '(docs/demo.svg)' README.md
}

@test "docs/benchmarks.svg is what bench/draw draws from the results of a run" {
  bench/draw docs/data/forwarder.results | cmp - docs/benchmarks.svg
  python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' docs/benchmarks.svg
  grep -q '(benchmarks.svg)' docs/benchmarks.md
}

@test "a connection that failed is in the picture of the demo" {
  local record=$BATS_TEST_TMPDIR/record
  awk -F '\t' -v OFS='\t' 'NR > 40 {$4 = 3} {print}' docs/data/demo.tsv >"$record"
  run3 script/draw-demo "$record"
  [[ $status -eq 0 && -z $stderr && $stdout == *": 3 of "*" connections failed</title>"* ]]
  [[ $stdout == *">3 failed</text>"* && $stdout != *">0 failed</text>"* ]]
}

@test "a measure that is lost is in the chart of the benchmarks, as is what was not measured" {
  local results=$BATS_TEST_TMPDIR/results
  printf '%s\n' "# a small run" "send1 netports gbit 5" "send1 nginx-1w gbit 20" \
    "start netports rss_mb 7" "start nginx-1w rss_mb 14" "send1 direct gbit 40" >"$results"
  run3 bench/draw "$results"
  [[ $status -eq 0 && -z $stderr && $stdout == *">a small run</text>"* ]]
  [[ $stdout == *">0.25 × nginx 1w</text>"*">more is better: worse</text>"* ]]
  [[ $stdout == *">0.50 × nginx 1w</text>"*">less is better: better</text>"* ]]
  echo "# nothing else" >"$results"
  run3 bench/draw "$results"
  expect 1 "" " !     Nothing was measured"
}

@test "the scripts that draw say how they are called" {
  run3 script/draw-demo
  expect 2 "" "Usage: script/draw-demo RECORD"
  run3 bench/draw --help
  expect 2 "" "Usage: bench/draw RESULTS..."
}
