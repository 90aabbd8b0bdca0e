#!/bin/sh
# Runs every fuzz target in a folder for so many seconds: fuzz/run.sh TARGETS SECONDS [UNIT…]
# New inputs stay in TARGETS/corpus/UNIT, what crashes in TARGETS/crashes/UNIT-*. Exit 1 when anything did.
set -u
here=$(cd "$(dirname "$0")" && pwd)
targets=$1 seconds=$2
shift 2
[ $# -gt 0 ] || set -- $(find "$targets" -maxdepth 1 -type f -perm -u+x -exec basename {} \; | sort)
failed=
mkdir -p "$targets/crashes"
for unit in "$@"; do
  mkdir -p "$targets/corpus/$unit"
  seeds=
  for folder in "$here/seeds/$unit" "$here/../corpus/samples"; do [ ! -d "$folder" ] || seeds="$seeds $folder"; done
  dict=
  [ ! -f "$here/$unit.dict" ] || dict="-dict=$here/$unit.dict"
  log=$targets/$unit.log
  if "$targets/$unit" "$targets/corpus/$unit" $seeds $dict -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$targets/crashes/$unit-" -print_final_stats=1 > "$log" 2>&1; then
    echo "$unit: nothing found; $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, $(find "$targets/corpus/$unit" -type f | wc -l) inputs kept"
  else
    echo "$unit: FAILED, see $log"
    grep -E '^(SUMMARY|==[0-9]+==ERROR|.*runtime error)' "$log" | head -n 3
    failed="$failed $unit"
  fi
done
[ -z "$failed" ] || { echo "Failed:$failed; inputs in $targets/crashes"; exit 1; }
