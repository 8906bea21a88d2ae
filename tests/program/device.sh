#!/usr/bin/env bash
# Flow, frame masks and tracks on a GPU: refused with a word where there is none; where a simulated
# one was built, the objects of the processor.
. "$(dirname "$0")/common.sh"

"$S2D_TOOL" clip clip --frames 3 --truth truth
expect 2 "$S2D" masks clip --out x.json --device tpu
says stderr "--device"
if ! command -v nvidia-smi >/dev/null; then
  for command in "run --until keymasks" "masks" "discover"; do
    # shellcheck disable=SC2086  # a command and its options
    expect 1 "$S2D" $command clip --out refused.json --device cuda
    one_error
    says stderr "--device cuda: "
    says stderr "--device cpu works everywhere"
    [ ! -e refused.json ] || fail "a result in spite of an error"
  done
fi

expect 0 "$S2D" run clip --until keymasks --out processor --device cpu --no-overlay --no-report
says stdout "2 objects with 6 keymasks among 6 frame masks in 3 frames."
says processor/run.json '"device":"cpu"'
if [ -z "${S2D_SIMULATED:-}" ]; then
  echo "no simulated device: s2d was built without CUDA or without PTX"
  exit 0
fi
expect 0 "$S2D" info
says stdout ", with CUDA,"
S2D_SIMULATOR_PROFILE=1 expect 0 "$S2D_SIMULATED" run clip --until keymasks --out gpu --device cuda \
  --no-overlay --no-report
says stdout "2 objects with 6 keymasks among 6 frame masks in 3 frames."
says gpu/run.json '"device":"cuda"'
for kernel in search_patches assign_pixels diffuse_rows threshold_eight follow_point; do
  says stderr "$kernel"
done
"$S2D_TOOL" compare truth processor/keymasks.json --least 0.9
"$S2D_TOOL" compare truth gpu/keymasks.json --least 0.9
