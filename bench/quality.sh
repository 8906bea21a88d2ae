#!/usr/bin/env bash
# Builds the quality program and measures on a data folder with JPEGImages and Annotations.
# usage: bench/quality.sh DATA [OPTION...]; --help lists the options. The tables go to
# build/quality/results unless --out names another folder.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
root=$PWD
bash examples/packages.sh program
cmake -S . -B build/quality -G Ninja -DCMAKE_BUILD_TYPE=Release -DS2D_NATIVE=ON \
  -DS2D_BUILD_TESTS=OFF -DS2D_BUILD_EXAMPLES=OFF -DS2D_BUILD_BENCHMARKS=ON >/dev/null
cmake --build build/quality --target quality
commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
cd "$here"
exec "$root/build/quality/bench/quality/quality" --out "$root/build/quality/results" \
  --single "$root/bench/quality/davis2016_single_objects.txt" \
  --reference "$root/bench/quality/reference.csv" \
  --commit "$commit" --command "bench/quality.sh $*" "$@"
