#!/usr/bin/env bash
# Measures s2d beside the libraries that people use today, on the same inputs, one thread, and writes the
# tables of docs/performance.md. The peers come from the registry of Python packages into a folder of
# their own in build/compare; nothing of s2d depends on them.
# usage: bench/compare.sh [GROUP...], groups: masks, overlap, evaluation, tables, flow, python, compile;
# default all. Real masks and frames from the folder S2D_DATA (default ../shared/data); 3 GB of inputs are
# made. S2D_COMPARE_PAGE names another page with the same marks.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$PWD/build/compare
bash examples/packages.sh program checks python
[ -d "$folder/venv" ] || python3 -m venv "$folder/venv"
fetch() { "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
fetch --only-binary :all: numpy scipy scikit-learn lapx pycocotools faster-coco-eval \
  opencv-contrib-python-headless pillow scikit-image
fetch --no-deps trackeval
[[ $# -gt 0 && " $* " != *" python "* ]] || fetch ./adapters/python

cmake --preset bench -DS2D_TORCH=OFF -DS2D_CUDA=OFF >/dev/null
cmake --build --preset bench --target compare
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# OpenBLAS shall choose its own code for this processor.
env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE "$folder/venv/bin/python" bench/compare/compare.py \
  build/bench/bench/compare "$folder" "${S2D_COMPARE_PAGE:-docs/performance.md}" "$@"
