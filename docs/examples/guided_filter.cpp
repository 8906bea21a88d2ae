// A soft mask of an eighth of the picture's size, drawn to the edges of the picture.
#include <cstddef>
#include <cstdint>

#include <s2d/core/resize.hpp>
#include <s2d/segment/guided_filter.hpp>

int main() {
  s2d::image picture(64, 96);
  for (std::ptrdiff_t y = 19; y < 45; ++y)
    for (std::ptrdiff_t x = 3 * 27; x < 3 * 71; ++x) picture.row(y)[x] = std::uint8_t{220};
  s2d::matrix<float> coarse(8, 12);
  for (std::ptrdiff_t y = 2; y < 6; ++y)
    for (std::ptrdiff_t x = 3; x < 9; ++x) coarse(y, x) = 1;

  const s2d::matrix<float> soft = s2d::resize_bilinear(coarse.view(), 64, 96);
  const s2d::guided_filter filter{picture, {.radius = 8}};
  const s2d::matrix<float> sharp = filter(soft.view());

  const auto wrong = [&](const s2d::matrix<float>& map) {
    int pixels = 0;
    for (std::ptrdiff_t y = 0; y < 64; ++y)
      for (std::ptrdiff_t x = 0; x < 96; ++x)
        pixels += (map(y, x) > 0.5F) != (picture.row(y)[3 * x] > 0) ? 1 : 0;
    return pixels;
  };
  return wrong(sharp) < wrong(soft) / 2 ? 0 : 1;
}
