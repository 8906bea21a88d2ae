#!/usr/bin/env bash
# s2d run with training: what is done is skipped, what depends on a change is done again, and an
# interrupted call goes on. Without the network it ends with the keymasks.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 10 --size 128x96
common=(--threads 1 --no-overlay --no-report --no-csv --final-steps 0)

# s2d alone, without the network beside it.
mkdir alone
cp "$S2D" alone/s2d
expect 0 alone/s2d run clip --out result "${common[@]}"
says stderr "examples/libtorch.sh"
says result/run.json '"keymasks":'
[ ! -e result/model ] || fail "trained without a network"
expect 2 "$S2D" run clip --out result --until nowhere
if [ ! -x "$(dirname "$S2D")/s2d-network" ]; then
  echo "SKIPPED: built without LibTorch"
  exit 0
fi

# With it, the keymasks are not looked for again.
touch -d '2001-01-01' result/keymasks.json
expect 0 "$S2D" run clip --out result "${common[@]}" --steps 3
says stderr "keymasks found before, skipped"
says stdout "The network lost 2 of them"
says stdout "result/dense.json"
[ "$(wc -l <result/model/log.jsonl)" = 3 ] || fail "not three steps"
says result/run.json '"name":"train"'
says result/run.json '"dense":{'
says result/run.json '"steps":3'
[ ! -e result/.s2d ] && [ ! -e result/model/.s2d ] || fail "a cache was not removed"
no_leftovers result
expect 0 "$S2D" run clip --out result "${common[@]}" --steps 3
says stderr "finished before, skipped"
cp result/run.json first.json
expect 0 "$S2D" run clip --out result "${common[@]}" --steps 3 --until keymasks
expect 0 "$S2D" run clip --out result "${common[@]}" --steps 3
says stderr "trained before, skipped"
says stderr "predicted before, skipped"
same first.json result/run.json

# Another setting of training, stopped in the middle of it, a final round, overlay and report.
set -m
status=0
"$S2D" run clip --out result "${common[@]}" --steps 500 --seed 1 >stdout 2>stderr &
pid=$!
for _ in $(seq 6000); do
  grep -q '"steps":500' result/model/log.jsonl && break
  sleep 0.02
done
kill -TERM "$pid"
wait "$pid" || status=$?
set +m
[ "$status" = 143 ] || fail "after SIGTERM the status is $status, expected 143"
says stderr "interrupted"
[ -d result/model/.s2d ] || fail "there is no checkpoint"
done_before=$(wc -l <result/model/log.jsonl)
[ "$done_before" -lt 500 ] || fail "was not stopped"
whole=(--threads 1 --no-csv --steps 4 --seed 1 --final-steps 2 --train-size 32x64)
expect 0 "$S2D" run clip --out result "${whole[@]}" --until labels
[ -s result/labels.json ] && [ ! -e result/final ] || fail "did not end with the labels"
expect 0 "$S2D" run clip --out result "${whole[@]}"
says stderr "trained before, skipped"
[ "$(wc -l <result/final/log.jsonl)" = 2 ] || fail "the final round has not two steps"
expect 0 "$S2D" info result/dense.mp4
says stdout "10 frames"
for text in 'id="compared"' 'id="training"' 'id="views"'; do
  says result/report.html "$text"
done

# An interrupted training goes on from its checkpoint.
set -m
"$S2D" run clip --out parts "${common[@]}" --steps 40 --train-size 32x64 >stdout 2>stderr &
pid=$!
for _ in $(seq 6000); do
  [ -e parts/model/log.jsonl ] && [ "$(wc -l <parts/model/log.jsonl)" -ge 2 ] && break
  sleep 0.02
done
kill -INT "$pid"
wait "$pid" || status=$?
set +m
[ "$status" = 130 ] || fail "after SIGINT the status is $status, expected 130"
expect 0 "$S2D" run clip --out parts "${common[@]}" --steps 40 --train-size 32x64
says stderr "goes on behind checkpoint-"
[ "$(wc -l <parts/model/log.jsonl)" = 40 ] || fail "not one line a step"

# A name like an option, and output that nobody takes.
mv clip ./-clip
"$S2D" run --out dash "${common[@]}" --steps 2 -- -clip >&- 2>stderr || fail "with closed output"
"$S2D_TOOL" json dash/run.json || fail "run.json is no JSON"
[ "$(grep -c '^{"step":' dash/model/log.jsonl)" = "$(wc -l <dash/model/log.jsonl)" ] ||
  fail "the log holds something else"
mv ./-clip clip

# It may begin from another model, and does it again if that becomes another.
begin=(run clip --out begun "${common[@]}" --steps 2 --init parts/model)
expect 0 "$S2D" "${begin[@]}"
says begun/model/config.json '"init":'
expect 0 "$S2D" "${begin[@]}"
says stderr "finished before, skipped"
expect 0 "$S2D" run clip --out parts "${common[@]}" --steps 2 --train-size 32x64
expect 0 "$S2D" "${begin[@]}"
says stdout "begun/dense.json"
! grep -q "trained before" stderr || fail "did not begin from the other model"
expect 2 "$S2D" run clip --out new --init clip
says stderr "s2d train wrote"
expect 2 "$S2D" run clip --out new --init parts/model --queries 5
expect 2 "$S2D" run clip --out parts --init parts/model
says stderr "not part of --out"

# Wrong options of training are refused before anything is done, an error of a stage is told once.
for wrong in "--train-size 33x64" "--steps 0" "--queries 0" "--queries 2000" "--lr 0" "--share 0"; do
  # shellcheck disable=SC2086
  expect 2 "$S2D" run clip --out new $wrong
done
[ ! -e new ] || fail "a wrong call made a folder"
rm -r parts/model
touch parts/model
expect 1 "$S2D" run clip --out parts "${common[@]}" --steps 3
says stderr "parts/model"
[ "$(grep -c '^s2d: ' stderr)" = 1 ] || fail "the error is told more than once"
