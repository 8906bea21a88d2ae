#!/usr/bin/env bash
# Help, version and wrong calls.
. "$(dirname "$0")/common.sh"

expect 0 "$S2D" --version
grep -qE '^s2d [0-9]+\.[0-9]+\.[0-9]+' stdout || fail "no version"
expect 0 "$S2D" --help
says stdout "s2d run clip.mp4 --out result"
says stdout "Exit status"
for command in run masks discover convert info report eval; do
  expect 0 "$S2D" "$command" --help
  says stdout "s2d $command"
  [ ! -s stderr ] || fail "$command --help writes errors"
done

expect 2 "$S2D"
expect 2 "$S2D" dance
expect 2 "$S2D" run
expect 2 "$S2D" run clip.mp4
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --colour red
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --stride 0
one_error
says stderr "--stride"
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --stride x
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --start 9 --end 3
says stderr "--end"
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --start -1
for shard in 0/2 3/2 a/b 1 1/ /2 1/0 1/2/3; do
  expect 2 "$S2D" run clip.mp4 --until keymasks --out r --shard "$shard"
  says stderr "--shard"
done
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --window 20 --overlap 20
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --segmenter magic
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --segmenter files
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --segmenter motion --masks m
expect 2 "$S2D" rum clip.mp4
says stderr "found rum, expected a command: run, masks"
expect 2 "$S2D"
says stderr "expected a command: run, masks"
expect 2 "$S2D" run clip.mp4 --until keymasks --out
says stderr "--out: needs a value"
expect 2 "$S2D" run clip.mp4 --out r --steps 3 --steps 4
says stderr "--steps: is given twice"
for option in --lr --share --min-trust; do
  for value in nan -nan inf 2 -1 x; do
    expect 2 "$S2D" run clip.mp4 --out r "$option" "$value"
    says stderr "$option: found $value, expected "
  done
done
says stderr "Try s2d run --help."
for option in --start --end --stride --size --window --overlap --threads; do
  for value in -2 1.5 x 99999999999999999999; do
    expect 2 "$S2D" run clip.mp4 --until keymasks --out r "$option" "$value"
    says stderr "found $value, expected a whole number, 0 or more"
  done
done
expect 2 "$S2D" run clip.mp4 --until keymasks --out r --threads 1000000
expect 2 "$S2D" run "" --until keymasks --out r
expect 2 "$S2D" run clip.mp4 --until keymasks --out ""
says stderr "--out: is empty"
expect 2 "$S2D" run clip.mp4 --until keymasks --out r.mp4
says stderr "expected a folder"
expect 2 "$S2D" masks clip.mp4 --out r.mp4
says stderr "expected a .json file or a folder"
expect 2 "$S2D" discover clip.mp4 --out r
says stderr "expected a name that ends in .json"
expect 2 "$S2D" discover clip.mp4 --out r.json --overlay r.avi
says stderr "expected a name that ends in .mp4"
mkdir frames
expect 2 "$S2D" run frames --until keymasks --out frames
says stderr "--out: is INPUT itself"
[ ! -e r ] || fail "a wrong call made a folder"

# s2d-network begins with signals held back, so that none is lost before it watches for them.
mkdir beside
cp "$S2D" beside/s2d
printf '#!/bin/sh\nexec grep SigBlk /proc/self/status\n' >beside/s2d-network
chmod +x beside/s2d-network
expect 0 beside/s2d train clip --labels l --out m
says stdout 0000000000004002
