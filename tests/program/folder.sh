#!/usr/bin/env bash
# A folder of videos: one folder each, shards, and one bad video does not stop the others.
. "$(dirname "$0")/common.sh"

mkdir videos
"$S2D_TOOL" clip videos/a.mp4 --frames 10
"$S2D_TOOL" clip "videos/b with space" --frames 10
"$S2D_TOOL" clip "videos/été 日本.mp4" --frames 10
"$S2D_TOOL" clip videos/d --frames 10
"$S2D_TOOL" clip videos/a.avi --frames 10
options=(--no-overlay --no-report --quiet)

expect 0 "$S2D" run videos --until keymasks --out all "${options[@]}"
for name in a.mp4 a.avi "b with space" d "été 日本"; do
  [ -s "all/$name/run.json" ] || fail "no results for $name"
done

expect 0 "$S2D" run videos/ --until keymasks --out parts "${options[@]}" --shard 1/2
[ "$(find parts -name run.json | wc -l)" = 3 ] || fail "shard 1/2 is not three videos"
expect 0 "$S2D" run videos/ --until keymasks --out parts "${options[@]}" --shard 2/2
[ "$(find parts -name run.json | wc -l)" = 5 ] || fail "the shards are not all videos"
expect 0 "$S2D" run videos/ --until keymasks --out parts "${options[@]}" --shard 9/9
for name in a.mp4 d "été 日本"; do
  same "all/$name/masks.json" "parts/$name/masks.json"
done

head -c 3000 videos/a.mp4 >videos/bad.mp4
: >videos/empty.mp4
expect 1 "$S2D" run videos --until keymasks --out all --no-overlay --no-report
one_error
says stderr "2 of 7 videos failed"
says stderr "bad"
says stderr "empty"
says stderr "a.mp4: finished before, skipped"
[ ! -e all/bad/run.json ] || fail "a bad video has results"
expect 1 "$S2D" run videos --until keymasks --out all --no-overlay --no-report --json
"$S2D_TOOL" json stdout || fail "--json is no JSON"
says stdout '"status":"failed"'

expect 0 "$S2D" discover videos/d --out d.json --quiet
rm videos/bad.mp4 videos/empty.mp4
expect 0 "$S2D" masks videos --out m --quiet
[ -s m/d/masks.json ] || fail "no masks of d"
"$S2D_TOOL" clip videos/extra.png --frames 1
expect 1 "$S2D" run videos --until keymasks --out all "${options[@]}"
one_error
