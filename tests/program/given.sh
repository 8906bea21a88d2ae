#!/usr/bin/env bash
# What other programs computed is used: masks, point tracks, features; and the official choices.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 12 --truth truth
"$S2D_TOOL" given clip truth tracks features.npy

# Masks from files: the keymasks are these masks.
expect 0 "$S2D" run clip --until keymasks --out masks --segmenter files --masks truth --no-overlay --no-report
says stdout "2 objects"
"$S2D_TOOL" compare truth masks/keymasks.json --least 0.999
says masks/run.json '"segmenter":"files"'

# Exact tracks instead of flow.
expect 0 "$S2D" run clip --until keymasks --out tracked --masks truth --tracks tracks --no-overlay
says stdout "2 objects with 24 keymasks among 24 frame masks"
"$S2D_TOOL" compare truth tracked/keymasks.json --least 0.999
[ -s tracked/report.html ] || fail "no report of given tracks"
says tracked/run.json '"tracks":"tracks"'
! grep -q '"name":"flow"' tracked/run.json || fail "flow was computed beside given tracks"

# The official choices.
expect 0 "$S2D" run clip --until keymasks --out compat --masks truth --compat --no-overlay --no-report
says compat/run.json '"compat":true'
expect 0 "$S2D" discover clip --masks truth --compat --out compat.json
"$S2D_TOOL" compare truth compat.json --least 0.999

# Masks as JSON and as an array of numbers are the same as pictures.
expect 0 "$S2D" convert truth truth.json --quiet
expect 0 "$S2D" discover clip --masks truth.json --tracks tracks --out json.json
expect 0 "$S2D" discover clip --masks truth --tracks tracks --out pictures.json
"$S2D_TOOL" compare truth json.json --least 0.999

# Features of another program, cut by the normalised cut.
expect 0 "$S2D" masks clip --segmenter ncut --features features.npy --out ncut
[ "$(find ncut -name '*.png' | wc -l)" = 12 ] || fail "not one picture a frame"
expect 0 "$S2D" run clip --until keymasks --segmenter ncut --features features.npy --out ncut_result --no-overlay
says ncut_result/run.json '"segmenter":"ncut"'
says ncut_result/run.json '"features":"features.npy"'

# What does not fit is named: too few frames, tracks of other masks, a file that is missing.
"$S2D_TOOL" clip short --frames 8 --truth short_truth
"$S2D_TOOL" given short short_truth short_tracks short.npy
expect 1 "$S2D" masks clip --segmenter ncut --features short.npy --out x.json
one_error
says stderr "short.npy"
expect 1 "$S2D" discover clip --masks truth --tracks short_tracks --out x.json
one_error
says stderr "short_tracks/vis_f00_k01_tracks.npy"
rm tracks/match_f03_k02_visible.npy
expect 1 "$S2D" discover clip --masks truth --tracks tracks --out x.json
one_error
says stderr "match_f03_k02_visible.npy"
expect 1 "$S2D" discover clip --masks truth --tracks tracks/vis_f00_k01_tracks.npy --out x.json
one_error
expect 1 "$S2D" masks clip --segmenter ncut --features tracks/vis_f00_k01_tracks.npy --out x.json
one_error
says stderr "expected 4: [frames, height, width, channels]"
[ ! -e x.json ] || fail "a file in spite of an error"
