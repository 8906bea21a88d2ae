// Masks of a box that moves over a textured ground; the flow is computed on the way.
#include <cmath>
#include <vector>

#include <s2d/mask/bits.hpp>
#include <s2d/segment/motion_segmenter.hpp>

int main() {
  std::vector<s2d::image> frames;
  for (int t = 0; t < 6; ++t) {
    s2d::image frame(120, 160);
    for (int y = 0; y < 120; ++y)
      for (int x = 0; x < 160; ++x) {
        const bool box = y >= 40 && y < 80 && x >= 30 + 5 * t && x < 70 + 5 * t;
        const double wave = 30 * std::sin(0.3 * (box ? x - 5 * t : x) + 0.2 * y);
        std::uint8_t* rgb = frame.row(y) + 3 * x;
        rgb[0] = static_cast<std::uint8_t>((box ? 200 : 70) + wave);
        rgb[1] = static_cast<std::uint8_t>((box ? 120 : 100) + wave);
        rgb[2] = static_cast<std::uint8_t>((box ? 60 : 130) + wave);
      }
    frames.push_back(std::move(frame));
  }

  s2d::motion_segmenter segmenter({.threads = 0});   // all processors
  const s2d::video_masks masks = segmenter(frames);  // [frame][mask]
  if (segmenter.diagnosis().nothing_moves) return 1;
  for (const auto& of_frame : masks)
    for (const s2d::frame_mask& m : of_frame)
      if (s2d::area(m.mask) < 1200 || m.confidence < 0.3F) return 1;  // the box has 1600 pixels
  return segmenter.flow().frames() == 6 ? 0 : 1;                      // for the tracker
}
