#!/bin/sh
# Manual pages as HTML into a folder, with mandoc's opinion of them; then the check of the documents.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out"
pages=$(find "$here/man" -name '*.[1-8]' 2> /dev/null | sort)
[ -n "$pages" ] || { echo "docs/man holds no page" >&2; exit 1; }
for page in $pages; do
  mandoc -T lint -W warning "$page"
  mandoc -T html -O style=mandoc.css,man=%N.%S.html "$page" > "$out/$(basename "$page").html"
done
[ ! -f /usr/share/misc/mandoc.css ] || cp /usr/share/misc/mandoc.css "$out/"
echo "$(echo "$pages" | wc -w) manual pages in $out"
python3 "$here/check.py"
