#!/usr/bin/env bash
# What the user gives is not overwritten, and what earlier settings made does not stay.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 10 --size 96x64 --truth truth
options=(--threads 1)
refused() {
  expect 2 "$S2D" "$@" "${options[@]}"
  grep -qE 'is read and would be overwritten|would be written twice' stderr || fail "not said why"
}

expect 0 "$S2D" run clip --out result --until keymasks "${options[@]}"
cp result/overlay.mp4 in.mp4
cp in.mp4 before.mp4
cp -r clip result/cutouts
cp result/masks.json own.json
cp own.json before.json
refused masks in.mp4 --out m.json --overlay in.mp4
refused run result/overlay.mp4 --out result --until keymasks
refused discover clip --masks own.json --out own.json
refused discover clip --masks own.json --out k.json --csv own.json
refused discover clip --out k.json --csv k.json
refused run clip --out result --until keymasks --masks result/masks.json
# The same file by another name, a frame of the clip, and what would go for being unwanted.
refused discover clip --out ./k.json --csv k.json
refused discover clip --out k.json --csv clip/00003.png
refused run result/overlay.mp4 --out result --until keymasks --no-overlay
refused run result/cutouts --out result --until keymasks
options=()
refused eval truth own.json --metric ytvis --csv own.json
refused eval truth truth --metric davis --csv page --report page
refused convert own.json own.json
same before.json own.json
same before.mp4 in.mp4
[ ! -e k.json ] && [ ! -e m.json ] || fail "a wrong call wrote something"

# Mask pictures of frames that are no longer wanted go; others stay.
count() { find "$1" -name '*.png' | wc -l; }
expect 0 "$S2D" masks clip --out pictures --threads 1
[ "$(count pictures)" = 10 ] || fail "not a picture for each frame"
cp truth/00000.png pictures/mine.png
expect 0 "$S2D" masks clip --out pictures --threads 1 --end 4
[ "$(count pictures)" = 5 ] && [ -e pictures/mine.png ] || fail "not the wanted pictures"
expect 0 "$S2D" masks clip --out pictures --threads 1 --end 4
says stderr "finished before, skipped"

[ "$(count result/cutouts)" = 10 ] && rm -r result/cutouts || fail "frames of a clip are gone"
expect 0 "$S2D" run clip --out result --until keymasks --cutouts --threads 1
[ "$(count result/cutouts)" -gt 8 ] || fail "too few cut-outs"
expect 0 "$S2D" run clip --out result --until keymasks --cutouts --threads 1 --end 4
[ "$(find result/cutouts -name '0000[4-9].png' | wc -l)" = 0 ] || fail "old cut-outs are there"
expect 0 "$S2D" run clip --out result --until keymasks --threads 1 --end 5 --no-overlay --no-csv
for left in overlay.mp4 table.csv cutouts; do
  [ ! -e result/$left ] || fail "$left of earlier frames is there"
done

# Results do not go among the clips; a page does not go onto what it shows.
mkdir videos
cp in.mp4 videos/videos.mp4
cp in.mp4 videos/overlay.mp4
expect 2 "$S2D" run videos --out . --until keymasks --threads 1
same in.mp4 videos/overlay.mp4
refused report result --out result/run.json
mkdir links
ln -s "$PWD"/clip/*.png links
refused masks links --out clip
cp own.json result/predictions.json
refused run clip --masks result/predictions.json --out result
(cd clip && expect 0 "$S2D" masks ../clip --out .. --threads 1)
ln -s own.json link.json
expect 0 "$S2D" discover clip --out link.json --threads 1
[ -L link.json ] || fail "a link was replaced"

# What the user has put where a result could be stays.
mkdir -p mine/cutouts/object_1
for file in table.csv overlay.mp4 cutouts/notes.txt cutouts/object_1/mine.png; do
  echo mine >mine/$file
done
expect 0 "$S2D" run clip --out mine --until keymasks --threads 1 --no-overlay --no-csv
expect 0 "$S2D" run clip --out mine --until keymasks --threads 1 --no-overlay --no-csv --end 6
expect 0 "$S2D" discover clip --out k.json --cutouts mine/cutouts --threads 1
expect 0 "$S2D" discover clip --out k.json --cutouts mine/cutouts --threads 1 --end 4
for file in table.csv overlay.mp4 cutouts/notes.txt cutouts/object_1/mine.png; do
  grep -q mine mine/$file || fail "$file of the user is gone"
done
[ "$(find mine/cutouts -name '0000[4-9].png' | wc -l)" = 0 ] || fail "old cut-outs are there"

# Two frames do not share a picture.
mkdir shared
cp clip/00000.png clip/00001.png shared
cp clip/00002.png shared/00001.bmp
expect 1 "$S2D" masks shared --out twice --threads 1
says stderr "00001.png stands for two frames"
[ "$(count twice 2>/dev/null)" = 0 ] || fail "pictures were written"

# Closed and full outputs.
"$S2D" run clip --out closed --until keymasks --threads 1 >&- 2>stderr || fail "closed output"
"$S2D_TOOL" json closed/run.json || fail "run.json is no JSON"
! "$S2D" info clip >/dev/full 2>stderr || fail "a full disk is no error"
says stderr "standard output: cannot be written"

# An output that nobody reads any more: the work is done, and the end is silent.
unread() {
  local got=0
  rm -f gone
  (until [ -e gone ]; do sleep 0.01; done && exec "$S2D" "$@" 2>stderr) |
    { exec <&- && : >gone; } || got=$?
  [ "$got" = 141 ] || fail "$* ended with status $got, expected 141"
  ! grep -q '^s2d: ' stderr || fail "$* writes errors"
}
unread info clip
unread --help
unread run clip --out unread --until keymasks --threads 1 --force
"$S2D_TOOL" json unread/run.json || fail "run.json is no JSON"
[ ! -x "$(dirname "$S2D")/s2d-network" ] || unread train --help
