// Which nodes of a graph belong together, and which cells of a picture?
#include <cstdio>

#include <s2d/segment/normalized_cut_masks.hpp>

int main() {
  // Five nodes: 0, 1, 2 hold together, 3 and 4 do, and a weak link joins them.
  s2d::matrix<float> affinity(5, 5);
  const auto link = [&](int i, int j, float w) { affinity(i, j) = affinity(j, i) = w; };
  link(0, 1, 1), link(1, 2, 1), link(0, 2, 1), link(3, 4, 1), link(2, 3, 0.1f);
  const s2d::normalized_cut_result cut = s2d::normalized_cut(affinity.view());
  for (std::size_t i = 0; i < 5; ++i) std::printf("node %zu: side %d\n", i, cut.side[i]);

  // Features of 8 x 8 cells (here one number, in reality those of a network, see
  // io/npy_features.hpp) and the frame that they describe.
  s2d::image frame(64, 64);
  for (std::ptrdiff_t y = 16; y < 40; ++y)
    for (std::ptrdiff_t x = 24; x < 40; ++x) frame.row(y)[3 * x] = 255;
  s2d::feature_grid features(8, 8, 1);
  for (std::size_t i = 0; i < 64; ++i)
    features.cell(i)[0] = i / 8 >= 2 && i / 8 < 5 && i % 8 >= 3 && i % 8 < 5 ? 3.f : 0.f;
  const s2d::video_masks masks =
      s2d::normalized_cut_masks(std::span{&frame, 1}, [&](std::size_t) { return features; });
  std::printf("%zu object, confidence %.2f\n", masks[0].size(),
              static_cast<double>(masks[0][0].confidence));
  return cut.side[0] == cut.side[2] && cut.side[0] != cut.side[3] && masks[0].size() == 1 &&
                 masks[0][0].mask(20, 30)
             ? 0
             : 1;
}
