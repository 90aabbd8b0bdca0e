#!/bin/sh
# Installs the packages of the given groups of cmake/packages.txt that are missing. Silent, and no root needed, when none is.
# Never removes a package, never starts a service.
#
#   cmake/install-packages.sh GROUP…          install
#   cmake/install-packages.sh --check GROUP…  only say what is missing (exit 1)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
list=$here/packages.txt
log=${MAPIGUARD_PACKAGE_LOG:-${here%/cmake}/build/packages.log}

say() { printf '%s\n' "$*" >&2; }

packages_of() {
  for group in "$@"; do
    grep -q "^$group: " "$list" || { say "packages.txt knows no group '$group'"; exit 64; }
    sed -n "s/^$group: *//p" "$list"
  done
}

missing_of() {
  for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
    [ "$state" = installed ] || printf '%s\n' "$package"
  done
}

# Runs as root. A policy-rc.d that answers 101 keeps maintainer scripts from starting what they install.
install_as_root() {
  policy=/usr/sbin/policy-rc.d
  exec 9>/run/mapiguard-packages.lock
  flock 9
  # A saved one that is already there was left by a run that was killed: what stands now is ours then.
  [ ! -e "$policy" ] || [ -e "$policy.mapiguard-saved" ] || mv "$policy" "$policy.mapiguard-saved"
  trap 'rm -f "$policy"; [ ! -e "$policy.mapiguard-saved" ] || mv "$policy.mapiguard-saved" "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
  export DEBIAN_FRONTEND=noninteractive
  # An update that fails (no network) is no reason to stop: the lists at hand may do.
  apt-get -q -o DPkg::Lock::Timeout=300 update || echo "apt-get update failed; trying with the lists at hand"
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    --no-install-recommends --no-remove install "$@"
}

if [ "${1:-}" = --as-root ]; then
  shift
  install_as_root "$@" < /dev/null
  exit
fi

check=false
if [ "${1:-}" = --check ]; then check=true; shift; fi
[ $# -gt 0 ] || { say "usage: $0 [--check] GROUP…"; exit 64; }

if ! command -v dpkg-query > /dev/null; then
  # Another distribution: what is missing CMake will say.
  exit 0
fi
wanted=$(packages_of "$@")
wanted=$(printf '%s\n' $wanted | sort -u)
missing=$(missing_of $wanted | tr '\n' ' ')
missing=${missing% }
[ -n "$missing" ] || exit 0
by_hand="apt-get install --no-install-recommends $missing"
if $check; then
  say "These Debian packages are missing: $missing. As root: $by_hand"
  exit 1
fi

sudo=
if [ "$(id -u)" -ne 0 ]; then
  # Ask for a password only where somebody can type it.
  if command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [ -t 0 ]; }; then
    sudo=sudo
  else
    say "These Debian packages are missing, and only root can install them: $missing. As root: $by_hand"
    exit 1
  fi
fi

mkdir -p "$(dirname "$log")"
say "Installing $(echo "$missing" | wc -w) packages: $missing (log: $log)"
if ! $sudo "$here/install-packages.sh" --as-root $missing > "$log" 2>&1; then
  tail -n 20 "$log" >&2
  say "Could not install: $missing. Log: $log. By hand, as root: $by_hand"
  exit 1
fi
still=$(missing_of $wanted | tr '\n' ' ')
[ -z "$still" ] || { say "Still missing after installing: $still"; exit 1; }
