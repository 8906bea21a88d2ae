#!/usr/bin/env bash
# Line coverage of the parsers and of what the differential targets compare, by llvm-cov: the seeds
# of every fuzz target, cut and flipped (replay.cpp), and the corpora that tests/fuzz/run.sh left.
# usage: tests/fuzz/coverage.sh [TARGET...]   e.g. polygon; default: all. Prints a table of headers.
# The build lies in build/coverage.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash examples/packages.sh program tests checks coverage
cmake -S . -B build/coverage -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="${CXX:-clang++-16}" \
  -DCMAKE_CXX_FLAGS="-O1 -fprofile-instr-generate -fcoverage-mapping" -DS2D_TORCH=OFF \
  -DS2D_BUILD_EXAMPLES=OFF -DS2D_BUILD_BENCHMARKS=OFF >/dev/null
subjects=("$@")
if [ ${#subjects[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do subjects+=("$(basename "$source" _fuzz.cpp)"); done
fi
cmake --build build/coverage --target "${subjects[@]/%/_fuzz}" >/dev/null
tables=()
for subject in "${subjects[@]}"; do
  program=build/coverage/tests/fuzz/${subject}_fuzz
  inputs=(tests/fuzz/seeds/"$subject"/*)
  corpus=build/fuzz/corpus/$subject
  if [ -d "$corpus" ]; then
    mapfile -t -O "${#inputs[@]}" inputs < <(find "$corpus" -type f | head -n 2000)
  fi
  LLVM_PROFILE_FILE=build/coverage/$subject.profraw "$program" "${inputs[@]}" >/dev/null
  llvm-profdata-16 merge -sparse build/coverage/"$subject".profraw -o build/coverage/"$subject".profdata
  llvm-cov-16 export -format=lcov -instr-profile build/coverage/"$subject".profdata "$program" \
    -ignore-filename-regex '(^|/)tests/|/usr/' >build/coverage/"$subject".lcov
  tables+=("build/coverage/$subject.lcov")
done
# A line is covered where any target runs it. A program of its own each: of functions that several
# programs have, llvm-cov shows the first one's counts only.
python3 - "${tables[@]}" <<'END'
import sys

lines = {}
for table in sys.argv[1:]:
    for row in open(table):
        if row.startswith("SF:"):
            here = lines.setdefault(row.strip().rpartition("include/")[2], {})
        elif row.startswith("DA:"):
            number, count = row[3:].split(",")[:2]
            here[int(number)] = here.get(int(number), False) or int(count) > 0
print("%-44s %7s %7s %7s" % ("header", "lines", "covered", "share"))
for name, seen in sorted(lines.items()):
    covered = sum(seen.values())
    print("%-44s %7d %7d %5.0f %%" % (name, len(seen), covered, 100 * covered / len(seen)))
END
