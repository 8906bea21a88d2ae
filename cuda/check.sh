#!/usr/bin/env bash
# On a machine with a device: builds, runs every device test, the kernels behind LibTorch's tensors
# where python3 has a PyTorch with CUDA, the benchmarks beside the card's limit, memcheck and
# racecheck on the small cases, and prints one table. Needs nvcc, CMake, a C++ compiler, Python, and
# the folder that cuda/check_load.sh fills; no network. Meant for 8 minutes on 16 cores. Programs that
# the folder holds are taken instead of built, if they are of these sources and this architecture.
# usage: cuda/check.sh LOAD_FOLDER [BUILD_FOLDER]
# S2D_CHECK="tests benchmarks sanitizers" (all of them unless said) takes a long check in parts.
set -uo pipefail
[ $# -ge 1 ] || {
  echo "usage: [S2D_CHECK=\"tests benchmarks sanitizers\"] cuda/check.sh LOAD_FOLDER [BUILD_FOLDER]" >&2
  exit 2
}
load=$(cd "$1" && pwd) || exit 2
cd "$(dirname "$0")/.." || exit 1
source cuda/check_programs.sh
build=${2:-build/cuda}
jobs=$(nproc)
stages=" ${S2D_CHECK:-tests benchmarks sanitizers} "
wanted() { [[ $stages == *" $1 "* ]]; }
failed=0
rows=()
# Rows are said when they are known too: a caller's limit may come before the table.
row() {
  rows+=("$(printf '%-44s %s' "$1" "$2")")
  echo "${rows[-1]}" >&2
}

architecture=${S2D_CUDA_ARCHITECTURES:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null |
  head -n 1 | tr -d .)}
