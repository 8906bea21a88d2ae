#!/usr/bin/env bash
# Checks that every relative link and every compiled example named in a Markdown page exists.
set -euo pipefail
cd "$(dirname "$0")/.."
wrong=0
[ -n "$(git ls-files '*.md')" ] || { echo "links.sh: found no page" >&2; exit 1; }
while IFS= read -r page; do
  folder=$(dirname "$page")
  while IFS= read -r target; do
    case $target in http* | mailto:* | '#'*) continue ;; esac
    if [ ! -e "$folder/${target%%#*}" ]; then
      echo "$page: no such file: $target"
      wrong=$((wrong + 1))
    fi
  done < <(sed '/^```/,/^```/d' "$page" | grep -oE '\]\([^) ]+\)' | sed 's/^](//; s/)$//')
  while IFS= read -r example; do
    if [ ! -e "$example" ]; then
      echo "$page: no such example: $example"
      wrong=$((wrong + 1))
    fi
  done < <(grep -oE 'docs/examples/[a-z0-9_]+\.cpp' "$page" | sort -u)
done < <(git ls-files '*.md')
[ "$wrong" -eq 0 ]
