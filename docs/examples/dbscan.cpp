// Which rows of bits belong together? Masks seen in the same frames, for instance.
#include <cstdio>

#include <s2d/cluster/hamming.hpp>

int main() {
  s2d::bit_matrix seen(12, 20);  // 12 masks, 20 frames
  for (std::ptrdiff_t mask = 0; mask < 12; ++mask)
    for (std::ptrdiff_t frame = 0; frame < 10; ++frame)
      seen.set(mask, mask < 6 ? frame : frame + 10);
  seen.set(3, 15);  // one frame of twenty differs: well within a fifth

  const s2d::clustering found = s2d::dbscan(seen, 0.2, {.min_samples = 5});
  for (std::size_t mask = 0; mask < 12; ++mask)
    std::printf("mask %zu: cluster %d\n", mask, found.label[mask]);
  return found.count == 2 && found.label[3] == 0 && found.label[11] == 1 ? 0 : 1;
}
