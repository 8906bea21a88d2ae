#!/usr/bin/env bash
# Interrupted in the middle, the next call goes on and gives the same as an uninterrupted one.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 36 --size 160x120
options=(--window 8 --overlap 3 --threads 1)
expect 0 "$S2D" run clip --until keymasks --out whole "${options[@]}"

stopped() {  # SIGNAL STATUS FOLDER
  local status pid
  for _ in 1 2 3 4 5; do  # it may have been quicker
    status=0
    "$S2D" run clip --until keymasks --out "$3" "${options[@]}" >stdout 2>stderr &
    pid=$!
    while [ ! -e "$3/.s2d/window_000001.json" ] && kill -0 "$pid" 2>/dev/null; do
      sleep 0.01
    done
    kill "-$1" "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
    [ "$status" = 0 ] || break
    rm -r "$3"
  done
  [ "$status" = "$2" ] || fail "after SIG$1 the status is $status, expected $2"
}
nothing_under_final_names() {  # SIGNAL FOLDER
  local file
  for file in masks.json keymasks.json run.json overlay.mp4 report.html table.csv; do
    [ ! -e "$2/$file" ] || fail "$file is there after SIG$1"
  done
}
interrupted() {  # SIGNAL STATUS FOLDER
  stopped "$@"
  says stderr "interrupted"
  nothing_under_final_names "$1" "$3"
  no_leftovers "$3"
}

# Jobs in the background of a script ignore SIGINT unless job control is on.
set -m
interrupted INT 130 result
interrupted TERM 143 other
set +m
kept=$(find result/.s2d -name 'window_*' | wc -l)
[ "$kept" -ge 2 ] || fail "windows were not kept"
expect 0 "$S2D" run clip --until keymasks --out result "${options[@]}"
says stderr "goes on"
for file in masks.json keymasks.json table.csv; do
  same "whole/$file" "result/$file"
done
[ ! -e result/.s2d ] || fail "the cache was not removed"

# A damaged window is worked on again, and one of other settings is not taken.
printf '{"stamp":"' >other/.s2d/window_000001.json
expect 0 "$S2D" run clip --until keymasks --out other "${options[@]}"
for file in masks.json keymasks.json table.csv; do
  same "whole/$file" "other/$file"
done

# Killed without a chance to clean up: nothing half-written under a final name.
stopped KILL 137 killed
nothing_under_final_names KILL killed
expect 0 "$S2D" run clip --until keymasks --out killed "${options[@]}"
same whole/masks.json killed/masks.json
no_leftovers killed

# What only looks stops as well.
mapfile -t often < <(yes clip | head -n 20000)
set -m
status=0
"$S2D" info "${often[@]}" >seen 2>stderr &
pid=$!
while [ ! -s seen ] && kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
kill -INT "$pid"
wait "$pid" || status=$?
set +m
[ "$status" = 130 ] || fail "info ended with status $status after SIGINT, expected 130"
says stderr "interrupted"
