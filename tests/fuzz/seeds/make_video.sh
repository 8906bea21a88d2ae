#!/usr/bin/env bash
# Makes the seeds of the fuzz target for videos with the ffmpeg program: a few frames of 16 x 16 in
# several containers and codecs, less than three kilobytes each. One is H.264, whose decoder takes
# ten times as long to start as the others.
# usage: bash tests/fuzz/seeds/make_video.sh
set -euo pipefail
mkdir -p "$(dirname "$0")/video"
cd "$(dirname "$0")/video"
make() { ffmpeg -v error -y -fflags +bitexact "$@"; }
picture() { make -f lavfi -i "testsrc=size=16x16:rate=25:duration=0.16" -flags:v +bitexact "$@"; }
small=(-reserve_index_space 16) # AVI would leave four kilobytes
picture -pix_fmt yuv420p -c:v libx264 -crf 40 -bf 1 -bsf:v filter_units=remove_types=6 h264.mp4
picture -c:v mpeg4 -q:v 31 plain.mp4
for turn in 90 180 270; do
  make -display_rotation $((360 - turn)) -i plain.mp4 -c copy turned_$turn.mp4 2>/dev/null ||
    make -i plain.mp4 -c copy -metadata:s:v:0 rotate=$((360 - turn)) turned_$turn.mp4
done
make -i plain.mp4 -c copy -movflags +frag_keyframe+empty_moov pieces.mp4
make -i plain.mp4 -c copy plain.mkv
picture -vf setsar=2/1 -c:v mpeg4 -q:v 31 "${small[@]}" wide_pixels.avi
for planes in 420 422 444; do
  picture -pix_fmt yuvj${planes}p -c:v mjpeg -q:v 31 -frames:v 1 "${small[@]}" full_$planes.avi
done
picture -pix_fmt bgr24 -c:v rawvideo -frames:v 1 "${small[@]}" raw.avi
picture -c:v flashsv -frames:v 2 plain.flv
picture -c:v mpeg1video -q:v 31 plain.mpg
picture -c:v libvpx -crf 60 -b:v 10k plain.webm
picture -frames:v 2 plain.gif
make -f lavfi -i sine=duration=0.02 -c:a pcm_u8 -ar 8000 sound.wav
gzip -9 -n -c plain.mp4 >plain.mp4.gz
