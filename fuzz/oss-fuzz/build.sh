#!/bin/bash -eu
# Builds every fuzz target into $OUT, with its seeds, words and options. OSS-Fuzz sets what it reads: CC, CXX, CFLAGS,
# CXXFLAGS, LIB_FUZZING_ENGINE, SRC, WORK, OUT. By hand, with MAPIGUARD_TARGETS="UNIT…" for some of them:
#
#   CC=clang-19 CXX=clang++-19 CFLAGS="-O1 -g -fsanitize=address,fuzzer-no-link" CXXFLAGS=$CFLAGS \
#   LIB_FUZZING_ENGINE=-fsanitize=fuzzer SRC=. WORK=/tmp/work OUT=/tmp/out fuzz/oss-fuzz/build.sh
source_dir=$SRC/mapiguard
[ -d "$source_dir" ] || source_dir=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$OUT" "$WORK"

# The project is written for libstdc++ (std::expected as g++ 12 has it); OSS-Fuzz asks for libc++.
CXXFLAGS=${CXXFLAGS//-stdlib=libc++/}
export CXXFLAGS

cmake -G Ninja -S "$source_dir" -B "$WORK/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DMAPIGUARD_FUZZ=ON -DMAPIGUARD_TESTS=OFF -DMAPIGUARD_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" \
  -DCMAKE_BUILD_RPATH='$ORIGIN/lib'

targets=${MAPIGUARD_TARGETS:-$(cd "$source_dir/fuzz" && ls ./*.dict | sed 's|^\./||; s|\.dict$||')}
ninja -C "$WORK/build" $(printf 'fuzz_%s ' $targets)

# The image that runs the targets has no libraries of the packages: they go along, in $OUT/lib, where the rpath finds them.
mkdir -p "$OUT/lib"
take_libraries() {
  ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' |
    grep -vE '/(libc|libm|libpthread|libdl|librt|libgcc_s|ld-linux[^/]*)\.so' | xargs -r cp -nL -t "$OUT/lib"
}

for unit in $targets; do
  cp "$WORK/build/fuzz/$unit" "$OUT/$unit"
  take_libraries "$OUT/$unit"
  cp "$source_dir/fuzz/$unit.dict" "$OUT/$unit.dict"
  printf '[libfuzzer]\nmax_len = 1048576\ntimeout = 25\nrss_limit_mb = 2560\n' > "$OUT/$unit.options"
  seeds=$source_dir/fuzz/seeds/$unit
  case $unit in
    cfb | msg | convert) samples=("$source_dir"/corpus/samples/*.msg) ;;
    tnef) samples=("$source_dir"/corpus/samples/*.dat) ;;
    *) samples=() ;;
  esac
  rm -f "$OUT/${unit}_seed_corpus.zip"
  (cd "$seeds" && zip -qr "$OUT/${unit}_seed_corpus.zip" .)
  [ ${#samples[@]} -eq 0 ] || zip -qj "$OUT/${unit}_seed_corpus.zip" "${samples[@]}"
done
