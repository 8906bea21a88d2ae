#!/usr/bin/env bash
# Builds the quality programs and measures on a data folder with JPEGImages and Annotations.
# usage: bench/quality.sh DATA [OPTION...]          frame masks and keymasks
#        bench/quality.sh DATA --dense [OPTION...]  what a network makes of them (needs LibTorch)
# --help lists the options. The tables go to build/quality/results unless --out names another folder.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
root=$PWD
dense= options=()
for option in "$@"; do
  if [ "$option" = --dense ]; then dense=1; else options+=("$option"); fi
done
bash examples/packages.sh program
if [ -n "$dense" ]; then bash examples/libtorch.sh; fi
cmake -S . -B build/quality -G Ninja -DCMAKE_BUILD_TYPE=Release -DS2D_NATIVE=ON \
  -DS2D_BUILD_TESTS=OFF -DS2D_BUILD_EXAMPLES=OFF -DS2D_BUILD_BENCHMARKS=ON >/dev/null
cmake --build build/quality --target "quality${dense:+_dense}"
commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
cd "$here"
common=(--out "$root/build/quality/results" --commit "$commit" --command "bench/quality.sh $*")
if [ -n "$dense" ]; then
  export OMP_WAIT_POLICY=PASSIVE  # threads that wait sleep
  exec "$root/build/quality/bench/quality/quality_dense" "${common[@]}" "${options[@]}"
fi
exec "$root/build/quality/bench/quality/quality" "${common[@]}" \
  --single "$root/bench/quality/davis2016_single_objects.txt" \
  --reference "$root/bench/quality/reference.csv" "${options[@]}"
