#!/usr/bin/env bash
# From a bare Debian 12 to the objects of a real clip in every frame, seen in a browser.
set -euo pipefail
usage="usage: examples/quickstart.sh [VIDEO] [--out DIR]

Installs what is missing, builds s2d, finds the moving objects of VIDEO without labels or weights,
trains a small network on the masks that can be trusted, and names the report, the videos and the
JSON it has made. LibTorch, which the network needs, is fetched with pip (540 MB); where that fails,
or with S2D_TORCH=OFF, the rest is done without it.

  VIDEO      a video file or a folder of frames; without it, the first 150 frames of vtest.avi
             (pedestrians, from the documentation of Debian's OpenCV package, 96 MB download)
  --out DIR  where the results go (default: s2d-out/NAME OF THE VIDEO)"

start_folder=$PWD
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${S2D_CACHE:-$root/.cache}
video="" out=""
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      echo "$usage"
      exit 0
      ;;
    --out)
      [ $# -ge 2 ] || {
        echo "quickstart: --out needs a folder" >&2
        exit 2
      }
      out=$2
      shift
      ;;
    -*)
      echo "quickstart: unknown option $1" >&2
      echo "$usage" >&2
      exit 2
      ;;
    *)
      [ -z "$video" ] || {
        echo "quickstart: one video at a time, found '$video' and '$1'" >&2
        exit 2
      }
      video=$1
      ;;
  esac
  shift
done
if [ -n "$video" ] && [ ! -e "$video" ]; then
  echo "quickstart: no such file or folder: $video" >&2
  exit 1
fi

bash "$root/examples/packages.sh" program

torch=${S2D_TORCH:-ON}
if [ "$torch" != OFF ] && ! bash "$root/examples/libtorch.sh"; then
  echo "quickstart: goes on without LibTorch: keymasks, but no training" >&2
  torch=OFF
fi

cd "$root"
echo "Building s2d (build/program)"
mkdir -p build
build() {
  cmake --preset program -DS2D_TORCH="$torch" || return
  # A LibTorch of another version is not used; then there is no s2d_network.
  local targets=(s2d_program)
  if grep -q s2d_network build/program/build.ninja; then targets+=(s2d_network); fi
  cmake --build --preset program --target "${targets[@]}"
}
if ! build >build/quickstart.log 2>&1; then
  tail -n 30 build/quickstart.log >&2
  echo "quickstart: the build failed; the whole log is $root/build/quickstart.log" >&2
  exit 1
fi

arguments=()
if [ -z "$video" ]; then
  video=$cache/vtest.avi
  arguments+=(--end 150)
  if [ ! -s "$video" ]; then
    echo "Fetching the sample clip (Debian package opencv-doc, 96 MB, unpacked, not installed)"
    mkdir -p "$cache/opencv-doc"
    (
      cd "$cache/opencv-doc"
      apt-get download opencv-doc >fetch.log 2>&1 || {
        tail -n 5 fetch.log >&2
        echo "quickstart: the sample clip could not be fetched; name a video of your own" >&2
        exit 1
      }
      dpkg-deb --fsys-tarfile opencv-doc_*.deb |
        tar -x --to-stdout ./usr/share/doc/opencv-doc/examples/data/vtest.avi >"$video.part"
    )
    mv "$video.part" "$video"
    rm -rf "$cache/opencv-doc"
  fi
else
  case $video in /*) ;; *) video=$start_folder/$video ;; esac
fi
if [ -z "$out" ]; then
  name=$(basename "$video")
  out=$start_folder/s2d-out/${name%.*}
else
  case $out in /*) ;; *) out=$start_folder/$out ;; esac
fi

exec "$root/build/program/examples/s2d/s2d" run "$video" --out "$out" "${arguments[@]}"
