#!/usr/bin/env bash
# Installs what is missing, builds, runs every test, and ends on a line that counts them.
# usage: tests/run.sh [PRESET], default release
# LibTorch (540 MB, once) comes with it; S2D_TORCH=OFF leaves it and its tests out.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
preset=${1:-release}
bash examples/packages.sh program tests || exit 1
[ "${S2D_TORCH:-ON}" = OFF ] || bash examples/libtorch.sh || exit 1
cmake --preset "$preset" -DS2D_TORCH="${S2D_TORCH:-ON}" || exit 1
cmake --build --preset "$preset" || exit 1
source tests/count.sh
run_ctest "build/$preset"
