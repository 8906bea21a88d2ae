// Where is the object in the frames between two key masks?
#include <cstdio>

#include <s2d/keymask/propagate.hpp>

int main() {
  // A square that moves 3 pixels to the right a frame, known in frames 0 and 4 of 5.
  s2d::video_flow flow{std::vector<s2d::flow_field>(5), std::vector<s2d::flow_field>(5)};
  for (std::size_t t = 0; t < 5; ++t) {
    if (t < 4) flow.forward[t].u = s2d::matrix<float>(30, 60, 3.f);
    if (t < 4) flow.forward[t].v = s2d::matrix<float>(30, 60, 0.f);
    if (t > 0) flow.backward[t].u = s2d::matrix<float>(30, 60, -3.f);
    if (t > 0) flow.backward[t].v = s2d::matrix<float>(30, 60, 0.f);
  }
  std::vector<s2d::bit_mask> keys(5);  // a mask without pixels: not known
  for (const std::size_t t : {0, 4}) {
    keys[t] = s2d::bit_mask(30, 60);
    for (int y = 10; y < 20; ++y)
      for (int x = 0; x < 10; ++x) keys[t].set(y, 5 + 3 * static_cast<int>(t) + x);
  }

  const std::vector<s2d::bit_mask> masks = s2d::propagate(keys, flow);
  for (int t = 0; t < 5; ++t)
    std::printf("frame %d: %s\n", t,
                masks[static_cast<std::size_t>(t)](15, 5 + 3 * t + 5) ? "here" : "lost");
  return masks[2](15, 11) && !masks[2](15, 10) ? 0 : 1;
}
