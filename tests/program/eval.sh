#!/usr/bin/env bash
# Masks measured against a truth, from folders and JSON files, in all three metrics.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 8 --truth truth
expect 0 "$S2D" convert truth truth.json

# What is measured against itself is perfect, in whatever form it comes.
for prediction in truth truth.json; do
  expect 0 "$S2D" eval "$prediction" truth --metric davis --csv table.csv --report page.html
  grep -qE '^all +1\.000 +1\.000 +1\.000 +0\.000 +1\.000 +1\.000 +0\.000$' stdout ||
    fail "not perfect"
  [ "$(head -n 1 table.csv)" = "video,object,proposal,J&F,J,J recall,J decay,F,F recall,F decay" ] ||
    fail "the table has another head"
  [ "$(wc -l <table.csv)" = 4 ] || fail "not one line for each object"
  says table.csv "truth,2,2,1,1,1,0,1,1,0"
  expect 0 "$S2D" eval "$prediction" truth.json --metric ytvis --json
  "$S2D_TOOL" json stdout || fail "--json is no JSON"
  grep -qE '"AP":(1|0\.99999)' stdout || fail "not perfect"
done
expect 0 "$S2D" eval truth truth --metric davis --protocol semi-supervised --json
"$S2D_TOOL" json stdout || fail "--json is no JSON"
says stdout '"J per frame":[1,1,1,1,1,1]'
expect 0 "$S2D" eval truth truth --metric coco --class-agnostic
grep -qE '^all +1\.000 +1\.000' stdout || fail "not perfect"

# The page holds the table and pictures, and nothing from elsewhere.
says page.html "Worst cases"
says page.html "data:image/png;base64,"
! grep -qE '(src|href)="?https?:' page.html || fail "the page needs the net"

# Numbers in another order: proposals are assigned, semi-supervised ones are not.
mkdir swapped fewer
"$S2D_TOOL" swap truth swapped
expect 0 "$S2D" eval swapped truth --metric davis
grep -qE '^all +1\.000' stdout || fail "proposals were not assigned"
grep -qE '^truth +1 +2 +1\.000' stdout || fail "the wrong proposal"
expect 0 "$S2D" eval swapped truth --metric davis --protocol semi-supervised
grep -qE '^all +0\.' stdout || fail "swapped objects are right"

# A missing frame is an empty one.
cp truth/0000[0-3].png fewer
expect 0 "$S2D" eval fewer truth --metric davis
grep -qE '^all +0\.500 +0\.500 +0\.500 +1\.000' stdout || fail "missing frames are not empty"

# Identity: of masks, and of boxes in a MOTChallenge file.
expect 0 "$S2D" eval swapped truth --metric identity --report page.html --csv table.csv
grep -qE '^all +1\.000 +1\.000 +1\.000 +1\.000 +1\.000 +0 +2 +2$' stdout || fail "not perfect"
says page.html "Identity F1 and switches"
says table.csv "truth,1,1,1,1,1,0,2,2"
expect 0 "$S2D" eval fewer truth --metric identity
grep -qE '^all +0\.667 +1\.000 +0\.500' stdout || fail "missing frames are not empty"
# A box at (1, 1) of 2 x 2 pixels in three frames, under one name and then another.
box='{"size":[4,6],"counts":[5,2,2,2,13]}'
echo '{"videos":[{"id":1,"height":4,"width":6,"length":3,"file_names":["v/a.jpg","v/b.jpg","v/c.jpg"]}],
  "categories":[{"id":1}],"annotations":[
  {"id":1,"video_id":1,"category_id":1,"segmentations":['"$box,$box"',null]},
  {"id":2,"video_id":1,"category_id":1,"segmentations":[null,null,'"$box"']}]}' >named.json
