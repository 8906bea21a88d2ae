#!/usr/bin/env bash
# Makes the clips of this folder with the ffmpeg program. usage: bash make_files.sh
set -euo pipefail
cd "$(dirname "$0")"
make() { ffmpeg -v error -y -fflags +bitexact "$@"; }
source=testsrc=size=64x48:rate=10:duration=2
# 20 frames of 64 x 48, 10 a second, with B-frames, index in front.
make -f lavfi -i $source -c:v libx264 -pix_fmt yuv420p -crf 25 -bf 2 -flags:v +bitexact \
  -movflags +faststart plain.mp4
# The same, to be turned clockwise by a player: FFmpeg counts the other way.
for turn in 90 180 270; do
  make -display_rotation $((360 - turn)) -i plain.mp4 -c copy turned_$turn.mp4 2>/dev/null ||
    make -i plain.mp4 -c copy -metadata:s:v:0 rotate=$((360 - turn)) turned_$turn.mp4
done
# Times that are not even: every third frame is missing.
make -i plain.mp4 -vf "select='mod(n,3)',setpts=PTS" -vsync vfr -c:v libx264 -crf 25 \
  -flags:v +bitexact uneven.mkv
# Sound that goes on when the picture has ended.
make -i plain.mp4 -f lavfi -i sine=duration=4 -c:v copy -c:a libopus -b:a 6k long_sound.mkv
# Pixels twice as wide as high; Motion JPEG in AVI; gzip.
make -f lavfi -i $source -vf setsar=2/1 -c:v mpeg4 -q:v 9 -flags:v +bitexact wide_pixels.avi
make -f lavfi -i testsrc=size=64x48:rate=10:duration=0.5 -c:v mjpeg -q:v 9 -flags:v +bitexact \
  -pix_fmt yuvj420p motion_jpeg.avi
gzip -9 -n -c plain.mp4 > plain.mp4.gz
make -f lavfi -i sine=duration=0.2 -c:a pcm_u8 -ar 8000 sound.wav
