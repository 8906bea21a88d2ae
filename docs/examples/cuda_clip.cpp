// From the pictures of a clip to its objects, with the heavy steps on the device.
#include <cmath>
#include <cstdio>
#include <vector>

#include <s2d/cuda/flow_tracker.hpp>
#include <s2d/cuda/frame_masks.hpp>
#include <s2d/cuda/video_flow.hpp>
#include <s2d/keymask/discover.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  std::vector<s2d::image> frames;  // a box moves to the right by 3 pixels a frame
  for (int t = 0; t < 10; ++t) {
    s2d::image& frame = frames.emplace_back(96, 128);
    for (int y = 0; y < 96; ++y)
      for (int x = 0; x < 128; ++x) {
        const int u = x - 3 * t - 20;
        const bool box = y >= 32 && y < 64 && u >= 0 && u < 32;
        const double at = box ? u : x;
        const double wave = std::sin(0.3 * at + 0.2 * y) + std::sin(0.2 * y - 0.1 * at);
        for (int c = 0; c < 3; ++c)
          frame.row(y)[3 * x + c] =
              static_cast<std::uint8_t>((box ? 190 - 40 * c : 60 + 20 * c) + 18 * wave);
      }
  }
  const s2d::video_flow flow = s2d::cuda::estimate_video_flow(frames);
  const s2d::video_masks masks = s2d::cuda::find_frame_masks(frames, flow).masks;
  const s2d::cuda::flow_tracker tracker{flow, 96, 128};
  const std::vector<s2d::object> objects = s2d::discover_keymasks(masks, tracker);
  for (const s2d::object& object : objects)
    std::printf("an object with %zu keymasks\n", object.keymasks.size());
  return objects.size() == 1 ? 0 : 1;
}
