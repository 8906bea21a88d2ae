#!/usr/bin/env bash
# Builds every fuzz target with libFuzzer, ASan and UBSan and runs each for SECONDS (default 10).
# usage: tests/fuzz/run.sh [SECONDS]; findings stay in build/fuzz/findings
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-10}
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DS2D_FUZZ=ON \
  -DCMAKE_CXX_COMPILER="${CXX:-clang++-16}" -DS2D_SANITIZE=address,undefined \
  -DS2D_BUILD_EXAMPLES=OFF -DS2D_BUILD_BENCHMARKS=OFF >/dev/null || exit 1
targets=()
for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" .cpp)"); done
cmake --build build/fuzz --target "${targets[@]}" || exit 1
passed=0 failed=0
for target in "${targets[@]}"; do
  subject=${target%_fuzz}
  corpus=build/fuzz/corpus/$subject
  mkdir -p "$corpus" build/fuzz/findings
  seeds=()
  [ -d "tests/fuzz/seeds/$subject" ] && seeds=("tests/fuzz/seeds/$subject")
  if build/fuzz/tests/fuzz/"$target" -max_total_time="$seconds" -seed="${S2D_FUZZ_SEED:-1}" -timeout=10 -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix=build/fuzz/findings/"$subject"- -print_final_stats=1 \
    "$corpus" "${seeds[@]}" >build/fuzz/"$subject".log 2>&1; then
    passed=$((passed + 1))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' build/fuzz/"$subject".log)
    echo "fuzz: $subject, $runs executions, nothing found"
  else
    failed=$((failed + 1))
    tail -n 30 build/fuzz/"$subject".log
    echo "fuzz: $subject FAILED, see build/fuzz/findings"
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
