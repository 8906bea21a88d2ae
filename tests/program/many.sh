#!/usr/bin/env bash
# One network for many clips: what it learns of some it finds in another; their labels in every form.
. "$(dirname "$0")/common.sh"

[ -x "$(dirname "$S2D")/s2d-network" ] || {
  echo "SKIPPED: built without LibTorch"
  exit 0
}
mkdir clips
"$S2D_TOOL" clip clips/a --frames 6 --truth truth/a
"$S2D_TOOL" clip clips/b --frames 5 --size 96x64 --truth truth/b
"$S2D_TOOL" clip clips/c.mp4 --frames 4 --truth truth/c
"$S2D_TOOL" clip clips/plain --frames 3 --size 96x64

# Labels as pictures; a clip without any is left out and named. Every clip has a size of its own.
options=(--steps 40 --threads 1 --relative-trust 0)
expect 0 "$S2D" train clips --labels truth --out model "${options[@]}"
says stdout "6 objects in 30 masks of 3 videos"
says stderr "1 of 4 videos have no mask to learn from: plain"
says model/config.json '"videos":3'
says model/config.json '"height":0'
[ ! -e model/.s2d ] || fail "checkpoints were not removed"

# The same labels in files: beside each other, in a folder for each as s2d run writes them, in one.
mkdir -p beside results
for name in a b c; do
  mkdir results/$name
  "$S2D" convert truth/$name results/$name/keymasks.json --quiet
done
cp results/a/keymasks.json beside/a.json
cp results/c/keymasks.json beside/c.json
mkdir beside/b
cp results/b/keymasks.json beside/b/labels.json
short=(--steps 2 --threads 1)
expect 0 "$S2D" train clips --labels truth --out first "${short[@]}"
expect 0 "$S2D" train clips --labels results --out second "${short[@]}"
same first/model.safetensors second/model.safetensors
expect 0 "$S2D" train clips --labels beside --out third "${short[@]}"
same first/model.safetensors third/model.safetensors
expect 0 "$S2D" train clips --labels results --out second "${short[@]}"
says stderr "trained before, skipped"
touch -d "1 hour ago" results/b/keymasks.json
expect 0 "$S2D" train clips --labels results --out second "${short[@]}"
says stdout "of 3 videos"

# It looks into every clip of a folder, and into a single one.
expect 0 "$S2D" predict clips --model model --out found --overlay dense.mp4 --threads 1 --min-score 0.3
for name in a b c; do
  [ -s found/$name/dense.mp4 ] || fail "no found/$name/dense.mp4"
  "$S2D_TOOL" compare truth/$name found/$name/dense.json --least 0.4
done
[ -s found/plain/dense.json ] || fail "no found/plain/dense.json"
expect 0 "$S2D" predict clips --model model --out found --threads 1 --min-score 0.3 --quiet
expect 0 "$S2D" predict clips --model model --out found --threads 1 --min-score 0.3
says stderr "a: predicted before, skipped"
expect 0 "$S2D" predict clips/b --model model --out b.json --threads 1 --min-score 0.3
same <(grep -o '"segmentations.*' b.json) <(grep -o '"segmentations.*' found/b/dense.json)

# Predictions become labels, video by video, and the network goes on from them, or with one clip.
expect 0 "$S2D" label found --keymasks results --out labels --min-score 0.3
[ -s labels/a/labels.json ] && [ -s labels/b/labels.json ] || fail "no labels.json in labels/a or labels/b"
expect 0 "$S2D" train clips --labels labels --init model --out on --steps 2 --threads 1
says on/config.json '"height":0'
expect 0 "$S2D" train clips/a --labels results/a/keymasks.json --init model --out one --steps 2 --threads 1
says one/config.json '"videos":1'
expect 0 "$S2D" predict clips/a --model one --out one.json --threads 1

# A folder with a single clip makes a model of that clip.
mkdir alone
ln -s "$PWD/clips/a" alone/a
expect 0 "$S2D" train alone --labels truth --out single --steps 1 --threads 1
says stdout "of 1 video"
says single/config.json '"videos":1'

# A damaged clip is named, the others are looked into.
mkdir clips/bad
head -c 100 clips/a/00000.png >clips/bad/00000.png
expect 1 "$S2D" predict clips --model model --out again --threads 1
says stderr "1 of 5 videos failed: bad"
[ -s again/plain/dense.json ] || fail "the clips behind the damaged one are missing"

# Wrong calls.
expect 1 "$S2D" predict clips --model model --out all.json
says stderr "expected a folder"
expect 1 "$S2D" train clips --labels clips/plain --out none
one_error
expect 2 "$S2D" label found --keymasks results --out labels.json
expect 1 "$S2D" label truth --out labels
says stderr "dense.json"
