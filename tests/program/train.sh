#!/usr/bin/env bash
# From masks in some frames to masks in all of them; in parts as in one piece.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 8 --truth truth
if [ ! -x "$(dirname "$S2D")/s2d-network" ]; then
  expect 1 "$S2D" train clip --labels truth --out model
  one_error
  says stderr "examples/libtorch.sh"
  echo "SKIPPED: built without LibTorch"
  exit 0
fi

# The squares are known in half of the frames, and found in all.
"$S2D" convert truth truth.json --quiet
options=(--labels truth.json --share 0.5 --threads 1 --checkpoint-every 1000)
expect 0 "$S2D" train clip --out model --steps 30 "${options[@]}"
says stdout "2 objects in 8 masks"
for file in model.safetensors config.json log.jsonl; do
  [ -s "model/$file" ] || fail "no $file"
done
[ ! -e model/.s2d ] || fail "checkpoints were not removed"
[ "$(wc -l <model/log.jsonl)" = 30 ] || fail "not one line a step"
no_leftovers model
expect 0 "$S2D" predict clip --model model --out dense.json --overlay dense.mp4 --threads 1
says stdout "2 objects"
"$S2D_TOOL" compare truth dense.json --least 0.5
expect 0 "$S2D" info dense.mp4
says stdout "8 frames"
expect 0 "$S2D" predict clip --model model --out masks/ --threads 1
[ "$(find masks -name '*.png' | wc -l)" = 8 ] || fail "not one picture a frame"

# What is predicted can be learned; what was missed stays as it was.
expect 0 "$S2D" label dense.json --out labels.json --min-score 0.5
says stdout "2 objects in 16 masks, 0 with keymasks only"
expect 0 "$S2D" label dense.json --out labels.json --min-score 0.5
says stderr "skipped"
expect 0 "$S2D" train clip --labels labels.json --out final --steps 2 --threads 1
says stdout "2 objects in 16 masks"
expect 0 "$S2D" predict clip --model model --out one.json --objects 1 --threads 1
expect 0 "$S2D" label one.json --keymasks truth.json --out both.json --min-score 0.5 --min-area 20
says stdout "2 objects in 16 masks, 1 with keymasks only"
"$S2D_TOOL" compare truth both.json --least 0.5
expect 1 "$S2D" label dense.json --out none.json --min-score 1
one_error
expect 2 "$S2D" label dense.json --out dense.json
expect 0 "$S2D" predict clip --model model --out none.json --min-score 1 --threads 1
says stdout "0 objects"

# An object that the network lost stays what its keymasks are, and the file says so.
expect 0 "$S2D" predict clip --model model --out kept.json --objects 1 --keymasks truth.json --threads 1
says stdout "1 of them the network lost"
[ "$(grep -o '"source":"keymasks"' kept.json | wc -l)" = 1 ] || fail "not one object is from keymasks"
[ "$(grep -o '"source":"network"' kept.json | wc -l)" = 1 ] || fail "not one object is the network's"
"$S2D_TOOL" compare truth kept.json --least 0.5

# What was seen in one frame is carried into the next one, not further.
sed -E 's/("segmentations":\[\{[^}]*\})(,\{[^}]*\}){7}/\1,null,null,null,null,null,null,null/' truth.json >once.json
[ "$(grep -o 'null' once.json | wc -l)" = 14 ] || fail "not one mask of two objects"
expect 0 "$S2D" predict clip --model model --out once_kept.json --min-score 1 --keymasks once.json --threads 1
says stdout "2 objects, 4 masks in 8 frames"

# Keymasks of another clip are refused before anything is predicted.
mkdir shorter
cp "$(find clip -type f | sort | head -1)" shorter/
expect 1 "$S2D" predict shorter --model model --out never.json --keymasks truth.json --threads 1
one_error
says stderr "the keymasks of shorter are for 8 frames of"
[ ! -e never.json ] || fail "a prediction with keymasks of another clip"

# With all frame masks, those that the network finds again join the keymasks, and it goes on.
"$S2D" convert truth frame_masks.json --frame-masks --quiet
agree=(label dense.json --keymasks truth.json --masks frame_masks.json --share 0.5)
expect 0 "$S2D" "${agree[@]}" --out agreed.json --agree 0.5
says stdout "2 objects in 16 masks, 8 of them frame masks that were found again"
"$S2D_TOOL" compare truth agreed.json --least 0.999
expect 0 "$S2D" "${agree[@]}" --out agreed.json --agree 1
says stdout "2 objects in 8 masks, 0 of them"
expect 0 "$S2D" train clip --labels truth.json --init model --out on --steps 2 --threads 1
says stdout "2 objects in 16 masks"
same <(grep -o '"height.*"deviation[^]]*]' model/config.json) \
  <(grep -o '"height.*"deviation[^]]*]' on/config.json)
