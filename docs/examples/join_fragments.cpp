// An object that discovery found in two pieces, one after the other.
#include <cstddef>

#include <s2d/keymask/fragments.hpp>

int main() {
  // A block that moves 3 pixels to the right in every frame.
  s2d::video_masks masks(6);
  for (std::size_t t = 0; t < 6; ++t) {
    s2d::bit_mask mask(20, 60);
    for (std::ptrdiff_t y = 5; y < 15; ++y)
      for (std::ptrdiff_t x = 0; x < 10; ++x) mask.set(y, x + 3 * static_cast<std::ptrdiff_t>(t));
    masks[t].push_back({mask, 1});
  }
  s2d::video_flow flow;
  flow.forward.resize(6);
  flow.backward.resize(6);
  for (std::size_t t = 1; t < 6; ++t) {
    flow.backward[t] = s2d::flow_field(20, 60);
    for (float& u : flow.backward[t].u.values) u = -3;
  }
  s2d::object early, late;
  early.keymasks = {{0, 0, 1}, {1, 0, 1}};
  late.keymasks = {{3, 0, 1}, {4, 0, 1}};

  const auto objects = s2d::join_fragments({early, late}, masks, flow);
  return objects.size() == 1 && objects[0].keymasks.size() == 4 ? 0 : 1;
}
