#!/usr/bin/env bash
# Bad input: an error that names the file, status 1, nothing half-written.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 8
"$S2D_TOOL" clip clip.mp4 --frames 8

# refused TEXT COMMAND...: status 1, one error line with the text, no results.
refused() {
  local text=$1
  shift
  expect 1 "$@"
  one_error
  says stderr "$text"
  [ ! -e out/run.json ] && [ ! -e out/masks.json ] || fail "results of bad input: $*"
  [ ! -e out ] || fail "a folder was left"
}
run() { refused "$1" "$S2D" run "$2" --until keymasks --out out --no-report; }

run nowhere.mp4 nowhere.mp4
mkdir nothing
run nothing nothing
: >zero.mp4
run zero.mp4 zero.mp4
head -c 700 clip.mp4 >cut.mp4
run cut.mp4 cut.mp4
head -c 4096 /dev/zero >zeros.mp4
run zeros.mp4 zeros.mp4
echo "no video" >text.avi
run text.avi text.avi
gzip -k clip.mp4
expect 0 "$S2D" run clip.mp4.gz --until keymasks --out zipped --no-report --no-overlay
head -c 900 clip.mp4.gz >cut.mp4.gz
run cut.mp4.gz cut.mp4.gz

cp -r clip sizes
"$S2D_TOOL" clip other --frames 8 --size 96x80
cp other/00003.png sizes/00003.png
run sizes/00003.png sizes
says stderr "80 x 96"
says stderr "120 x 160"
cp -r clip broken
head -c 200 clip/00005.png >broken/00005.png
run broken/00005.png broken
: >broken/00005.png
run broken/00005.png broken
expect 1 "$S2D" run clip --until keymasks --out out --start 100
one_error
rm -rf out

# Masks and tracks that do not fit.
"$S2D_TOOL" clip big --frames 8 --size 200x100 --truth big_masks
refused "big_masks" "$S2D" run clip --until keymasks --out out --masks big_masks
mkdir no_masks
refused "no_masks" "$S2D" run clip --until keymasks --out out --masks no_masks
refused "missing" "$S2D" run clip --until keymasks --out out --masks missing
refused "missing" "$S2D" run clip --until keymasks --out out --tracks missing
printf '{"videos":[{"id":1,' >cut.json
refused "cut.json" "$S2D" run clip --until keymasks --out out --masks cut.json
printf '[]' >list.json
refused "list.json" "$S2D" run clip --until keymasks --out out --masks list.json

# Where nothing can be written.
: >file
refused "file" "$S2D" run clip --until keymasks --out file/result
if [ "$(id -u)" != 0 ]; then
  mkdir locked && chmod a-w locked
  refused "locked" "$S2D" run clip --until keymasks --out locked/result
fi
mkdir full
(
  ulimit -f 2
  expect 1 "$S2D" run clip --until keymasks --out full --no-report
  one_error
)
[ ! -e full/run.json ] && [ ! -e full/masks.json ] || fail "results on a full disk"
[ ! -e full ] || no_leftovers full
expect 1 "$S2D" masks clip --out /dev/full/masks.json
one_error

refused "clip" "$S2D" convert clip.mp4 x.json
refused "nowhere" "$S2D" convert nowhere x.json
[ ! -e x.json ] || fail "convert left a file"
refused "nowhere" "$S2D" info nowhere
refused "clip" "$S2D" report clip

# What is short or still is no error.
"$S2D_TOOL" clip one --frames 1
expect 0 "$S2D" run one --until keymasks --out one_result --no-report
says stdout "single frame"
[ -s one_result/keymasks.json ] && [ -s one_result/overlay.mp4 ] || fail "no results of one frame"
"$S2D_TOOL" clip two --frames 2
expect 0 "$S2D" run two --until keymasks --out two_result --no-report
"$S2D_TOOL" clip still --frames 8 --still
expect 0 "$S2D" run still --until keymasks --out still_result --no-report
says stdout "Nothing moves here"
says still_result/run.json '"result":"nothing moves"'
"$S2D_TOOL" clip tiny --frames 6 --size 17x9
expect 0 "$S2D" run tiny --until keymasks --out tiny_result --no-report
"$S2D_TOOL" clip "names with spaces and ünïcödé 日本" --frames 6
expect 0 "$S2D" run "names with spaces and ünïcödé 日本" --until keymasks --out "résultat 1" --no-report
[ -s "résultat 1/run.json" ] || fail "no results in a folder with a UTF-8 name"
