#include <s2d/track/grid.hpp>

#include <cmath>

#include "support/catch.hpp"

namespace {

s2d::bit_mask full(std::ptrdiff_t height, std::ptrdiff_t width) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) mask.set(y, x);
  return mask;
}

}  // namespace

TEST_CASE("the grid lies 8 pixels within a plane of 384 x 512, both ends included", "[grid]") {
  // A frame as large as the plane: positions are those of the plane.
  const auto points = s2d::points_in_mask(full(384, 512), 50, 384, 512);
  REQUIRE(points.at.size() == 2500);
  CHECK(points.at[0] == s2d::point{8, 8});
  CHECK(points.at[49] == s2d::point{504, 8});
  CHECK(points.at[2450] == s2d::point{8, 376});
  CHECK(points.at[2499] == s2d::point{504, 376});
  CHECK(points.at[1].x == Approx(8 + 496.0 / 49));
  CHECK(points.at[50].y == Approx(8 + 368.0 / 49));
  for (std::uint32_t i = 0; i < 2500; ++i) CHECK(points.index[i] == i);
}

TEST_CASE("a grid of one point is the centre", "[grid]") {
  const auto points = s2d::points_in_mask(full(384, 512), 1, 384, 512);
  REQUIRE(points.at.size() == 1);
  CHECK(points.at[0] == s2d::point{256, 192});
}

TEST_CASE("positions scale to the frame from border to border", "[grid]") {
  const auto points = s2d::points_in_mask(full(240, 427), 25, 480, 854);
  CHECK(points.at.front().x == Approx(8.0 * 853 / 511));
  CHECK(points.at.front().y == Approx(8.0 * 479 / 383));
  CHECK(points.at.back().x == Approx(504.0 * 853 / 511));
  CHECK(points.at.back().y == Approx(376.0 * 479 / 383));
}

TEST_CASE("a point is kept where the resized mask is set at the rounded point", "[grid]") {
  for (const std::size_t size : {1u, 2u, 3u, 24u, 25u, 33u, 50u})
    for (const std::ptrdiff_t height : {96, 112, 240, 400, 480}) {
      s2d::bit_mask mask(height, 213);
      for (std::ptrdiff_t y = 0; y < height; ++y)
        for (std::ptrdiff_t x = 0; x < 213; ++x) mask.set(y, x, (x * 7 + y * 3) % 5 < 2);
      const s2d::bit_mask plane = s2d::resize_nearest(mask, 384, 512);
      const auto points = s2d::points_in_mask(mask, size, height, 213);
      std::vector<std::uint32_t> expected;
      for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j < size; ++j) {
          const double step = size > 1 ? double(size - 1) : 1.0;
          const double x = size > 1 ? 8 + 496.0 * double(j) / step : 256;
          const double y = size > 1 ? 8 + 368.0 * double(i) / step : 192;
          // In the default mode nearbyint rounds ties to even.
          if (plane(std::ptrdiff_t(std::nearbyint(y)), std::ptrdiff_t(std::nearbyint(x))))
            expected.push_back(std::uint32_t(i * size + j));
        }
      CAPTURE(size, height);
      CHECK(points.index == expected);
      CHECK(points.at.size() == points.index.size());
    }
}

TEST_CASE("the mask row of a grid point follows single precision", "[grid]") {
  // Row 240 of the plane, the point in the middle of 47 x 47 + 8, reads row 249 of 400.
  s2d::bit_mask row(400, 512);
  for (std::ptrdiff_t x = 0; x < 512; ++x) row.set(249, x);
  bool found = false;
  for (const s2d::point p : s2d::points_in_mask(row, 47, 384, 512).at) {
    CHECK(p.y == 240);
    found = true;
  }
  CHECK(found);
}

TEST_CASE("no pixel of the mask, no point", "[grid]") {
  CHECK(s2d::points_in_mask(s2d::bit_mask(96, 128), 50, 96, 128).at.empty());
  s2d::bit_mask corner(96, 128);
  corner.set(0, 0);  // the margin keeps the grid away from it
  CHECK(s2d::points_in_mask(corner, 50, 96, 128).at.empty());
}

TEST_CASE("a mask or frame without pixels and a grid without points are refused", "[grid]") {
  CHECK_THROWS_WITH(s2d::points_in_mask(s2d::bit_mask(0, 4), 50, 4, 4), Catch::Contains("0 x 4"));
  CHECK_THROWS_WITH(s2d::points_in_mask(full(4, 4), 0, 4, 4), Catch::Contains("grid size is 0"));
  CHECK_THROWS_WITH(s2d::points_in_mask(full(4, 4), 5, 0, 4), Catch::Contains("0 x 4"));
  CHECK_THROWS_AS(s2d::points_in_mask(full(4, 4), 70000, 4, 4), s2d::invalid_input);
}

TEST_CASE("the matching grid has one row for 800 pixels, 25 to 50", "[grid]") {
  CHECK(s2d::matching_grid_size(0) == 25);
  CHECK(s2d::matching_grid_size(20'799) == 25);
  CHECK(s2d::matching_grid_size(20'800) == 26);
  CHECK(s2d::matching_grid_size(39'999) == 49);
  CHECK(s2d::matching_grid_size(40'000) == 50);
  CHECK(s2d::matching_grid_size(1'000'000) == 50);
}
