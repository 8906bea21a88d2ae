#!/usr/bin/env bash
# On a Debian machine with a network: fills a folder with what cuda/check.sh needs on one without
# (Catch2, Eigen, Google Benchmark; under 20 MB), unpacked, not installed.
# usage: cuda/check_load.sh FOLDER [ARCHITECTURE]
# With an ARCHITECTURE (90 is that of H100 and H200) also the programs, built here for it and for
# processors with AVX2, so that time on the device is not spent on compiling. Needs nvcc.
set -euo pipefail
[[ $# -eq 1 || ($# -eq 2 && $2 =~ ^[0-9]+[af]?$) ]] || {
  echo "usage: cuda/check_load.sh FOLDER [ARCHITECTURE]" >&2
  exit 2
}
mkdir -p "$1/packages"
load=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
source cuda/check_programs.sh
(
  cd "$load/packages"
  apt-get download catch2 libeigen3-dev libbenchmark-dev libbenchmark1debian
  for package in *.deb; do dpkg -x "$package" ..; done
)
rm -rf "$load/packages" "$load/usr/share/doc" "$load/usr/share/man" "$load/programs"

if [ $# -eq 2 ]; then
  build=build/cuda_load
  CUDAToolkit_ROOT=$(bash cuda/toolkit.sh)
  export CUDAToolkit_ROOT
  configure_programs "$load" "$build" "$2-real" -DS2D_TORCH=OFF -DCMAKE_CXX_FLAGS=-march=x86-64-v3
  cmake --build "$build" --target "${program_targets[@]}"
  mkdir "$load/programs"
  while IFS= read -r program; do
    strip -o "$load/programs/$(basename "$program")" "$program"
  done < <(programs_of "$build")
  echo "$2 $(source_mark)" >"$load/programs/made_of"
fi
du -sh "$load"
