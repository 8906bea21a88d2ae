#!/usr/bin/env bash
# Installs the Debian packages of the named groups that are missing: program, tests, checks, coverage,
# torch, python.
# Asks nothing, says what it installs, does nothing when all is there; as root or through sudo.
set -euo pipefail

packages() {
  case $1 in
    program)
      echo g++ make cmake ninja-build pkg-config libstb-dev libpng-dev zlib1g-dev \
        libsimdjson-dev libcli11-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev
      ;;
    tests) echo catch2 libeigen3-dev ;;
    torch) echo python3 python3-pip ;;
    python) echo g++ python3-dev python3-pip python3-venv ;;
    checks) echo clang-16 libclang-rt-16-dev clang-format-14 libbenchmark-dev ;;
    coverage) echo llvm-16 ;;
    *)
      echo "packages.sh: unknown group '$1', expected program, tests, checks, coverage, torch or python" >&2
      return 2
      ;;
  esac
}

[ $# -gt 0 ] || {
  echo "usage: packages.sh GROUP..., groups: program, tests, checks, coverage, torch, python" >&2
  exit 2
}
wanted=()
for group in "$@"; do
  list=$(packages "$group")
  read -ra names <<<"$list"
  wanted+=("${names[@]}")
done

if ! command -v dpkg-query >/dev/null; then
  echo "packages.sh: this is no Debian system; needed here are the equivalents of: ${wanted[*]}"
  exit 0
fi
missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "packages.sh: missing ${missing[*]}: run as root, or install sudo" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "Installing with apt: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
  "${as_root[@]}" apt-get update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "packages.sh: apt could not install the packages" >&2
  exit 1
fi
