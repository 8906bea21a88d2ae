#!/usr/bin/env bash
# Fresh random cases, answered by the pycocotools that is installed, put to the tests of the mask room.
# usage: tests/mask/coco_live.sh TEST_PROGRAM [FIRST]   default: a first case taken from the clock.
# S2D_PYTHON names the Python to use (default python3).
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1
first=${2:-$(date +%s)0000}
python=${S2D_PYTHON:-python3}
if ! "$python" -c 'import numpy, pycocotools' 2>/dev/null; then
  echo "SKIPPED: $python has no pycocotools"
  exit 0
fi
cases=$(mktemp)
trap 'rm -f "$cases"' EXIT
"$python" tests/mask/golden/make_coco_cases.py "$first" 10000 >"$cases"
echo "cases from $first on"
S2D_COCO_CASES=$cases "$program" '[coco]'
