#!/usr/bin/env bash
# Checks that headers include only what docs/architecture.md allows their room to include.
set -euo pipefail
cd "$(dirname "$0")/../include/s2d"
declare -A allowed=(
  [core]="core"
  [mask]="core mask"
  [flow]="core flow"
  [cluster]="core cluster"
  [assign]="core assign"
  [track]="core mask flow track"
  [coherence]="core mask cluster track coherence"
  [segment]="core mask flow segment"
  [loss]="core assign loss"
  [keymask]="core mask flow cluster track coherence segment keymask"
  [eval]="core mask assign eval"
  [io]="core mask flow track segment io"
)
wrong=0
while IFS=: read -r file line include; do
  from=${file#./} from=${from%%/*}
  to=${include#*<s2d/} to=${to%%/*}
  if [[ " ${allowed[$from]-} " != *" $to "* ]]; then
    echo "include/s2d/${file#./}:$line: room $from may not include room $to"
    wrong=$((wrong + 1))
  fi
done < <(grep -rnE '^ *#include *<s2d/' .)
[ "$wrong" -eq 0 ]