printf '1,7,2,2,2,2\n2,7,2,2,2,2,1\n3,7,2,2,2,2,1,-1,-1\n3,8,4,1,1,1,0\n' >gt.txt
expect 0 "$S2D" eval named.json gt.txt --metric identity
grep -qE '^v +0\.667 +0\.667 +0\.667 +1\.000 +1\.000 +1 +2 +1$' stdout || fail "boxes are not measured"
expect 1 "$S2D" eval named.json gt.txt --metric davis
echo '1,7,2,2,2' >short.txt
expect 1 "$S2D" eval named.json short.txt --metric identity
one_error
says stderr "short.txt: line 1: 5 fields, expected frame"
# Results without names have their numbers, also in a table; frames that the truth has no box in.
echo '[{"video_id":1,"category_id":1,"score":1,"segmentations":['"$box,$box,null,$box"']}]' >list.json
expect 0 "$S2D" eval list.json gt.txt --metric identity --csv table.csv
says stdout "video 1"
says table.csv "video 1,0.66"
[ "$(awk -F, '{print NF}' table.csv | sort -u)" = 9 ] || fail "lines of the table differ in length"
# Frames of one name in folders of their own go by their order.
sed 's/a.jpg/0\/img.jpg/; s/b.jpg/1\/img.jpg/; s/c.jpg/2\/img.jpg/' named.json >same.json
expect 0 "$S2D" eval same.json gt.txt --metric identity
grep -qE '^all +0\.667' stdout || fail "frames do not go by their order"
# Videos of one name go by their ids.
echo '{"videos":[{"id":4,"height":4,"width":6,"length":1,"file_names":["img1/a.jpg"]},
  {"id":2,"height":4,"width":6,"length":1,"file_names":["img1/a.jpg"]}],
  "categories":[{"id":1}],"annotations":[
  {"id":1,"video_id":4,"category_id":1,"segmentations":['"$box"']},
  {"id":2,"video_id":2,"category_id":1,"segmentations":['"${box/13/12,1}"']}]}' >twins.json
expect 0 "$S2D" eval twins.json twins.json --metric identity
grep -qE '^all +1\.000 +1\.000 +1\.000' stdout || fail "videos of one name are taken for one"
# The page compares boxes as the table does: an L whose box is the true one.
sed 's/5,2,2,2,13/5,2,2,1,14/' named.json >corner.json
expect 0 "$S2D" eval corner.json gt.txt --metric identity --report page.html
grep -qE '^all +0\.667 +0\.667 +0\.667 +1\.000' stdout || fail "its box is the true one"
says page.html "IoU 0.667"
echo '4,7,2,2,2,2' >later.txt
expect 0 "$S2D" eval named.json later.txt --metric identity
grep -qE '^all +0\.000' stdout || fail "found where nothing is"

# Quiet is quiet, and errors name what does not fit.
expect 0 "$S2D" eval truth truth --metric davis --quiet
[ ! -s stdout ] && [ ! -s stderr ] || fail "--quiet says something"
expect 1 "$S2D" eval nowhere truth --metric davis
one_error
says stderr "nowhere"
"$S2D_TOOL" clip other --frames 8 --size 96x64 --truth smaller
expect 1 "$S2D" eval smaller truth --metric davis
one_error
says stderr "96 x 64, expected 160 x 120"
"$S2D_TOOL" clip other --frames 9 --truth longer
expect 0 "$S2D" eval longer truth --metric davis
expect 2 "$S2D" eval truth truth
expect 2 "$S2D" eval truth truth --metric best
echo '{"videos":[{"id":1,"height":9,"width":9,"length":9,"file_names":[]},
  {"id":1,"height":9,"width":9,"length":2,"file_names":[]}],"annotations":[]}' >twice.json
expect 1 "$S2D" eval twice.json truth.json --metric ytvis
says stderr "twice.json: videos[1].id: found 1 a second time"
for none in '"segmentation":[],' '"segmentation":null,' ''; do
  echo '{"images":[{"id":1,"height":4,"width":5}],"categories":[{"id":1}],"annotations":[
    {"image_id":1,"category_id":1,"segmentation":[[0,0,2,0,2,2]]},
    {"image_id":1,"category_id":1,'"$none"'"bbox":[0,0,1,1]}]}' >boxes.json
  expect 1 "$S2D" eval boxes.json boxes.json --metric coco
  one_error
  says stderr "boxes.json: annotations[1].segmentation: found none, null or an empty list, expected"
  expect 0 "$S2D" info boxes.json
  says stdout "1 image, 2 annotations, 1 mask,"
done
echo '{"videos":[{"id":1,"width":160' >broken.json
expect 1 "$S2D" eval broken.json truth.json --metric ytvis
one_error
says stderr "broken.json"
no_leftovers .
