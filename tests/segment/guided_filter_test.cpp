#include <s2d/segment/guided_filter.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"

namespace {

using plane = s2d::matrix<float>;

s2d::image noisy_image(std::ptrdiff_t height, std::ptrdiff_t width, std::uint64_t seed) {
  s2d::random_stream random(seed);
  s2d::image picture(height, width);
  for (std::uint8_t& value : picture.values) value = static_cast<std::uint8_t>(random.below(256));
  return picture;
}

plane random_map(std::ptrdiff_t height, std::ptrdiff_t width, std::uint64_t seed) {
  s2d::random_stream random(seed);
  plane map(height, width);
  for (float& value : map.values) value = static_cast<float>(random.uniform());
  return map;
}

/// The slopes and the offset of a window, by Gaussian elimination of the normal equations.
std::array<double, 4> fit(const s2d::image& picture, const plane& map, std::ptrdiff_t cy,
                          std::ptrdiff_t cx, std::ptrdiff_t r, double smoothness) {
  std::vector<std::array<double, 4>> rows;
  std::array<double, 4> mean{};
  for (std::ptrdiff_t y = std::max<std::ptrdiff_t>(0, cy - r);
       y <= std::min(picture.height - 1, cy + r); ++y)
    for (std::ptrdiff_t x = std::max<std::ptrdiff_t>(0, cx - r);
         x <= std::min(picture.width - 1, cx + r); ++x) {
      auto& row = rows.emplace_back();
      for (std::size_t c = 0; c < 3; ++c)
        row[c] = picture.row(y)[3 * x + static_cast<std::ptrdiff_t>(c)] / 255.0;
      row[3] = static_cast<double>(map(y, x));
      for (std::size_t c = 0; c < 4; ++c) mean[c] += row[c];
    }
  const auto n = static_cast<double>(rows.size());
  for (double& value : mean) value /= n;
  double table[3][4] = {};
  for (const auto& row : rows)
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t b = 0; b < 4; ++b)
        table[a][b] += (row[a] - mean[a]) * (row[b] - mean[b]) / n;
  for (int a = 0; a < 3; ++a) table[a][a] += smoothness;
  for (int a = 0; a < 3; ++a)
    for (int other = 0; other < 3; ++other) {
      if (other == a) continue;
      const double factor = table[other][a] / table[a][a];
      for (int b = 0; b < 4; ++b) table[other][b] -= factor * table[a][b];
    }
  std::array<double, 4> result{};
  result[3] = mean[3];
  for (std::size_t a = 0; a < 3; ++a) {
    result[a] = table[a][3] / table[a][a];
    result[3] -= result[a] * mean[a];
  }
  return result;
}

}  // namespace

TEST_CASE("The guided filter is the mean of linear fits of all windows", "[guided_filter]") {
  for (const auto& [height, width, radius] :
       {std::tuple{9, 13, 2}, {1, 1, 3}, {1, 7, 2}, {12, 2, 4}, {5, 6, 9}}) {
    const s2d::image picture = noisy_image(height, width, 3);
    const plane map = random_map(height, width, 4);
    const plane found = s2d::guided_filter{picture, {.radius = radius, .smoothness = 0.01}}(map);
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        double sum = 0, windows = 0;
        for (std::ptrdiff_t v = 0; v < height; ++v)
          for (std::ptrdiff_t u = 0; u < width; ++u) {
            if (std::abs(v - y) > radius || std::abs(u - x) > radius) continue;
            const auto line = fit(picture, map, v, u, radius, 0.01);
            double value = line[3];
            for (std::size_t c = 0; c < 3; ++c)
              value += line[c] * picture.row(y)[3 * x + static_cast<std::ptrdiff_t>(c)] / 255.0;
            sum += value;
            windows += 1;
          }
        CHECK(std::abs(static_cast<double>(found(y, x)) - sum / windows) < 1e-4);
      }
  }
}

