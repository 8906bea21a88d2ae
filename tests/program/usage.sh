#!/usr/bin/env bash
# Help, version and wrong calls.
. "$(dirname "$0")/common.sh"

expect 0 "$S2D" --version
grep -qE '^s2d [0-9]+\.[0-9]+\.[0-9]+' stdout || fail "no version"
expect 0 "$S2D" --help
says stdout "s2d run clip.mp4 --out result"
says stdout "Exit status"
for command in run masks discover convert info report; do
  expect 0 "$S2D" "$command" --help
  says stdout "s2d $command"
  [ ! -s stderr ] || fail "$command --help writes errors"
done

expect 2 "$S2D"
expect 2 "$S2D" dance
expect 2 "$S2D" run
expect 2 "$S2D" run clip.mp4
expect 2 "$S2D" run clip.mp4 --out r --colour red
expect 2 "$S2D" run clip.mp4 --out r --stride 0
one_error
says stderr "--stride"
expect 2 "$S2D" run clip.mp4 --out r --stride x
expect 2 "$S2D" run clip.mp4 --out r --start 9 --end 3
says stderr "--end"
expect 2 "$S2D" run clip.mp4 --out r --start -1
for shard in 0/2 3/2 a/b 1 1/ /2 1/0 1/2/3; do
  expect 2 "$S2D" run clip.mp4 --out r --shard "$shard"
  says stderr "--shard"
done
expect 2 "$S2D" run clip.mp4 --out r --window 20 --overlap 20
expect 2 "$S2D" run clip.mp4 --out r --segmenter magic
expect 2 "$S2D" run clip.mp4 --out r --segmenter files
expect 2 "$S2D" run clip.mp4 --out r --segmenter motion --masks m
[ ! -e r ] || fail "a wrong call made a folder"
