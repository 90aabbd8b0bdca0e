#!/bin/sh
# soak.sh BUILD [MESSAGES]: the soak in a state directory of its own.
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/mapiguard-soak-XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$1/proof/soak" "${2:-200000}" "$folder/state" "$1/trying-worker"
