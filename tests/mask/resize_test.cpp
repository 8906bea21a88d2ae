#include <s2d/mask/resize.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include "support/catch.hpp"

namespace {

s2d::bit_mask random_mask(std::mt19937& random, std::ptrdiff_t height, std::ptrdiff_t width) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) mask.set(y, x, random() % 2 == 0);
  return mask;
}

std::ptrdiff_t source(std::ptrdiff_t i, std::ptrdiff_t from, std::ptrdiff_t to) {
  const float scale = float(from) / float(to);
  return std::min(std::ptrdiff_t(std::floor(float(i) * scale)), from - 1);
}

}  // namespace

TEST_CASE("every pixel takes the value of its source pixel", "[resize_nearest]") {
  std::mt19937 random{3};
  for (const std::ptrdiff_t from : {1, 2, 5, 63, 64, 65, 130})
    for (const std::ptrdiff_t to : {1, 2, 7, 64, 65, 128, 200}) {
      const auto mask = random_mask(random, from, to);
      const auto resized = s2d::resize_nearest(mask, to, from);
      CAPTURE(from, to);
      REQUIRE(resized.height == to);
      REQUIRE(resized.width == from);
      bool equal = true;
      for (std::ptrdiff_t y = 0; y < to; ++y)
        for (std::ptrdiff_t x = 0; x < from; ++x)
          equal = equal && resized(y, x) == mask(source(y, from, to), source(x, to, from));
      CHECK(equal);
      CHECK(s2d::resize_nearest(mask, mask.height, mask.width) == mask);
    }
}

TEST_CASE("bits behind the last column stay zero", "[resize_nearest]") {
  s2d::bit_mask full(3, 64);
  for (auto& word : full.words()) word = ~s2d::bit_mask::word{0};
  const auto resized = s2d::resize_nearest(full, 2, 70);
  CHECK(resized.row(0)[1] == 0x3f);
  CHECK(resized.row(1)[1] == 0x3f);
}

TEST_CASE("quotient and product are rounded to single precision", "[resize_nearest]") {
  // 240 * (400 / 384) is 250 exactly, and a little less in single precision.
  CHECK(s2d::detail::nearest_source(240, 400, 384) == 249);
  CHECK(s2d::detail::nearest_source(383, 400, 384) == 398);
  CHECK(s2d::detail::nearest_source(0, 400, 384) == 0);
  for (std::ptrdiff_t x = 0; x < 512; ++x)
    CHECK(s2d::detail::nearest_source(x, 854, 512) == x * 854 / 512);  // widths to 512 are exact
  s2d::bit_mask rows(400, 1);
  rows.set(249, 0);
  CHECK(s2d::resize_nearest(rows, 384, 1)(240, 0));
}

TEST_CASE("an empty mask has no pixels to give", "[resize_nearest]") {
  CHECK_THROWS_WITH(s2d::resize_nearest(s2d::bit_mask{}, 1, 2), Catch::Contains("0 x 0"));
  CHECK(s2d::resize_nearest(s2d::bit_mask{}, 0, 2).empty());
  CHECK(s2d::resize_nearest(s2d::bit_mask(4, 4), 0, 0) == s2d::bit_mask(0, 0));
  CHECK_THROWS_AS(s2d::resize_nearest(s2d::bit_mask(4, 4), -1, 2), s2d::invalid_input);
}
