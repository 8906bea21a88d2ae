#include <s2d/mask/even_odd.hpp>
#include <s2d/mask/polygon.hpp>

#include <cstddef>
#include <limits>
#include <vector>

#include "support/catch.hpp"

namespace {

s2d::rle draw(const std::vector<double>& corners, std::ptrdiff_t height, std::ptrdiff_t width) {
  return s2d::encode_polygon(corners, height, width);
}

}  // namespace

TEST_CASE("a rectangle of whole pixels covers exactly these") {
  for (std::ptrdiff_t y0 = 0; y0 < 4; ++y0)
    for (std::ptrdiff_t x0 = 0; x0 < 4; ++x0)
      for (std::ptrdiff_t y1 = y0 + 1; y1 <= 5; ++y1)
        for (std::ptrdiff_t x1 = x0 + 1; x1 <= 6; ++x1) {
          const double left = static_cast<double>(x0), top = static_cast<double>(y0);
          const double right = static_cast<double>(x1), bottom = static_cast<double>(y1);
          const s2d::rle mask = draw({left, top, right, top, right, bottom, left, bottom}, 5, 6);
          CHECK(s2d::area(mask) == (y1 - y0) * (x1 - x0));
          CHECK(s2d::bounding_box(mask) == s2d::box{x0, y0, x1 - x0, y1 - y0});
          // The other way round and from another corner it is the same mask.
          CHECK(draw({right, bottom, right, top, left, top, left, bottom}, 5, 6) == mask);
        }
}

TEST_CASE("what lies outside the image is cut off") {
  CHECK(s2d::area(draw({-100, -100, 200, -100, 200, 200, -100, 200}, 7, 9)) == 63);
  CHECK(s2d::area(draw({20, 20, 30, 20, 30, 30}, 7, 9)) == 0);
  CHECK(s2d::area(draw({-5, 0, 3, 0, 3, 7, -5, 7}, 7, 9)) == 21);
}

TEST_CASE("degenerate polygons are empty masks of the right size") {
  for (const std::vector<double>& corners :
       {std::vector<double>{2, 2, 2, 2, 2, 2}, {1, 1, 5, 1, 1, 1}, {3, 0, 3, 6, 3, 3}}) {
    const s2d::rle mask = draw(corners, 7, 9);
    CHECK(s2d::area(mask) == 0);
    CHECK(s2d::decode(mask).values.size() == 63);
  }
  CHECK(s2d::area(draw({0, 0, 1, 0, 1, 1}, 0, 0)) == 0);
}

TEST_CASE("the area of a large triangle is that of geometry within its outline") {
  const s2d::rle mask = draw({10, 10, 410, 10, 10, 310}, 400, 500);
  CHECK(static_cast<double>(s2d::area(mask)) == Approx(0.5 * 400 * 300).margin(300));
}

TEST_CASE("an edge that is drawn many times counts as often as it is odd") {
  // Four million crossings, of which a million at most are held.
  std::vector<double> corners;
  for (int i = 0; i < 3; ++i) corners.insert(corners.end(), {0, 0, 1e6, 3});
  corners.insert(corners.end(), {0, 3});
  CHECK(draw(corners, 3, 1'000'000) == draw({0, 0, 1e6, 3, 0, 3}, 3, 1'000'000));
  CHECK(s2d::encode_even_odd(corners, 3, 1'000'000) ==
        s2d::encode_even_odd(std::vector<double>{0, 0, 1e6, 3, 0, 3}, 3, 1'000'000));
}

TEST_CASE("polygons without area, half corners and wild coordinates are refused") {
  CHECK_THROWS_AS(draw({}, 5, 5), s2d::invalid_input);
  CHECK_THROWS_AS(draw({1, 1, 2, 2}, 5, 5), s2d::invalid_input);
  CHECK_THROWS_AS(draw({1, 1, 2, 2, 3, 3, 4}, 5, 5), s2d::invalid_input);
  CHECK_THROWS_AS(draw({1, 1, 2, 2, 3, 1e7}, 5, 5), s2d::invalid_input);
  CHECK_THROWS_AS(draw({1, 1, 2, 2, 3, std::numeric_limits<double>::quiet_NaN()}, 5, 5),
                  s2d::invalid_input);
  CHECK_THROWS_AS(draw({1, 1, 2, 2, 3, 3}, -1, 5), s2d::invalid_input);
  CHECK_THROWS_AS(draw({1, 1, 2, 2, 3, 3}, std::ptrdiff_t{1} << 31, 5), s2d::invalid_input);
}