begin=$SECONDS
torch=$(python3 -c 'import torch
if torch.version.cuda: print(torch.utils.cmake_prefix_path)' 2>/dev/null)
if [ -n "$torch" ]; then
  torch_options=(-DS2D_TORCH=ON -DLibTorch_ROOT="${torch%/share/cmake}")
else
  torch_options=(-DS2D_TORCH=OFF)
fi
configure_programs "$load" "$build" "$architecture" -DS2D_NATIVE=ON "${torch_options[@]}" || exit 1
with_torch=$(grep -m 1 'LibTorch .*processor and CUDA' "$build/configure.log")
torch_target=()
[ -z "$with_torch" ] || torch_target=(test_torch_cuda)

# The programs of the load, or why not.
libraries=$load/usr/lib/$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
taken=$load/programs
if [ ! -d "$taken" ]; then
  taken=
elif [ "$(cat "$taken/made_of" 2>/dev/null)" != "$architecture $(source_mark)" ]; then
  row "programs of the load" "of other sources or another architecture: built here"
  taken=
elif ! { "$taken/test_cuda_device" --help && "$taken/bench_cuda_copy" --benchmark_list_tests; } >/dev/null 2>&1; then
  row "programs of the load" "do not start here: built here"
  taken=
fi
torch_build=
if [ -n "$taken" ]; then
  tests=$taken benches=$taken
  row "programs of the load" "taken; processor's code for AVX2"
  if [ -n "$with_torch" ] && wanted tests; then # beside the first tests
    cmake --build "$build" --parallel "$jobs" --target "${torch_target[@]}" >"$build/torch.log" 2>&1 &
    torch_build=$!
  fi
else
  tests=$build/tests/cuda benches=$build/bench/cuda
  cmake --build "$build" --parallel "$jobs" --target "${program_targets[@]}" "${torch_target[@]}" || exit 1
  row "build" "$((SECONDS - begin)) s"
fi

# counted NAME COMMAND...: a Catch2 program as one row of the table.
counted() {
  local name=$1 begin=$SECONDS log=$build/step.log status=0
  shift
  timeout -s KILL 180 "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -eq 137 ]; then
    tail -n 60 "$log"
    row "$name" "FAILED, ended after $((SECONDS - begin)) s"
    failed=1
  elif [ "$status" -ne 0 ]; then
    tail -n 60 "$log"
    row "$name" "FAILED, exit status $status"
    failed=1
  elif grep -q 'SKIPPED:' "$log"; then
    row "$name" "$(grep -m 1 -o 'SKIPPED:.*' "$log")"
    if grep -q 'SKIPPED: no CUDA device' "$log"; then failed=1; fi
  else
    row "$name" "ok, $(tail -n 2 "$log" | head -n 1), $((SECONDS - begin)) s"
  fi
}
if wanted tests; then
  counted "twins on the processor" "$tests/test_cuda"
  counted "device tests" "$tests/test_cuda_device" '~[huge]'
  counted "device tests, more than 2^31 elements" "$tests/test_cuda_device" '[huge]'
  row "real frames and golden cases" "left out: readers of files (simdjson, libpng, stb) are not in the load"
  if [ -n "$torch_build" ] && ! wait "$torch_build"; then
    tail -n 60 "$build/torch.log"
    row "LibTorch's tensors" "FAILED, does not build"
    failed=1
  elif [ -n "$with_torch" ]; then
    counted "LibTorch's tensors" "$build/tests/torch/cuda/test_torch_cuda"
  else
    row "LibTorch's tensors" "left out: no LibTorch 2.11 to 2.15 with CUDA in python3 (${torch:-no torch})"
  fi
fi

# One line per benchmark: name, time, GB/s, share of the copy bandwidth.
# They come before the sanitizers, which take as long as they may.
figures=()
figure() {
  figures+=("$1")
  echo "$1" >&2
}
measured() {
  local program
  for program in "$benches"/bench_cuda_*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    rm -f "$build/bench.json"
    timeout 120 "$program" --benchmark_min_time=0.2 --benchmark_out="$build/bench.json" \
      --benchmark_out_format=json >"$build/bench.log" 2>&1 || figure "$(basename "$program") ERROR"
    while IFS= read -r line; do figure "$line"; done < <(
      python3 - "$build/bench.json" "$build/bench.log" <<'END'
import json, sys

try:
    runs = json.load(open(sys.argv[1]))["benchmarks"]
except (OSError, ValueError):  # it was cut off: what it had said until then
    print(open(sys.argv[2]).read())
    sys.exit()
for run in runs:
    name = run["name"].replace("/manual_time", "")
    if run.get("error_occurred"):
        print(f"{name:52} ERROR {run['error_message']}")
        continue
    rate = f"{run['bytes_per_second'] / 1e9:9.1f} GB/s" if "bytes_per_second" in run else ""
    share = f"{100 * run['copy']:5.1f} % of copy" if "copy" in run else ""
    pairs = [f"{v / 1e9:.1f} G {k}/s" for k, v in run.items() if k.endswith("pairs")]
    if "cores" in run:
        pairs = [f"{run['fields']:.0f} fields/s, {run['cores']:.1f} x one core,"
                 f" {100 * run['moved']:.0f} % of copy moved"]
    print(f"{name:52} {run['real_time'] / 1e3:12.1f} us {rate:>14} {share} {' '.join(pairs)}".rstrip())
END
    )
  done
  if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    while IFS= read -r line; do figure "$line"; done < <(
      timeout 120 python3 bench/cuda/peers.py 2>"$build/peers.err")
  fi
}
if wanted benchmarks; then measured; fi

# sanitized TOOL: compute-sanitizer over the cases tagged [small]; a refusal is said, not a failure.
sanitized() {
  local tool=$1 begin=$SECONDS log=$build/sanitizer.log status=0
  local refusal='not supported|unsupported|unable to|failed to (initialize|attach)|did not attach'
  if ! command -v compute-sanitizer >/dev/null; then
    row "compute-sanitizer $tool" "not there"
    return
  fi
  # Killed, not asked to end: Catch2 takes the signal that asks for a failed test.
  timeout -s KILL 120 compute-sanitizer --tool "$tool" --error-exitcode 99 --launch-timeout 60 \
    "$tests/test_cuda_device" '[small]' >"$log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    row "compute-sanitizer $tool" "$(tail -n 1 "$log" | sed 's/=* *//'), $((SECONDS - begin)) s"
  elif [ "$status" -ne 99 ] && [ "$status" -ne 137 ] && grep -qiE "$refusal" "$log"; then
    row "compute-sanitizer $tool" "refused by this machine: $(grep -m 1 -iE "$refusal" "$log" |
      cut -c 1-60)"
  elif [ "$status" -eq 137 ] && ! grep -qE '========= (Invalid|Error|Program hit|Race)|FAILED:' "$log"; then
    row "compute-sanitizer $tool" "cut off after 120 s, no error until then"
  else
    tail -n 60 "$log"
    row "compute-sanitizer $tool" "FAILED, exit status $status"
    failed=1
  fi
}
if wanted sanitizers; then
  sanitized memcheck
  sanitized racecheck
fi

echo
echo "== s2d::cuda on $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null |
  head -n 1), $(nvcc --version | sed -n 's/.*release \([0-9.]*\).*/nvcc \1/p'), $SECONDS s"
printf '%s\n' "${rows[@]}"
echo
printf '%s\n' "${figures[@]}"
case "${figures[*]}" in *" ERROR"*) failed=1 ;; esac
[ "$failed" -eq 0 ]
