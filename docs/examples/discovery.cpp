// Which masks of this video can be trusted, and which show the same object?
#include <cmath>
#include <cstdio>
#include <vector>

#include <s2d/keymask/discover.hpp>

namespace {

// Ten frames of a textured disc that moves to the right before a textured ground.
std::vector<s2d::image> make_frames() {
  std::vector<s2d::image> frames(10, s2d::image(120, 160));
  for (std::size_t t = 0; t < frames.size(); ++t)
    for (std::ptrdiff_t y = 0; y < 120; ++y)
      for (std::ptrdiff_t x = 0; x < 160; ++x) {
        const double dx = double(x) - 40 - 4 * double(t), dy = double(y) - 60;
        const bool disc = std::hypot(dx, dy) < 25;
        const double shade =
            disc ? std::sin(dx * 0.8) * std::cos(dy * 0.6) : std::sin(double(x * 3 + y * y) * 0.1);
        for (int c = 0; c < 3; ++c)
          frames[t].row(y)[3 * x + c] = std::uint8_t(128 + 60 * shade + (disc ? 20 : -20));
      }
  return frames;
}

// One mask a frame, as any segmenter may give it; that of frame 4 is wrong.
s2d::video_masks make_masks() {
  s2d::video_masks masks(10);
  for (std::size_t t = 0; t < masks.size(); ++t) {
    s2d::bit_mask mask(120, 160);
    const double cx = t == 4 ? 130 : 40 + 4 * double(t), cy = t == 4 ? 25 : 60;
    for (std::ptrdiff_t y = 0; y < 120; ++y)
      for (std::ptrdiff_t x = 0; x < 160; ++x)
        if (std::hypot(double(x) - cx, double(y) - cy) < 24) mask.set(y, x);
    masks[t].push_back({mask});
  }
  return masks;
}

}  // namespace

int main() {
  const std::vector<s2d::image> frames = make_frames();
  const s2d::video_masks frame_masks = make_masks();

  s2d::flow_tracker tracker{frames};  // or your own: anything that is a point_tracker
  const auto objects = s2d::discover_keymasks(frame_masks, tracker);
  for (const s2d::object& object : objects)
    for (const s2d::keymask& key : object.keymasks)
      std::printf("frame %zu, mask %zu, coherence %.2f\n", key.frame, key.index,
                  double(key.coherence));

  return objects.size() == 1 && objects[0].keymasks.size() == 9 ? 0 : 1;
}
