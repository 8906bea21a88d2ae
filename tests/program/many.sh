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
# A folder without keymasks is one whose work was never finished.
mkdir -p beside results/plain
touch results/plain/masks.json
for name in a b c; do
  mkdir results/$name
  "$S2D" convert truth/$name results/$name/keymasks.json --quiet
done
cp results/a/keymasks.json beside/a.json
cp results/c/keymasks.json beside/c.json
mkdir beside/b
cp results/b/keymasks.json beside/b/labels.json
"$S2D_TOOL" join results together.json
short=(--steps 2 --threads 1)
expect 0 "$S2D" train clips --labels truth --out first "${short[@]}"
for labels in results beside together.json; do
  expect 0 "$S2D" train clips --labels $labels --out second "${short[@]}"
  says stderr "no mask to learn from: plain"
  same first/model.safetensors second/model.safetensors
done
expect 0 "$S2D" train clips/ --labels results/ --out third "${short[@]}"
expect 0 "$S2D" train clips --labels results --out third "${short[@]}"
says stderr "trained before, skipped"
touch -d "1 hour ago" results/b/keymasks.json
expect 0 "$S2D" train clips --labels results --out third "${short[@]}"
says stdout "of 3 videos"

# stopped OUT OPTION...: trains into OUT, and is interrupted behind the second step.
stopped() {
  local out=$1 pid status=0
  shift
  set -m
  "$S2D" train clips --out "$out" "$@" >stdout 2>stderr &
  pid=$!
  for _ in $(seq 6000); do
    [ -e "$out/log.jsonl" ] && [ "$(wc -l <"$out/log.jsonl")" -ge 2 ] && break
    sleep 0.02
  done
  kill -INT "$pid"
  wait "$pid" || status=$?
  set +m
  [ "$status" = 130 ] || fail "after SIGINT the status is $status, expected 130"
  [ ! -e "$out/config.json" ] || fail "a model is there after SIGINT"
}

# Unless it is said, steps are 200 for every clip with labels, and 150 behind another model.
stopped usual --labels results --threads 1
says usual/log.jsonl '"step":1,"steps":600,'
stopped begun --labels results --init model --threads 1
says begun/log.jsonl '"step":1,"steps":450,'

# Stopped in the middle, the next call goes on and ends with the same bits.
stopped parts --labels results "${options[@]}"
expect 0 "$S2D" train clips --out parts --labels results "${options[@]}"
says stderr "goes on behind checkpoint-"
same model/model.safetensors parts/model.safetensors

# It looks into every clip of a folder, and into a single one.
expect 0 "$S2D" predict clips --model model --out found --overlay dense.mp4 --threads 1 --min-score 0.3
for name in a b c; do
  [ -s found/$name/dense.mp4 ] || fail "no found/$name/dense.mp4"
  "$S2D_TOOL" compare truth/$name found/$name/dense.json --least 0.4
done
[ -s found/plain/dense.json ] || fail "no found/plain/dense.json"
expect 1 "$S2D" eval found truth --metric davis
says stderr "plain is not in the truth"
mkdir labelled
for name in a b c; do ln -s "$PWD/found/$name" labelled/$name; done
for metric in davis "ytvis --class-agnostic"; do
  # shellcheck disable=SC2086
  expect 0 "$S2D" eval labelled truth --metric $metric --csv "${metric%% *}.csv"
done
[ "$(grep -c '^[abc],' davis.csv)" = 6 ] || fail "not two objects of each of three videos"
expect 0 "$S2D" predict clips --model model --out found --threads 1 --min-score 0.3
says stderr "a: predicted before, skipped"
expect 0 "$S2D" predict clips/b --model model --out b.json --threads 1 --min-score 0.3
same <(grep -o '"segmentations.*' b.json) <(grep -o '"segmentations.*' found/b/dense.json)

# What it lost stays what its keymasks are, clip by clip; others are predicted again where they change.
lost=(predict clips --model model --out lost --threads 1 --objects 1 --keymasks results)
expect 0 "$S2D" "${lost[@]}"
says stderr "plain: has no keymasks in results"
for name in a b c; do
  [ "$(grep -o '"source":"keymasks"' lost/$name/dense.json | wc -l)" = 1 ] || fail "$name: not one is from keymasks"
done
touch -d "2 hours ago" results/b/keymasks.json
expect 0 "$S2D" "${lost[@]}"
says stderr "a: predicted before, skipped"
says stdout "b: "
expect 1 "$S2D" predict clips --model model --out lost --keymasks nowhere
says stderr "nowhere"

# Predictions become labels, video by video, and the network goes on from them, or with one clip.
expect 0 "$S2D" label found --keymasks results --out labels --min-score 0.3
[ -s labels/a/labels.json ] && [ -s labels/b/labels.json ] || fail "no labels.json in labels/a or labels/b"
expect 0 "$S2D" train clips --labels labels --init model --out on --steps 2 --threads 1
says on/config.json '"height":0'
for name in a b c; do "$S2D" convert truth/$name results/$name/masks.json --frame-masks --quiet; done
expect 0 "$S2D" label found --keymasks results --masks results --out agreed --min-score 0.3 --share 0.5
says stderr "plain: has no keymasks, left out"
says stdout "of them frame masks that were found again"
expect 1 "$S2D" label found --out labels --min-score 1
says stderr "nothing to learn from"
[ ! -e labels/a/labels.json ] || fail "labels of an earlier call are still there"
expect 1 "$S2D" label found --keymasks nowhere --out labels
says stderr "nowhere"
expect 0 "$S2D" train clips/a --labels results/a/keymasks.json --init model --out one --steps 2 --threads 1
says one/config.json '"videos":1'
expect 0 "$S2D" predict clips/a --model one --out one.json --threads 1
# A folder with a single clip makes a model of that clip; one of before, which does not say so, is one.
mkdir alone
ln -s "$PWD/clips/a" alone/a
expect 0 "$S2D" train alone --labels truth --out single --steps 1 --threads 1
says stdout "of 1 video"
says single/config.json '"videos":1'
sed -i 's/"videos":1,//' single/config.json
! grep -q '"videos"' single/config.json || fail "the model says how many videos"
expect 0 "$S2D" predict clips/a --model single --out single.json --threads 1

# A damaged clip is named, the others are looked into.
mkdir clips/Bad
head -c 100 clips/a/00000.png >clips/Bad/00000.png
expect 1 "$S2D" predict clips --model model --out again --threads 1
says stderr "1 of 5 videos failed: Bad"
[ -s again/plain/dense.json ] || fail "the clips behind the damaged one are missing"

# A damaged network is an error of all.
cp -r model broken
head -c 1000 model/model.safetensors >broken/model.safetensors
expect 1 "$S2D" predict clips --model broken --out none --threads 1
one_error
[ ! -e none ] || fail "predictions of a damaged network"

# Wrong calls.
expect 1 "$S2D" predict clips --model model --out all.json
says stderr "expected a folder"
expect 1 "$S2D" train clips --labels clips/plain --out none
says stderr "NAME/keymasks.json"
expect 1 "$S2D" train clips --labels nowhere --out none
says stderr "nowhere: no such file"
expect 2 "$S2D" label found --keymasks results --out labels.json
expect 1 "$S2D" label truth --out labels
says stderr "dense.json"
