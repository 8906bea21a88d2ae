#include <s2d/core/bit_mask.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>

#include <type_traits>
#include <utility>

#include "support/catch.hpp"

static_assert(std::is_trivially_copyable_v<s2d::plane_view<const float>>);
static_assert(std::is_trivially_copyable_v<s2d::image_view>);
static_assert(std::is_convertible_v<s2d::plane_view<int>, s2d::plane_view<const int>>);
static_assert(!std::is_convertible_v<s2d::plane_view<const int>, s2d::plane_view<int>>);
static_assert(std::is_same_v<decltype(s2d::mask_view{std::declval<const bool*>(), 1, 1}),
                             s2d::mask_view<const bool>>);

TEST_CASE("row- and column-major views address the same picture", "[view]") {
  const int rows[] = {1, 2, 3, 4, 5, 6};
  const int columns[] = {1, 4, 2, 5, 3, 6};
  const s2d::plane_view a{rows, 2, 3};
  const auto b = s2d::plane_view<const int>::column_major(columns, 2, 3);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 3; ++x) CHECK(a(y, x) == b(y, x));
}

TEST_CASE("negative strides read a picture upside down", "[view]") {
  const int values[] = {1, 2, 3, 4};
  const s2d::plane_view flipped{values + 2, 2, 2, -2};
  CHECK(flipped(0, 0) == 3);
  CHECK(flipped(1, 1) == 2);
}

TEST_CASE("negative extents are refused with both numbers", "[view]") {
  const int value = 0;
  CHECK_THROWS_WITH((s2d::plane_view{&value, -1, 5}), Catch::Contains("-1 x 5"));
  CHECK_THROWS_WITH((s2d::matrix<int>{3, -2}), Catch::Contains("3 x -2"));
  CHECK_THROWS_WITH((s2d::image{-3, 2}), Catch::Contains("-3 x 2"));
  CHECK_THROWS_WITH((s2d::bit_mask{-4, 2}), Catch::Contains("-4 x 2"));
}

TEST_CASE("extents whose product overflows are refused, not wrapped", "[view]") {
  const std::ptrdiff_t half = std::ptrdiff_t{1} << 32;
  CHECK_THROWS_WITH((s2d::matrix<char>{half, half}), Catch::Contains("2^59"));
  CHECK_THROWS_WITH((s2d::image{half, half}), Catch::Contains("2^59"));
  CHECK_THROWS_WITH((s2d::bit_mask{half, half}), Catch::Contains("2^59"));
  CHECK_THROWS_AS((s2d::bit_mask{0, PTRDIFF_MAX}), s2d::invalid_input);
  CHECK_THROWS_AS((s2d::matrix<char>{PTRDIFF_MAX, 1}), s2d::invalid_input);
  CHECK(s2d::matrix<float>{0, half}.empty());
}

TEST_CASE("bits are set and cleared one by one, padding stays zero", "[bit_mask]") {
  for (const int width : {1, 63, 64, 65, 130}) {
    CAPTURE(width);
    s2d::bit_mask mask(3, width);
    CHECK(mask.words_per_row() == (width + 63) / 64);
    for (int x = 0; x < width; ++x) mask.set(1, x);
    for (int x = 0; x < width; ++x) {
      CHECK(mask(1, x));
      CHECK_FALSE(mask(0, x));
      CHECK_FALSE(mask(2, x));
    }
    if (width % 64 != 0) CHECK(mask.row(1)[mask.words_per_row() - 1] >> (width % 64) == 0);
    for (int x = 0; x < width; ++x) mask.set(1, x, false);
    CHECK(mask == s2d::bit_mask(3, width));
  }
}

TEST_CASE("empty extents make empty views", "[view]") {
  CHECK(s2d::matrix<float>(0, 7).empty());
  CHECK(s2d::matrix<float>(7, 0).view().empty());
  CHECK(s2d::bit_mask(0, 0).words().empty());
  CHECK(s2d::image{}.view().empty());
}
