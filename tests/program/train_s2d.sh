#!/usr/bin/env bash
# The official recipe as an example: keymasks, distillation, dense labels, a final round.
. "$(dirname "$0")/common.sh"

example=$(dirname "$S2D")/../example_train_s2d
if [ ! -x "$example" ]; then
  echo "SKIPPED: built without LibTorch"
  exit 0
fi
"$S2D_TOOL" clip clip --frames 6 --size 96x64 --truth truth
"$S2D" convert truth truth.json --quiet
expect 0 "$example" . truth.json out --tiny --steps 12 --train-only
says stdout '"step":12,"steps":12'
[ ! -e out/labels.json ] || fail "it went on behind training"
expect 0 "$example" . truth.json out --tiny --steps 12
says stdout "dense.json"
for file in model.safetensors labels.json dense.json; do
  [ -s "out/$file" ] || fail "no $file"
done
expect 0 "$S2D" info out/dense.json
says stdout "6 frames"
expect 0 "$example" . truth.json out --tiny --steps 12
! grep -q '"step":1,' stdout || fail "finished training was done again"

# Many videos, a folder of results for each.
mkdir -p videos results/a results/b
"$S2D_TOOL" clip videos/a --frames 3 --size 96x64 --truth many/a
"$S2D_TOOL" clip videos/b --frames 4 --size 64x96 --truth many/b
for name in a b; do "$S2D" convert many/$name results/$name/keymasks.json --quiet; done
expect 0 "$example" videos results both --tiny --steps 4
expect 0 "$S2D" info both/dense.json
says stdout "7 frames"
# A video without a keymask teaches nothing, but is predicted.
sed -Ez 's/"annotations":\[.*\],(\s*"categories")/"annotations":[],\1/' results/b/keymasks.json \
  >empty.json
! grep -q segmentations empty.json || fail "there are still masks"
cp empty.json results/b/keymasks.json
expect 0 "$example" videos results one --tiny --steps 4
expect 0 "$S2D" info one/dense.json
says stdout "7 frames"
expect 1 "$example" . truth.json
says stderr "usage"