TEST_CASE("The filter of a part is that part of the filter of the whole", "[guided_filter]") {
  const s2d::image picture = noisy_image(23, 31, 6);
  const plane map = random_map(23, 31, 7);
  const s2d::guided_filter filter{picture, {.radius = 2, .smoothness = 0.01}};
  const plane whole = filter(map);
  for (const s2d::box& part : {s2d::box{0, 0, 31, 23},
                               {0, 0, 1, 1},
                               {30, 22, 1, 1},
                               {9, 7, 6, 5},
                               {5, 0, 20, 23},
                               {0, 5, 31, 4},
                               {26, 18, 5, 5},
                               {3, 4, 0, 6}}) {
    const plane found = filter(map, part);
    REQUIRE(found.height == part.height);
    REQUIRE(found.width == part.width);
    for (std::ptrdiff_t y = 0; y < part.height; ++y)
      for (std::ptrdiff_t x = 0; x < part.width; ++x)
        CHECK(std::abs(found(y, x) - whole(part.y + y, part.x + x)) < 1e-5F);
  }
  // What lies further away than two radii does not count, what lies nearer does.
  plane other = map;
  for (std::ptrdiff_t x = 0; x < 31; ++x) other(12, x) = 40;
  CHECK(filter(other, {0, 0, 31, 8}) == filter(map, {0, 0, 31, 8}));
  CHECK(filter(other, {0, 0, 31, 9}) != filter(map, {0, 0, 31, 9}));
  for (const s2d::box& part : {s2d::box{-1, 0, 2, 2},
                               {0, -1, 2, 2},
                               {0, 0, 32, 2},
                               {0, 0, 2, 24},
                               {31, 0, 1, 1},
                               {0, 0, -1, 1},
                               {40, 0, 0, 0}})
    CHECK_THROWS_AS(filter(map, part), s2d::invalid_input);
  CHECK_THROWS_WITH(filter(map, {30, 2, 2, 4}),
                    "guided_filter: the part is 4 x 2 at (2, 30), the picture 23 x 31 (height x "
                    "width)");
}

TEST_CASE("An edge of the map moves to the edge of the picture", "[guided_filter]") {
  s2d::image picture(40, 60);
  plane map(40, 60);
  for (std::ptrdiff_t y = 0; y < 40; ++y)
    for (std::ptrdiff_t x = 0; x < 60; ++x) {
      const std::uint8_t value = x < 30 ? 40 : 200;
      std::fill_n(picture.row(y) + 3 * x, 3, value);
      map(y, x) = x < 32 ? 0.0F : 1.0F;  // two pixels too far to the right
    }
  const plane found = s2d::guided_filter{picture, {.radius = 6}}(map);
  CHECK(found(20, 31) > 0.5F);
  CHECK(found(20, 30) > 0.5F);
  CHECK(found(20, 29) < 0.5F);
  CHECK(found(20, 5) == 0.0F);
  CHECK(std::abs(found(20, 55) - 1) < 1e-4F);
}

TEST_CASE("A constant map stays, whatever the picture, nothing gives nothing", "[guided_filter]") {
  plane map(17, 11);
  std::fill(map.values.begin(), map.values.end(), 0.3F);
  for (const float value : s2d::guided_filter{noisy_image(17, 11, 5)}(map).values)
    CHECK(std::abs(value - 0.3F) < 1e-4F);
  CHECK(s2d::guided_filter{s2d::image{}}(plane{}).values.empty());
}

TEST_CASE("The guided filter names what does not fit", "[guided_filter]") {
  const s2d::image picture(4, 6);
  CHECK_THROWS_WITH(s2d::guided_filter{picture}(plane(4, 5)),
                    "guided_filter: the map is 4 x 5, the picture 4 x 6 (height x width)");
  CHECK_THROWS_AS((s2d::guided_filter{picture, {.radius = 0}}), s2d::invalid_input);
  CHECK_THROWS_AS((s2d::guided_filter{picture, {.smoothness = 0}}), s2d::invalid_input);
  CHECK_THROWS_AS((s2d::guided_filter{picture, {.smoothness = std::nan("")}}), s2d::invalid_input);
}
