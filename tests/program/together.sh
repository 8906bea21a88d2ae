#!/usr/bin/env bash
# Two things that move side by side and touch: one frame mask, but two objects, since they were apart
# at first.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 28 --together --truth truth
expect 0 "$S2D" masks clip --out frame.json
says stdout "40 frame masks in 28 frames."
expect 0 "$S2D" run clip --until keymasks --out result --no-overlay --no-report
says stdout "2 objects with 56 keymasks among 56 frame masks in 28 frames."
"$S2D_TOOL" compare truth result/keymasks.json --least 0.9
expect 0 "$S2D" discover clip --out keymasks.json
"$S2D_TOOL" compare truth keymasks.json --least 0.9

# Masks from files stay as they are.
expect 0 "$S2D" discover clip --masks frame.json --out files.json
says stdout "40 frame masks in 28 frames."
