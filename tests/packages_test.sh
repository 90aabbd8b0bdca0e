#!/bin/sh
# cmake/install-packages.sh is silent and needs no root when nothing is missing, and names what is missing when something
# is; without root and sudo it says what to type instead of failing obscurely.
set -eu
script=$1/cmake/install-packages.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

mkdir "$work/bin" "$work/cmake"
cp "$script" "$work/cmake/"
printf 'build: here-a here-b\ntest: not-here\n' > "$work/cmake/packages.txt"
# A dpkg-query that knows two packages, an id of an ordinary user, and no sudo.
printf '#!/bin/sh\nfor last; do :; done\ncase $last in here-*) echo installed;; *) exit 1;; esac\n' > "$work/bin/dpkg-query"
printf '#!/bin/sh\necho 1000\n' > "$work/bin/id"
printf '#!/bin/sh\nexit 1\n' > "$work/bin/sudo"
chmod +x "$work/bin/"*
run() { PATH="$work/bin:$PATH" "$work/cmake/install-packages.sh" "$@" < /dev/null 2>&1; }

out=$(run build) || fail "nothing is missing, and it failed: $out"
[ -z "$out" ] || fail "nothing is missing, and it said: $out"
out=$(run build test) && fail "not-here is missing, no sudo, and it did not fail"
case $out in *not-here*"apt-get install"*) ;; *) fail "does not say what is missing and what to type: $out";; esac
case $out in *here-a*) fail "names a package that is there: $out";; esac
out=$(run --check test) && fail "--check did not fail"
out=$(run nonsense) && fail "an unknown group was taken"
# Every package of the real list has a plausible Debian name and stands in a group.
if grep -vE '^(#.*|[a-z]+: [a-z0-9][a-z0-9.+-]*( [a-z0-9][a-z0-9.+-]*)*)$' "$1/cmake/packages.txt"; then fail "a line of packages.txt cannot be read"; fi
echo ok
