#!/usr/bin/env bash
# Seconds of processor time that each public header costs on its own (c++ -O2, least of three), and
# all of them in one unit; law: at most 0.5 for a primitive on an idle machine, 6 for all. The first
# rows are the floor: the standard headers that nearly every header needs, and what core adds.
# usage: bench/compile_time.sh [HEADER...], e.g. s2d/mask/rle.hpp; default: every core header
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
headers=("$@")
if [ ${#headers[@]} -eq 0 ]; then
  mapfile -t headers < <(cd include && ls s2d/*/*.hpp | grep -v '^s2d/io/')
fi
flags=(-std=c++20 -O2 -Iinclude)
eigen=$(pkg-config --cflags eigen3 2>/dev/null || true)
read -ra eigen_flags <<<"$eigen"
least() { # FILE: the least of three compile times
  local best=999 run now
  for run in 1 2 3; do
    TIMEFORMAT=%U
    now=$({ time ${CXX:-c++} "${flags[@]}" "${eigen_flags[@]}" -c "$1" -o "$work/unit.o" \
      >/dev/null; } 2>&1)
    best=$(printf '%s\n%s\n' "$best" "$now" | sort -g | head -n 1)
  done
  echo "$best"
}
printf '%-44s %s\n' header seconds
printf '#include <%s>\n' cmath cstdint span stdexcept string string_view vector >"$work/unit.cpp"
printf '%-44s %s\n' "standard headers" "$(least "$work/unit.cpp")"
echo '#include <s2d/core/view.hpp>' >>"$work/unit.cpp"
printf '%-44s %s\n' "the same and s2d/core/view.hpp" "$(least "$work/unit.cpp")"
: >"$work/all.cpp"
for header in "${headers[@]}"; do
  echo "#include <$header>" | tee -a "$work/all.cpp" >"$work/unit.cpp"
  printf '%-44s %s\n' "$header" "$(least "$work/unit.cpp")"
done
printf '%-44s %s\n' "all of them" "$(least "$work/all.cpp")"
