#include <s2d/segment/pixels.hpp>

#include <cmath>
#include <vector>

#include <s2d/core/random.hpp>
#include <s2d/core/resize.hpp>

#include "support/catch.hpp"

namespace {

/// Patches of colour with noise, and values of superpixels between 0 and 1, many of them equal.
struct pixel_scene {
  s2d::image picture;
  s2d::superpixels grid;
  std::vector<float> values;

  pixel_scene(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t scale, std::uint64_t seed)
      : picture(height, width) {
    s2d::random_stream random(seed);
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x)
        for (std::ptrdiff_t c = 0; c < 3; ++c)
          picture.row(y)[3 * x + c] = static_cast<std::uint8_t>(
              (y / 17 + x / 23 + c) % 3 * 80 + static_cast<std::ptrdiff_t>(random.below(30)));
    const s2d::image small_picture =
        s2d::resize_area(picture.view(), (height + scale - 1) / scale, (width + scale - 1) / scale);
    grid = s2d::slic(s2d::to_lab(small_picture));
    for (std::ptrdiff_t k = 0; k < grid.size(); ++k) {
      const double x = random.uniform();
      const bool left = k % grid.columns < grid.columns / 2;
      values.push_back(x < 0.7 ? (left ? 0.0F : 1.0F) : static_cast<float>(random.uniform()));
    }
  }
};

}  // namespace

TEST_CASE("Interpolated pixels are the weighted means of their definition") {
  const pixel_scene s(61, 83, 2, 1);
  const s2d::matrix<float> found = s2d::interpolate_pixels(s.picture, s.grid, s.values);
  const s2d::lab_image lab = s2d::to_lab(s.picture);
  const double sy = 61.0 / static_cast<double>(s.grid.labels.height);
  const double sx = 83.0 / static_cast<double>(s.grid.labels.width);
  for (std::ptrdiff_t y = 0; y < 61; ++y)
    for (std::ptrdiff_t x = 0; x < 83; ++x) {
      const std::ptrdiff_t gi = y * s.grid.rows / 61, gj = x * s.grid.columns / 83;
      double sum = 0;
      double weights = 1e-20;
      for (std::ptrdiff_t i = gi - 1; i <= gi + 1; ++i)
        for (std::ptrdiff_t j = gj - 1; j <= gj + 1; ++j) {
          if (i < 0 || j < 0 || i >= s.grid.rows || j >= s.grid.columns) continue;
          const auto k = static_cast<std::size_t>(i * s.grid.columns + j);
          const double color = std::pow(lab.l(y, x) - s.grid.l[k], 2) +
                               std::pow(lab.a(y, x) - s.grid.a[k], 2) +
                               std::pow(lab.b(y, x) - s.grid.b[k], 2);
          const double cy = (s.grid.centre[k].y + 0.5) * sy - 0.5;
          const double cx = (s.grid.centre[k].x + 0.5) * sx - 0.5;
          const double place =
              std::pow(static_cast<double>(y) - cy, 2) + std::pow(static_cast<double>(x) - cx, 2);
          const double w = std::exp(-color / (2 * 49) - place / (2 * 9 * sx * sx));
          sum += w * static_cast<double>(s.values[k]);
          weights += w;
        }
      CHECK(std::fabs(static_cast<double>(found(y, x)) - sum / weights) < 2e-3);
    }
}

TEST_CASE("Masks of thresholds are those of the interpolated map, at any size") {
  struct {
    std::ptrdiff_t h, w, scale;
  } const cases[] = {{61, 83, 2}, {120, 214, 1}, {33, 150, 4}, {16, 16, 1}, {1, 5, 1}, {7, 200, 3}};
  for (const auto& c : cases) {
    INFO(c.h << " x " << c.w);
    const pixel_scene s(c.h, c.w, c.scale, static_cast<std::uint64_t>(c.w));
    const float thresholds[] = {0.38F, 0.5F, 0.62F};
    const std::vector<s2d::bit_mask> masks =
        s2d::threshold_pixels(s.picture, s.grid, s.values, thresholds);
    const s2d::matrix<float> map = s2d::interpolate_pixels(s.picture, s.grid, s.values);
    std::ptrdiff_t different = 0;
    for (std::size_t t = 0; t < 3; ++t)
      for (std::ptrdiff_t y = 0; y < c.h; ++y)
        for (std::ptrdiff_t x = 0; x < c.w; ++x)
          different += masks[t](y, x) != (map(y, x) > thresholds[t]) ? 1 : 0;
    CHECK(different == 0);
  }
}

TEST_CASE("Equal values stay equal, a value never leaves the range of its neighbours") {
  pixel_scene s(40, 50, 1, 3);
  s.values.assign(s.values.size(), 0.25F);
  for (const float x : s2d::interpolate_pixels(s.picture, s.grid, s.values).values)
    CHECK(std::fabs(x - 0.25F) < 1e-5F);
}

TEST_CASE("A pixel of a colour that no superpixel near it has still gets a value between theirs") {
  pixel_scene s(40, 50, 1, 3);
  s.values.assign(s.values.size(), 1.0F);
  for (std::ptrdiff_t c = 0; c < 3; ++c) s.picture.row(20)[3 * 25 + c] = 255;
  for (float& l : s.grid.l) l = 0;
  CHECK(std::fabs(s2d::interpolate_pixels(s.picture, s.grid, s.values)(20, 25) - 1) < 1e-5F);
}

TEST_CASE("Pixels: wrong numbers of values and bad widths are refused, empty pictures are empty") {
  pixel_scene s(20, 20, 1, 4);
  CHECK_THROWS_AS(s2d::interpolate_pixels(s.picture, s.grid, std::vector<float>(3)),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::interpolate_pixels(s.picture, s.grid, s.values, {.color_sigma = 0}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::interpolate_pixels(s.picture, {}, {}), s2d::invalid_input);
  CHECK(s2d::interpolate_pixels({}, {}, {}).empty());
}
