#!/bin/sh
# Runs the test suite of a build folder and says at the end, in one line, how it went.
#   tests/run_ctest.sh BUILD JOBS [ctest options…]
set -u
build=$1 jobs=$2
shift 2
log=$build/ctest.log
status=$build/ctest.status
start=$(date +%s)
# Sanitised programs say what they found and stop; nothing is tolerated.
export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=1:detect_leaks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
{
  ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$jobs" "$@" < /dev/null 2>&1
  echo $? > "$status"
} | tee "$log"
code=$(cat "$status")
seconds=$(($(date +%s) - start))
count() { grep -cE "^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*$1" "$log"; }
passed=$(count ' Passed ')
skipped=$(count '\*\*\*Skipped')
failed=$(count '(\*\*\*Failed|\*\*\*Timeout|\*\*\*Exception|\*\*\*Not Run)')
if [ "$code" -eq 0 ]; then verdict=PASSED; else verdict=FAILED; fi
printf '\n%s: %d tests passed, %d failed, %d skipped, in %d min %02d s (log: %s)\n' \
  "$verdict" "$passed" "$failed" "$skipped" $((seconds / 60)) $((seconds % 60)) "$log"
exit "$code"
