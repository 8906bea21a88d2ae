#!/usr/bin/env bash
# Finished work is skipped; other settings or another input do it again.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 12
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay
cp result/run.json first.json
touch -d '2001-01-01' result/masks.json
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay
says stderr "skipped"
same result/run.json first.json
[ "$(date -r result/masks.json +%Y)" = 2001 ] || fail "finished work was done again"
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay --json
says stdout '"status":"skipped"'
"$S2D_TOOL" json stdout || fail "--json is no JSON"

expect 0 "$S2D" run clip --until keymasks --out result --no-overlay --end 11
says result/run.json '"frames":11'
[ "$(date -r result/masks.json +%Y)" != 2001 ] || fail "other settings were skipped"
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay
says result/run.json '"frames":12'
rm clip/00011.png
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay
says result/run.json '"frames":11'
touch -d '2001-01-01' result/masks.json
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay --force
[ "$(date -r result/masks.json +%Y)" != 2001 ] || fail "--force did nothing"
rm result/keymasks.json
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay
[ -s result/keymasks.json ] || fail "a missing file was not made again"

for command in masks discover; do
  expect 0 "$S2D" "$command" clip --out "$command.json"
  expect 0 "$S2D" "$command" clip --out "$command.json"
  says stderr "skipped"
done

# What another call left beside a result is not taken for its own, older or newer.
own_files() {  # COMMAND OUT FILES...
  local command=$1 out=$2
  shift 2
  expect 0 "$S2D" "$command" clip --out "other_$out" --end 6 "$@"
  expect 0 "$S2D" "$command" clip --out "$out"
  for _ in older newer; do
    expect 0 "$S2D" "$command" clip --out "$out" "$@"
    ! grep -q skipped stderr || fail "$command $out: files of another call were taken"
    expect 0 "$S2D" info beside.mp4
    says stdout "11 frames"
    expect 0 "$S2D" "$command" clip --out "$out" "$@"
    says stderr "skipped"
    expect 0 "$S2D" "$command" clip --out "$out"
    says stderr "skipped"
    expect 0 "$S2D" "$command" clip --out "other_$out" --end 6 "$@"
    ! grep -q skipped stderr || fail "$command other_$out: files of another call were taken"
  done
}
own_files masks masks.json --overlay beside.mp4
own_files masks pictures --overlay beside.mp4
own_files discover keymasks.json --overlay beside.mp4
own_files discover keymasks.json --overlay beside.mp4 --csv beside.csv
own_files discover keymasks.json --overlay beside.mp4 --cutouts cutouts
expect 0 "$S2D" discover clip --out keymasks.json --csv beside.csv
echo mine >beside.csv
expect 0 "$S2D" discover clip --out keymasks.json --csv beside.csv
says beside.csv "frame,time,object"
