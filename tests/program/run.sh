#!/usr/bin/env bash
# The whole way on a clip with two moving squares: all files, and the squares are found.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 24 --truth truth
expect 0 "$S2D" run clip --until keymasks --out result --cutouts
says stdout "2 objects"
says stdout "result/report.html"
for file in report.html overlay.mp4 keymasks.json masks.json table.csv run.json; do
  [ -s "result/$file" ] || fail "no $file"
done
[ ! -e result/.s2d ] || fail "the cache was not removed"
no_leftovers result
"$S2D_TOOL" compare truth result/keymasks.json --least 0.7
says result/run.json '"result":"objects"'
says result/run.json '"frames":24'
[ "$(head -n 1 result/table.csv)" = "frame,time,object,x,y,width,height,area,coherence,keymask" ] ||
  fail "the table has another head"
[ "$(grep -c ',1$' result/table.csv)" -ge 30 ] || fail "few keymasks in the table"
[ -n "$(find result/cutouts/object_1 -name '*.png' | head -n 1)" ] || fail "no cut-outs"
expect 0 "$S2D" info result/overlay.mp4
says stdout "24 frames"
expect 0 "$S2D" info result/keymasks.json
says stdout "2 annotations"

# A video file gives the same objects; quiet is quiet; JSON is for machines.
"$S2D_TOOL" clip clip.mp4 --frames 24
expect 0 "$S2D" run clip.mp4 --until keymasks --out video --quiet --no-overlay --no-report --no-csv
[ ! -s stdout ] && [ ! -s stderr ] || fail "--quiet says something"
for file in report.html overlay.mp4 table.csv; do
  [ ! -e "video/$file" ] || fail "$file was not wanted"
done
says video/run.json '"objects":2'
expect 0 "$S2D" run clip.mp4 --until keymasks --out json --json --no-overlay
"$S2D_TOOL" json stdout || fail "--json is no JSON"
says stdout '"status":"done"'
says stdout '"objects":2'

# Part of a clip, smaller.
expect 0 "$S2D" run clip.mp4 --until keymasks --out part --start 4 --end 20 --stride 2 --size 96
says part/run.json '"frames":8'
says part/run.json '"width":96'
says part/masks.json '"clip/00004.jpg"'
says part/masks.json '"clip/00018.jpg"'

# The stages one by one give the same masks as the whole.
expect 0 "$S2D" masks clip --out masks.json
expect 0 "$S2D" discover clip --masks masks.json --out keymasks.json --csv table.csv \
  --overlay overlay.mp4
"$S2D_TOOL" compare truth keymasks.json --least 0.7
[ -s overlay.mp4 ] && [ -s table.csv ] || fail "discover did not write what was asked for"
expect 0 "$S2D" masks clip --out masks/
[ "$(find masks -name '*.png' | wc -l)" = 24 ] || fail "not one picture a frame"
expect 0 "$S2D" discover clip --masks masks --out again.json
"$S2D_TOOL" compare truth again.json --least 0.7