expect 2 "$S2D" train clip --labels truth.json --init model --out on --size 64x64
expect 2 "$S2D" label dense.json --masks frame_masks.json --out agreed.json
expect 1 "$S2D" train clip --labels truth.json --init truth --out on
one_error

# Done is done.
expect 0 "$S2D" train clip --out model --steps 30 "${options[@]}"
says stderr "trained before, skipped"
expect 0 "$S2D" train "$PWD/clip" --out "$PWD/model" --steps 30 "${options[@]/truth.json/$PWD/truth.json}"
says stderr "trained before, skipped"
expect 0 "$S2D" predict clip --model model --out dense.json --threads 1
says stderr "predicted before, skipped"

# A video that another call left beside the result is not taken for its own.
predict=("$S2D" predict clip --model model --threads 1 --overlay dense.mp4)
expect 0 "${predict[@]}" --out dense.json
says stderr "predicted before, skipped"
expect 0 "${predict[@]}" --out few.json --end 5
expect 0 "${predict[@]}" --out dense.json
expect 0 "$S2D" info dense.mp4
says stdout "8 frames"
expect 0 "${predict[@]}" --out few --end 5
expect 0 "${predict[@]}" --out masks
expect 0 "$S2D" info dense.mp4
says stdout "8 frames"
expect 0 "${predict[@]}" --out masks
says stderr "predicted before, skipped"

# Stopped in the middle, the next call goes on and ends with the same bits.
set -m
status=0
"$S2D" train clip --out parts --steps 30 "${options[@]}" >stdout 2>stderr &
pid=$!
for _ in $(seq 6000); do
  [ -e parts/log.jsonl ] && [ "$(wc -l <parts/log.jsonl)" -ge 3 ] && break
  sleep 0.02
done
kill -INT "$pid"
wait "$pid" || status=$?
set +m
[ "$status" = 130 ] || fail "after SIGINT the status is $status, expected 130"
says stderr "interrupted"
[ ! -e parts/config.json ] || fail "a model is there after SIGINT"
expect 0 "$S2D" train clip --out parts --steps 30 "${options[@]}"
says stderr "goes on behind checkpoint-"
same model/model.safetensors parts/model.safetensors
same <(cut -d, -f1-12 model/log.jsonl) <(cut -d, -f1-12 parts/log.jsonl)

# A changed setting is another run.
mkdir -p parts/.s2d/other
expect 0 "$S2D" train clip --out parts --steps 2 "${options[@]}" --seed 1
says stderr "starts anew"
[ "$(wc -l <parts/log.jsonl)" = 2 ] || fail "the log is not that of the new run"

# Nothing that is read lies where checkpoints are, or is what is written.
mkdir -p own/.s2d
cp -r clip truth.json own/.s2d
cp truth.json own/config.json
for given in "clip --labels own/.s2d/truth.json" "own/.s2d/clip --labels truth.json" \
  "clip --labels own/config.json" "clip --labels truth.json --init own/.s2d"; do
  # shellcheck disable=SC2086
  expect 2 "$S2D" train $given --out own --steps 1 --threads 1 --force
  says stderr "is read and would be overwritten"
done
same truth.json own/.s2d/truth.json
same truth.json own/config.json
same clip/00007.png own/.s2d/clip/00007.png

# Wrong calls and bad input.
expect 2 "$S2D" train clip --labels truth.json --out new --size 100x100
says stderr "multiples of 32"
expect 2 "$S2D" train clip --out new
expect 2 "$S2D" train clip --labels truth.json --out new --share 0
expect 1 "$S2D" train clip --labels missing.json --out new
one_error
expect 2 "$S2D" train clip --labels truth.json --out new --device gpu
if [ ! -e /dev/nvidiactl ]; then
  expect 1 "$S2D" train clip --labels truth.json --out new --device cuda
  one_error
  says stderr "found no GPU"
  [ ! -e new ] || fail "a folder is there for a run that cannot begin"
fi
expect 1 "$S2D" train clip --labels frame_masks.json --out new
says stderr "frame mask"
expect 1 "$S2D" label frame_masks.json --out new.json
says stderr "frame mask"
"$S2D_TOOL" clip other --frames 5 --size 96x64
expect 1 "$S2D" train other --labels truth.json --out new
one_error
expect 1 "$S2D" predict clip --model new --out new.json
one_error
echo '{"preset":"tiny"}' >parts/config.json
expect 1 "$S2D" predict clip --model parts --out new.json
says stderr "config.json"
expect 0 "$S2D" train --help
says stdout "log.jsonl"
expect 0 "$S2D" label --help
says stdout "--keymasks"
