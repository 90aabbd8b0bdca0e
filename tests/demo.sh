#!/bin/sh
# What `make demo` shows: a corpus is converted, a poison message is met, counted, blocked and reported, and nobody else
# suffers. It is a test too: exit 0 only when everything came as promised.   tests/demo.sh BUILD
set -u
build=$(cd "$1" && pwd)
mapiguard=$build/mapiguard
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$work"  # the external converter runs as nobody when we are root, and must be reachable
wrong=0

title() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
expect() {  # expect WHAT WANTED FOUND
  if [ "$2" = "$3" ]; then note "$1: $3"; else note "$1: $3 — WRONG, $2 was promised"; wrong=$((wrong + 1)); fi
}
count_in() { grep -cE "$1" "$2" 2> /dev/null || true; }
outcomes() { count_in "\"outcome\": ?\"$1\"" "$2"; }
events() { "$mapiguard" events --state "$state" --json --id "$1" | grep -c . || true; }

# -- 1. the corpus ---------------------------------------------------------------------------------------------------
title "1. Convert a corpus: .msg, templates, winmail.dat, mail that carries it; some files are damaged on purpose"
"$build/mapiguard-corpus" --output "$work/corpus" || exit 1
mv "$work/corpus/INDEX.tsv" "$work/INDEX.tsv"
"$mapiguard" convert --state "$work/state" --no-progress --report "$work/report" -o "$work/mail" "$work/corpus" 2> "$work/errors"
code=$?
rows() { awk -F '\t' -v outcome="$1" 'NR > 1 && $3 ~ outcome' "$work/INDEX.tsv" | wc -l; }
good=$(rows '^(converted|tolerated|degraded)$') bad=$(rows '^damaged$') either=$(rows '^either$')
converted=$(outcomes converted "$work/report") damaged=$(outcomes damaged "$work/report")
note "$(find "$work/corpus" -type f | wc -l) files, $(du -sk "$work/corpus" | cut -f1) KiB: $converted converted, $damaged refused as no message or damaged beyond use"
expect "every file has a line in the report" "$((good + bad + either))" "$(count_in . "$work/report")"
expect "neither converted nor refused" 0 "$(($(count_in . "$work/report") - converted - damaged))"
while IFS="$(printf '\t')" read -r name kind outcome rest; do
  case $outcome in
    converted | tolerated | degraded) [ -s "$work/mail/$name.eml" ] || echo "$name ($kind) was to be converted, and was not" ;;
    damaged) [ ! -e "$work/mail/$name.eml" ] || echo "$name ($kind) holds no message, and was converted" ;;
  esac
done < "$work/INDEX.tsv" > "$work/differences"
expect "files that did not go as the corpus says" 0 "$(count_in . "$work/differences")"
head -n 5 "$work/differences" | sed 's/^/      | /'
expect "mails written" "$converted" "$(find "$work/mail" -type f -name '*.eml' | wc -l)"
[ "$bad" -eq 0 ] || expect "exit code (65: some inputs were damaged)" 65 "$code"
mail=$(find "$work/mail" -name 'plain-unicode.msg.eml' | head -n 1)
[ -z "$mail" ] || { note "the head of $(basename "$mail"):"; sed -n '1,/^.\{0,1\}$/p' "$mail" | head -n 8 | sed 's/^/      | /'; }

# -- 2. a poison message ----------------------------------------------------------------------------------------------
title "2. A converter with a bug: one message among fifty crashes it (PoisonThreshold is 2)"
state=$work/state-of-the-story
mkdir "$work/bin" "$work/inbox"
cp "$build/misbehave/crash_on_marker" "$work/bin/" && chmod 755 "$work/bin" "$work/bin/crash_on_marker"
i=1
while [ $i -lt 50 ]; do
  printf 'Message-ID: <innocent-%d@demo.example>\r\nSubject: innocent %d\r\n\r\nGood morning.\r\n' $i $i > "$work/inbox/innocent-$i.eml"
  i=$((i + 1))
done
printf 'Message-ID: <poison@demo.example>\r\nSubject: poison\r\n\r\nPOISON-MARKER\r\n' > "$work/inbox/poison.eml"

convert_inbox() {  # convert_inbox RUN EXIT OUTCOME-OF-POISON
  rm -rf "$work/out"
  "$mapiguard" convert --state "$state" --no-progress --converter "$work/bin/crash_on_marker" --report "$work/report-$1" \
    -o "$work/out" "$work/inbox" 2> "$work/errors"
  expect "run $1: exit code" "$2" $?
  expect "run $1: innocent messages converted" 49 "$(outcomes converted "$work/report-$1")"
  expect "run $1: the poison message" "$3" "$(sed -n '/poison\.eml/s/.*"outcome": *"\([a-z]*\)".*/\1/p' "$work/report-$1")"
}
convert_poison() {  # convert_poison ATTEMPT EXIT: alone, with its envelope, so that there is somebody to tell
  "$mapiguard" convert --state "$state" --converter "$work/bin/crash_on_marker" --message-id '<poison@demo.example>' \
    --sender alice@demo.example --recipient bob@demo.example -o "$work/poison.out" "$work/inbox/poison.eml" 2> "$work/errors"
  expect "death $1: exit code" "$2" $?
  sed 's/^/      | /' "$work/errors" | head -n 3
}
convert_inbox 1 75 died
note "75 says: the worker died, try again. The other forty-nine did not notice."
convert_poison 2 75
convert_poison 3 69
note "69 says: blocked as poison. The third death exceeded the threshold of two."
convert_inbox 4 69 blocked
note "blocked before a worker saw it: no fourth death."

# -- 3. what is on record ------------------------------------------------------------------------------------------------
title "3. What is on record"
"$mapiguard" poison list --state "$state" | sed 's/^/      | /'
"$mapiguard" events --state "$state" | head -n 8 | sed 's/^/      | /'
expect "events 9680 (one a charged death)" 3 "$(events 9680)"
expect "events 9681 (the block, once)" 1 "$(events 9681)"
expect "messages blocked" 1 "$("$mapiguard" poison list --state "$state" --json | tr ',' '\n' | grep -cE '"blocked": ?true')"

title "4. The sender is told"
ndr=$(find "$state/ndr/new" "$state/ndr/cur" -type f 2> /dev/null | head -n 1)
expect "NDRs in the Maildir" 1 "$(find "$state/ndr/new" "$state/ndr/cur" -type f 2> /dev/null | wc -l)"
if [ -n "$ndr" ]; then
  expect "it is a delivery report" 1 "$(count_in '^Content-Type: multipart/report' "$ndr")"
  expect "it says 5.3.0" yes "$(grep -q '^Status: 5\.3\.0' "$ndr" && echo yes)"
  head -n 30 "$ndr" | tr -d '\r' | sed 's/^/      | /'
fi

title "5. After the bug is mended: release it, and it is converted"
"$mapiguard" poison release '<poison@demo.example>' --state "$state" > /dev/null
expect "release" 0 $?
cp "$build/misbehave/echo" "$work/bin/" && chmod 755 "$work/bin/echo"
"$mapiguard" convert --state "$state" --converter "$work/bin/echo" --message-id '<poison@demo.example>' -o "$work/poison.out" "$work/inbox/poison.eml" 2> "$work/errors"
expect "exit code with the mended converter" 0 $?

if [ $wrong -eq 0 ]; then printf '\nEverything came as promised.\n'; else printf '\n%d things did not come as promised.\n' $wrong; fi
[ $wrong -eq 0 ]
