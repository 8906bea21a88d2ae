# shellcheck shell=bash
# Sourced by check_load.sh and check.sh, in the root of the project: the programs of the check, built
# with nothing but what the load holds, and the mark by which programs of other sources are known.

# configure_programs LOAD BUILD ARCHITECTURE [OPTION...]
configure_programs() {
  local load=$1 build=$2 architecture=$3 generator=()
  shift 3
  command -v ninja >/dev/null && generator=(-G Ninja)
  mkdir -p "$build"
  cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DS2D_CUDA=ON \
    -DS2D_BUILD_EXAMPLES=OFF -DS2D_INSTALL=OFF -DCMAKE_PREFIX_PATH="$load/usr" \
    -DCMAKE_DISABLE_FIND_PACKAGE_simdjson=ON -DCMAKE_CUDA_ARCHITECTURES="$architecture" "$@" \
    >"$build/configure.log" 2>&1 || {
    cat "$build/configure.log" >&2
    return 1
  }
}

# shellcheck disable=SC2034 # of those that source this
program_targets=(test_cuda test_cuda_device s2d_cuda_benchmarks)

# programs_of BUILD: their paths, one a line.
programs_of() {
  local program
  for program in "$1"/tests/cuda/test_cuda "$1"/tests/cuda/test_cuda_device "$1"/bench/cuda/bench_cuda_*; do
    if [ -f "$program" ] && [ -x "$program" ]; then echo "$program"; fi
  done
}

# Checksum of all that the programs are made of, names and contents.
source_mark() {
  find CMakeLists.txt include cuda/CMakeLists.txt cuda/include cuda/src bench/CMakeLists.txt \
    bench/cuda tests/CMakeLists.txt tests/support tests/cuda -type f -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum | sha256sum |
    cut -d ' ' -f 1
}
