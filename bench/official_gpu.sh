#!/usr/bin/env bash
# The preset official from nothing on all videos of a data folder together, on a GPU: keymasks,
# training with bfloat16, dense labels, a final round, prediction, evaluation, in one call and a fixed
# time. Not tried on a GPU yet; --tiny takes the narrow network, so that a processor shows that it runs.
# usage: bench/official_gpu.sh DATA OUT [--minutes N] [--tiny]
#   DATA holds JPEGImages/SEQUENCE/*.jpg and Annotations/SEQUENCE/*.png; --minutes (default 15) is
#   for both rounds of training together. Finished stages are kept: repeat the call to go on.
set -euo pipefail
data= out= minutes=15 tiny=
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=$2; shift ;;
    --tiny) tiny=--tiny ;;
    -*) echo "official_gpu: unknown option $1" >&2; exit 2 ;;
    *) if [ -z "$data" ]; then data=$(realpath "$1"); else out=$(realpath -m "$1"); fi ;;
  esac
  shift
done
[ -n "$out" ] || { sed -n '5s/^# //p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
mkdir -p "$out"

bash examples/packages.sh program
bash examples/libtorch.sh
configured=$(cmake --preset program -DS2D_BUILD_EXAMPLES=ON)
where=cuda
if [ -n "$tiny" ]; then
  where=cpu
elif [[ $configured != *"processor and CUDA"* ]]; then
  echo "official_gpu: this LibTorch has no CUDA; the whole wheel of PyTorch with its CUDA packages has" >&2
  exit 1
fi
cmake --build --preset program --target s2d_program s2d_network example_train_s2d
bin=build/program/examples

echo "Keymasks"
"$bin/s2d/s2d" run "$data/JPEGImages" --out "$out/keymasks" --until keymasks \
  --no-overlay --no-report --no-csv --quiet --device "$where"
python3 - "$out" <<'PYTHON'
"""One file of all keymasks: videos and annotations numbered anew."""
import json
import pathlib
import sys

out = pathlib.Path(sys.argv[1])
whole = {"videos": [], "annotations": [], "categories": [{"id": 1, "name": "object"}]}
for file in sorted(out.glob("keymasks/*/keymasks.json")):
    part = json.loads(file.read_text())
    for video in part["videos"]:
        number = len(whole["videos"]) + 1
        for one in part["annotations"]:
            if one["video_id"] == video["id"]:
                whole["annotations"].append(
                    {**one, "video_id": number, "id": len(whole["annotations"]) + 1})
        whole["videos"].append({**video, "id": number})
(out / "keymasks.json").write_text(json.dumps(whole))
print(len(whole["videos"]), "videos,", len(whole["annotations"]), "objects")
PYTHON

# How long a step takes, behind the first one, says how many there are.
if [ ! -e "$out/steps" ]; then
  rm -rf "$out/probe"
  "$bin/example_train_s2d" "$data/JPEGImages" "$out/keymasks.json" "$out/probe" --steps 100 --train-only \
    $tiny |
    python3 -c '
import json, statistics, sys
seconds = [json.loads(line)["seconds"] for line in sys.stdin if line.startswith("{")]
step = statistics.median(seconds[1:] or seconds)
print(max(10, int(float(sys.argv[1]) * 60 / 2 / step)))' "$minutes" >"$out/steps.part"
  mv "$out/steps.part" "$out/steps"
  rm -rf "$out/probe"
fi
steps=$(cat "$out/steps")
echo "Training: two rounds of $steps steps"
"$bin/example_train_s2d" "$data/JPEGImages" "$out/keymasks.json" "$out/model" --steps "$steps" $tiny
echo "Evaluation"
"$bin/s2d/s2d" eval "$out/model/dense.json" "$data/Annotations" --metric davis \
  --protocol unsupervised --csv "$out/davis.csv"
