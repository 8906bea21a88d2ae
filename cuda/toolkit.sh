#!/usr/bin/env bash
# Makes nvcc available: prints the folder of an installed CUDA toolkit, or else fetches the compiler's
# wheels with pip (270 MB unpacked) into the cache folder and prints that. No driver, no device.
# Use: export CUDAToolkit_ROOT=$(cuda/toolkit.sh)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${S2D_CACHE:-$root/.cache}

if nvcc=$(command -v "${CUDAToolkit_ROOT:+$CUDAToolkit_ROOT/bin/}nvcc"); then
  dirname "$(dirname "$(readlink -f "$nvcc")")"
  exit 0
fi
if [ -x "$cache/cuda/nvidia/cu13/bin/nvcc" ]; then
  echo "$cache/cuda/nvidia/cu13"
  exit 0
fi

bash "$root/examples/packages.sh" torch >&2
echo "Fetching nvcc with pip into $cache/cuda" >&2
mkdir -p "$cache"
rm -rf "$cache/cuda.part"
log=$(mktemp)
trap 'rm -rf "$log" "$cache/cuda.part"' EXIT
if ! python3 -m pip install --no-deps --no-cache-dir --target "$cache/cuda.part" \
  'nvidia-cuda-nvcc==13.0.*' 'nvidia-cuda-runtime==13.0.*' 'nvidia-cuda-cccl==13.0.*' \
  'nvidia-cuda-crt==13.0.*' 'nvidia-nvvm==13.0.*' >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "toolkit.sh: pip could not fetch the wheels" >&2
  exit 1
fi
ln -s lib "$cache/cuda.part/nvidia/cu13/lib64"
rm -rf "$cache/cuda"
mv "$cache/cuda.part" "$cache/cuda"
echo "$cache/cuda/nvidia/cu13"
