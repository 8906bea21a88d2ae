#!/usr/bin/env bash
# Installs what is missing, builds, runs every test, and ends on a line that counts them.
# usage: tests/run.sh [PRESET], default release
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
preset=${1:-release}
bash examples/packages.sh program tests || exit 1
cmake --preset "$preset" || exit 1
cmake --build --preset "$preset" || exit 1
source tests/count.sh
run_ctest "build/$preset"
