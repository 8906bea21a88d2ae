#include <s2d/mask/even_odd.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using coordinates = std::vector<double>;
using s2d::rle;

namespace {

constexpr double unit = 1 << 20;

// Whether the pixel's centre is inside, in whole numbers: corners are multiples of 2^-20.
bool inside(const coordinates& polygon, std::ptrdiff_t y, std::ptrdiff_t x) {
  const auto whole = [](double value) { return static_cast<std::int64_t>(value * unit); };
  const std::int64_t cx = whole(static_cast<double>(x) + 0.5);
  const std::int64_t cy = whole(static_cast<double>(y) + 0.5);
  bool odd = false;
  for (std::size_t i = 0, k = polygon.size() - 2; i < polygon.size(); k = i, i += 2) {
    std::int64_t x0 = whole(polygon[k]), y0 = whole(polygon[k + 1]);
    std::int64_t x1 = whole(polygon[i]), y1 = whole(polygon[i + 1]);
    if (x0 > x1) {
      std::swap(x0, x1);
      std::swap(y0, y1);
    }
    if (cx < x0 || cx >= x1) continue;
    __extension__ using wide = __int128;
    odd ^= wide{cy - y0} * (x1 - x0) >= wide{cx - x0} * (y1 - y0);
  }
  return odd;
}

rle fill(const coordinates& polygon, std::ptrdiff_t height, std::ptrdiff_t width) {
  return s2d::encode_even_odd(std::span{polygon}, height, width);
}

}  // namespace

TEST_CASE("a centre on the left or upper side is inside, on the right or lower side outside",
          "[even_odd]") {
  // From centre to centre.
  CHECK(fill({1.5, 1.5, 4.5, 1.5, 4.5, 3.5, 1.5, 3.5}, 5, 6) ==
        s2d::encode_box(s2d::box{1, 1, 3, 2}, 5, 6));
  CHECK(fill({1, 1, 4, 1, 4, 3, 1, 3}, 5, 6) == s2d::encode_box(s2d::box{1, 1, 3, 2}, 5, 6));
  // A diagonal through centres divides a square: every pixel is in one part.
  const rle upper = fill({0, 0, 5, 0, 5, 5}, 5, 5), lower = fill({0, 0, 5, 5, 0, 5}, 5, 5);
  CHECK(s2d::symmetric_difference(upper, lower) == rle{5, 5, {0, 25}});
  CHECK(s2d::area(lower) == 15);
}

TEST_CASE("random polygons hold the centres that whole numbers find inside", "[even_odd]") {
  std::mt19937 random{1};
  for (int round = 0; round < 1500; ++round) {
    const auto height = static_cast<std::ptrdiff_t>(random() % 24);
    const auto width = static_cast<std::ptrdiff_t>(random() % 24);
    // Multiples of a half hit centres, thirds of them nearly; fine ones lie anywhere.
    const double grain = (random() % 3 == 0) ? 0.5 : random() % 2 == 0 ? 1 / unit : 1.0 / 16;
    coordinates polygon(2 * (3 + random() % 6));
    for (double& value : polygon)
      value = std::floor(std::uniform_real_distribution<double>{-8, 32}(random) / grain) * grain;
    CAPTURE(round, height, width, polygon);
    REQUIRE(fill(polygon, height, width) == brute_force::draw(height, width, [&](auto y, auto x) {
              return inside(polygon, y, x);
            }));
  }
}

TEST_CASE("an edge that misses a centre by less than rounding is on the right side of it",
          "[even_odd]") {
  // Through (0.5, 0.5) for tilt 0; the corner moves by 2^-20 at a distance of 10^6 pixels.
  for (const double tilt : {-1 / unit, 0.0, 1 / unit}) {
    const coordinates sky{-999'999.5, 0.5,     1'000'000,  0.5 + tilt,
                          1'000'000,  900'000, -999'999.5, 900'000};
    CAPTURE(tilt);
    CHECK(s2d::area(fill(sky, 1, 1)) == (tilt <= 0 ? 1 : 0));
    CHECK(s2d::area(fill(sky, 1, 1)) == (inside(sky, 0, 0) ? 1 : 0));
  }
  // Corners whose differences do not fit a double.
  const double tiny = 1e-30;
  CHECK(s2d::area(fill({0, 0.5 - tiny, 1, 0.5, 1, 1, 0, 1}, 1, 1)) == 1);
  CHECK(s2d::area(fill({-1, 0.5, 0, -tiny, 2, 1, 2, 3, -1, 3}, 1, 1)) == 1);
  CHECK(s2d::area(fill({0, tiny, 1, 1, 1, 2, 0, 2}, 1, 1)) == 0);  // through (0.5, 0.5 + tiny / 2)
  CHECK(s2d::area(fill({0, -tiny, 1, 1, 1, 2, 0, 2}, 1, 1)) == 1);
}

TEST_CASE("where an outline goes round twice it is outside", "[even_odd]") {
  const coordinates once{1, 1, 5, 1, 5, 5, 1, 5};
  coordinates twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  CHECK(s2d::area(fill(once, 6, 6)) == 16);
  CHECK(s2d::area(fill(twice, 6, 6)) == 0);
  // Two triangles that cross like a bow tie.
  CHECK(s2d::area(fill({0, 0, 6, 6, 6, 0, 0, 6}, 6, 6)) == 18);
}

TEST_CASE("what lies outside the image does not count for even-odd filling", "[even_odd]") {
  CHECK(s2d::area(fill({-1e6, -1e6, 1e6, -1e6, 1e6, 1e6, -1e6, 1e6}, 7, 9)) == 63);
  CHECK(s2d::area(fill({20, 20, 30, 20, 30, 30}, 7, 9)) == 0);
  CHECK(fill({0, 0, 1, 0, 1, 1}, 0, 4) == rle{0, 4, {0}});
}

TEST_CASE("half corners and wild coordinates are refused for even-odd filling", "[even_odd]") {
  CHECK_THROWS_WITH(fill({1, 1, 2, 2}, 5, 5),
                    "polygon of 4 numbers, expected x and y of at least 3 corners");
  CHECK_THROWS_AS(fill({1, 1, 2, 2, 3, 3, 4}, 5, 5), s2d::invalid_input);
  CHECK_THROWS_WITH(fill({1, 1, 2, 2, 3, 1e7}, 5, 5),
                    "polygon: number 5 is 1e+07, expected -1e6 to 1e6");
  CHECK_THROWS_AS(fill({1, 1, 2, 2, 3, std::nan("")}, 5, 5), s2d::invalid_input);
  CHECK_THROWS_AS(fill({1, 1, 2, 2, 3, 3}, -1, 5), s2d::invalid_input);
  const std::vector<s2d::polygon> hole{{{0, 0, 4, 0, 4, 4}, {{1, 1, 2, 2}}}};
  CHECK_THROWS_AS(s2d::encode_even_odd(hole, 5, 5), s2d::invalid_input);
}
