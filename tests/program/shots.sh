#!/usr/bin/env bash
# A clip of many short shots in one window: the objects of a shot are found as if it were alone.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip one --frames 8
"$S2D_TOOL" clip other --frames 8 --negative
mkdir clip
for shot in $(seq 0 11); do
  from=one
  [ $((shot % 2)) = 0 ] || from=other
  for t in $(seq 0 7); do
    cp "$from/0000$t.png" "$(printf 'clip/%05d.png' $((8 * shot + t)))"
  done
done
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay --no-report
says stdout "24 objects with"
says stdout "in 96 frames."

# keymasks TABLE FIRST: those of eight frames, counted from FIRST.
keymasks() {
  awk -F, -v OFS=, -v first="$2" \
    '$10 == 1 && $1 >= first && $1 < first + 8 {print $1 - first, $4, $5, $6, $7, $8, $9}' "$1" | sort
}
for from in one other; do
  expect 0 "$S2D" run "$from" --until keymasks --out "$from.alone" --no-overlay --no-report
  says stdout "2 objects with"
  keymasks "$from.alone/table.csv" 0 >"$from.csv"
  [ "$(wc -l <"$from.csv")" -ge 12 ] || fail "few keymasks in a shot"
done
for shot in $(seq 0 11); do
  keymasks result/table.csv $((8 * shot)) >shot.csv
  from=one
  [ $((shot % 2)) = 0 ] || from=other
  same "$from.csv" shot.csv
done

# Official discovery is about the whole window, in which no shot is seen for long.
expect 0 "$S2D" run clip --until keymasks --compat --out official --no-overlay --no-report
says stdout "no keymask"
