# Sourced by the tests of the s2d program. S2D and S2D_TOOL name the built programs.
set -euo pipefail
: "${S2D:?the s2d program}" "${S2D_TOOL:?the tool that makes clips}"
export LC_ALL=C.UTF-8

work=$(mktemp -d "${TMPDIR:-/tmp}/s2d-test-XXXXXX")
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  [ -f stdout ] && sed 's/^/  stdout: /' stdout >&2
  [ -f stderr ] && sed 's/^/  stderr: /' stderr >&2
  exit 1
}

# expect STATUS COMMAND...: runs it, with its output in the files stdout and stderr.
expect() {
  local wanted=$1 got=0
  shift
  "$@" >stdout 2>stderr || got=$?
  [ "$got" = "$wanted" ] || fail "$* ended with status $got, expected $wanted"
}

# says FILE TEXT: the file holds the text.
says() {
  grep -qF -- "$2" "$1" || fail "$1 does not say: $2"
}

# an error is one line that begins with s2d:, and no exception is seen
one_error() {
  grep -q '^s2d: ' stderr || fail "no line begins with s2d:"
  ! grep -qiE 'terminate|what\(\)|filesystem error|exception' stderr || fail "an exception is seen"
}

same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

no_leftovers() {
  local left
  left=$(find "$1" -name '.s2d-*' -o -name '*.tmp' | head -n 3)
  [ -z "$left" ] || fail "left behind: $left"
}
