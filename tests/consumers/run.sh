#!/usr/bin/env bash
# Proves the four ways to use s2d from a project outside its tree: find_package, add_subdirectory,
# pkg-config, and plain copying of headers. Ends on a line that counts them.
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source_folder/tests/consumers/project" "$work/project"
cd "$work"
passed=0
way() { # NAME PROGRAM...: run the built programs of one way
  local name=$1 program
  shift
  for program in "$@"; do "$program"; done
  echo "consumer: $name works"
  passed=$((passed + 1))
}

cmake -S "$source_folder" -B install-build -DS2D_BUILD_TESTS=OFF -DS2D_BUILD_EXAMPLES=OFF \
  -DS2D_BUILD_BENCHMARKS=OFF -DS2D_CUDA=OFF -DCMAKE_INSTALL_PREFIX="$work/prefix" >/dev/null
cmake --install install-build >/dev/null

cmake -S project -B by-package -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build by-package >/dev/null
way find_package by-package/consumer by-package/consumer_io

cmake -S project -B by-subdirectory -DS2D_SOURCE="$source_folder" >/dev/null
cmake --build by-subdirectory >/dev/null
way add_subdirectory by-subdirectory/consumer by-subdirectory/consumer_io

export PKG_CONFIG_PATH="$work/prefix/share/pkgconfig"
# shellcheck disable=SC2046
${CXX:-c++} -std=c++20 project/main.cpp $(pkg-config --cflags --libs s2d) -o by-pkg-config
way pkg-config ./by-pkg-config

mkdir copied
cp -r "$source_folder/include/s2d" copied/
${CXX:-c++} -std=c++20 -Icopied project/main.cpp -o by-copy
way "copied headers" ./by-copy

echo "consumers: $passed passed, 0 failed"
