#!/usr/bin/env bash
# Builds fuzz targets with libFuzzer, ASan and UBSan and runs each of them for SECONDS (default 10)
# or until it has made a number of executions, N targets side by side (default 1).
# usage: tests/fuzz/run.sh [SECONDS | --executions NUMBER] [--jobs N] [TARGET...]
#   e.g. tests/fuzz/run.sh --executions 10000000 --jobs 2 polygon coco; default: all targets
# Corpora grow in build/fuzz/corpus, findings stay in build/fuzz/findings.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
limit=(-max_total_time=10) jobs=1 subjects=()
while [ $# -gt 0 ]; do
  case $1 in
  --executions) limit=(-runs="${2:?a number of executions}") && shift ;;
  --jobs) jobs=${2:?a number of targets} && shift ;;
  [0-9]*) limit=(-max_total_time="$1") ;;
  -*) sed -n '4,5s/^# *//p' "$0" && exit 2 ;;
  *) subjects+=("$1") ;;
  esac
  shift
done
if [ ${#subjects[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do subjects+=("$(basename "$source" _fuzz.cpp)"); done
fi
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DS2D_FUZZ=ON \
  -DCMAKE_CXX_COMPILER="${CXX:-clang++-16}" -DS2D_SANITIZE=address,undefined -DS2D_TORCH=OFF \
  -DS2D_BUILD_EXAMPLES=OFF -DS2D_BUILD_BENCHMARKS=OFF >/dev/null || exit 1
cmake --build build/fuzz --target "${subjects[@]/%/_fuzz}" || exit 1

# Per call ASan walks its spare stacks at every exception, and takes memory that it has not used for
# long: both are kept small, which makes refusing targets up to three times as fast. An input that
# fails shows whole traces when its program is started without these.
export ASAN_OPTIONS="max_uar_stack_size_log=16:quarantine_size_mb=8:\
thread_local_quarantine_size_kb=64:malloc_context_size=4:${ASAN_OPTIONS:-}"

fuzz() {
  local subject=$1 log=build/fuzz/$1.log corpus=build/fuzz/corpus/$1 seeds=() longest=65536 runs
  mkdir -p "$corpus" build/fuzz/findings
  [ -d "tests/fuzz/seeds/$subject" ] && seeds=("tests/fuzz/seeds/$subject")
  case $subject in
  hungarian) longest=64 ;; # what draws small cases out of bytes reads no more of them
  rle_masks | rle_shapes | polygon) longest=512 ;;
  checkpoint | image | video) longest=8192 ;; # twice the seeds: speed falls with length
  esac
  if build/fuzz/tests/fuzz/"$subject"_fuzz "${limit[@]}" -seed="${S2D_FUZZ_SEED:-1}" -timeout=30 \
    -rss_limit_mb=2048 -max_len=$longest -entropic_scale_per_exec_time=1 \
    -artifact_prefix=build/fuzz/findings/"$subject"- -print_final_stats=1 "$corpus" "${seeds[@]}" \
    >"$log" 2>&1; then
    runs=$(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 executions in \2 s/p' "$log")
    echo "fuzz: $subject, $runs, nothing found"
  else
    tail -n 30 "$log"
    echo "fuzz: $subject FAILED, see build/fuzz/findings"
    return 1
  fi
}

passed=0 failed=0 running=0
finish_one() {
  wait -n && passed=$((passed + 1)) || failed=$((failed + 1))
  running=$((running - 1))
}
for subject in "${subjects[@]}"; do
  [ "$running" -lt "$jobs" ] || finish_one
  fuzz "$subject" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do finish_one; done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
