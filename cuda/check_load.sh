#!/usr/bin/env bash
# On a Debian machine with a network: fills a folder with what cuda/check.sh needs on one without
# (Catch2, Eigen, Google Benchmark; under 20 MB), unpacked, not installed.
# usage: cuda/check_load.sh FOLDER
set -euo pipefail
[ $# -eq 1 ] || {
  echo "usage: cuda/check_load.sh FOLDER" >&2
  exit 2
}
mkdir -p "$1/packages"
cd "$1/packages"
apt-get download catch2 libeigen3-dev libbenchmark-dev libbenchmark1debian
for package in *.deb; do dpkg -x "$package" ..; done
cd ..
rm -rf packages usr/share/doc usr/share/man
du -sh .
