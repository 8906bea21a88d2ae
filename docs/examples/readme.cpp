// The example of the README: how much do two masks overlap, whatever form they have?
#include <cstdio>
#include <vector>

#include <s2d/mask/rle.hpp>

int main() {
  const std::ptrdiff_t height = 480, width = 854;
  std::vector<unsigned char> pixels(static_cast<std::size_t>(height * width));
  for (std::ptrdiff_t y = 100; y < 200; ++y)
    for (std::ptrdiff_t x = 300; x < 500; ++x) pixels[static_cast<std::size_t>(y * width + x)] = 1;

  const s2d::rle a = s2d::encode(s2d::mask_view{pixels.data(), height, width});
  const s2d::rle b = s2d::rle::from_string(s2d::to_string(a), height, width);  // as COCO stores it
  const double overlap = s2d::iou(a, b);
  std::printf("%td pixels, IoU %.2f\n", s2d::area(a), overlap);
  return overlap == 1 ? 0 : 1;
}
