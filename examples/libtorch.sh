#!/usr/bin/env bash
# Makes LibTorch available: says where an installed PyTorch is, or else fetches the wheel with pip,
# without its dependencies (540 MB), into the cache folder where CMake looks for it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${S2D_CACHE:-$root/.cache}

found=$(python3 -c "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')" 2>/dev/null || true)
if [ -z "$found" ] && [ -f "$cache/torch/torch/lib/libtorch_cpu.so" ]; then
  found=$cache/torch/torch
fi
if [ -n "$found" ]; then
  echo "LibTorch is there: $found"
  exit 0
fi

bash "$root/examples/packages.sh" torch
echo "Fetching LibTorch with pip into $cache/torch (540 MB)"
mkdir -p "$cache"
rm -rf "$cache/torch.part"
log=$(mktemp)
trap 'rm -rf "$log" "$cache/torch.part"' EXIT
# The two small wheels hold what the CPU library of the torch wheel is linked with.
if ! python3 -m pip install --no-deps --no-cache-dir --target "$cache/torch.part" \
  'torch>=2.11,<2.16' nvidia-cuda-runtime nvidia-cuda-cupti >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "libtorch.sh: pip could not fetch the wheels" >&2
  exit 1
fi
rm -rf "$cache/torch"
mv "$cache/torch.part" "$cache/torch"
