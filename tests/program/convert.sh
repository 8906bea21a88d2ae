#!/usr/bin/env bash
# Masks from one format to another and back, and what info says about them.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 6 --truth masks
expect 0 "$S2D" convert masks masks.json
"$S2D_TOOL" compare masks masks.json --least 1
expect 0 "$S2D" info masks.json
says stdout "1 video"
says stdout "2 annotations"
expect 0 "$S2D" convert masks.json back
for file in masks/*.png; do
  "$S2D_TOOL" same "$file" "back/$(basename "$file")" || fail "$file changed"
done
expect 0 "$S2D" convert masks masks.npy
expect 0 "$S2D" info masks.npy
says stdout "6 x 120 x 160"
expect 0 "$S2D" convert masks.npy from_npy.json
"$S2D_TOOL" compare masks from_npy.json --least 1
expect 0 "$S2D" convert masks.npy from_npy
"$S2D_TOOL" same masks/00000.png from_npy/00000.png || fail "the pixels changed"

expect 0 "$S2D" info clip
says stdout "6 frames"
says stdout "160 x 120"
expect 0 "$S2D" info masks
expect 0 "$S2D" info
says stdout "s2d "
expect 0 "$S2D" info --json clip masks.json masks.npy
"$S2D_TOOL" json stdout || fail "info --json is no JSON"
"$S2D_TOOL" clip clip.mp4 --frames 6
expect 0 "$S2D" info clip.mp4
says stdout "160 x 120"
says stdout "h264"
says stdout "6 frames"
