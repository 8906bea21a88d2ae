// Superpixels of a picture, and a value per superpixel brought back to the pixels.
#include <cstdint>
#include <vector>

#include <s2d/core/lab.hpp>
#include <s2d/segment/pixels.hpp>
#include <s2d/segment/slic.hpp>

int main() {
  s2d::image picture(60, 80);  // left half red, right half blue
  for (std::ptrdiff_t y = 0; y < 60; ++y)
    for (std::ptrdiff_t x = 0; x < 80; ++x) picture.row(y)[3 * x + (x < 43 ? 0 : 2)] = 200;

  const s2d::superpixels grid = s2d::slic(s2d::to_lab(picture), {.cell = 6});

  std::vector<float> redness(grid.l.size());  // one value a superpixel ...
  for (std::size_t k = 0; k < redness.size(); ++k) redness[k] = grid.b[k] > 0 ? 1.0F : 0.0F;
  const s2d::matrix<float> map = s2d::interpolate_pixels(picture, grid, redness);  // ... a pixel

  for (std::ptrdiff_t x = 0; x < 80; ++x)
    if ((map(30, x) > 0.5F) != (x < 43)) return 1;
  return 0;
}
