#include <s2d/mask/dense.hpp>
#include <s2d/mask/pack.hpp>

#include <array>
#include <limits>
#include <memory>
#include <random>
#include <type_traits>
#include <vector>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

namespace {

// The same picture as elements of another type, foreground as different non-zero values.
template <class T>
s2d::matrix<T> as_values(const brute_force::dense_mask& mask, std::mt19937& random) {
  s2d::matrix<T> values(mask.height, mask.width);
  for (std::size_t i = 0; i < mask.values.size(); ++i)
    if (mask.values[i] != 0) values.values[i] = static_cast<T>(1 + random() % 100);
  return values;
}

}  // namespace

TEST_CASE("64 bytes become 64 bits the same way on every path", "[pack]") {
  std::mt19937 random{1};
  std::array<std::uint8_t, 64> bytes{};
  for (int round = 0; round < 2000; ++round) {
    for (auto& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 256);
      if (random() % 2 == 0) byte = round % 2 == 0 ? 0 : 128;
    }
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < 64; ++i) expected |= std::uint64_t{bytes[i] != 0} << i;
    REQUIRE(s2d::detail::nonzero_bits(bytes.data()) == expected);
    REQUIRE(s2d::detail::nonzero_bits_plain(bytes.data()) == expected);

    std::array<std::uint8_t, 64> spread{}, spread_plain{};
    s2d::detail::spread_bits(expected, spread.data());
    s2d::detail::spread_bits_plain(expected, spread_plain.data());
    for (std::size_t i = 0; i < 64; ++i) REQUIRE(spread[i] == (expected >> i & 1));
    REQUIRE(spread == spread_plain);
  }
}

TEMPLATE_TEST_CASE("any element type packs, and what differs from zero is foreground", "[pack]",
                   bool, std::int8_t, std::uint8_t, std::uint16_t, std::int32_t, std::uint64_t,
                   float, double) {
  std::mt19937 random{2};
  for (const auto& [height, width] : brute_force::sizes()) {
    CAPTURE(height, width);
    const auto mask = brute_force::random_mask(random, height, width);
    if constexpr (std::is_same_v<TestType, bool>) {
      const auto values = std::make_unique<bool[]>(mask.values.size());
      for (std::size_t i = 0; i < mask.values.size(); ++i) values[i] = mask.values[i] != 0;
      CHECK(s2d::pack(s2d::mask_view{values.get(), height, width}) == brute_force::pack(mask));
    } else {
      const auto values = as_values<TestType>(mask, random);
      CHECK(s2d::pack(s2d::mask_view{values.view()}) == brute_force::pack(mask));
    }
  }
}

TEST_CASE("not-a-number is foreground, minus zero is not", "[pack]") {
  std::vector<float> values(70, 0.0f);
  values[0] = std::numeric_limits<float>::quiet_NaN();
  values[1] = -0.0f;
  values[2] = std::numeric_limits<float>::denorm_min();
  values[69] = -std::numeric_limits<float>::infinity();
  const auto packed = s2d::pack(s2d::mask_view{values.data(), 1, 70});
  CHECK(packed(0, 0));
  CHECK_FALSE(packed(0, 1));
  CHECK(packed(0, 2));
  CHECK(packed(0, 69));
  CHECK(s2d::area(s2d::mask_view{values.data(), 1, 70}) == 3);
}

TEST_CASE("views of any strides pack alike", "[pack]") {
  std::mt19937 random{3};
  for (const auto& [height, width] : brute_force::sizes()) {
    CAPTURE(height, width);
    const auto mask = brute_force::random_mask(random, height, width);
    const auto expected = brute_force::pack(mask);
    // Every third element of rows with a gap; then upside down and mirrored; then transposed.
    const std::ptrdiff_t row_step = 3 * width + 5;
    std::vector<std::uint8_t> memory(static_cast<std::size_t>(height * row_step + 1), 77);
    std::vector<std::uint8_t> turned(memory.size(), 77), columns(memory.size(), 77);
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        memory[static_cast<std::size_t>(y * row_step + 3 * x)] = mask(y, x);
        turned[static_cast<std::size_t>((height - 1 - y) * width + width - 1 - x)] = mask(y, x);
        columns[static_cast<std::size_t>(x * height + y)] = mask(y, x);
      }
    }
    using view = s2d::mask_view<const std::uint8_t>;
    CHECK(s2d::pack(view{memory.data(), height, width, row_step, 3}) == expected);
    CHECK(s2d::pack(view{columns.data(), height, width, 1, height}) == expected);
    if (!mask.empty()) {
      const std::uint8_t* const last = turned.data() + height * width - 1;
      CHECK(s2d::pack(view{last, height, width, -width, -1}) == expected);
    }
  }
}

TEST_CASE("packing and unpacking gives the mask back, into any strides", "[pack]") {
  std::mt19937 random{4};
  for (const auto& [height, width] : brute_force::sizes()) {
    CAPTURE(height, width);
    const auto mask = brute_force::random_mask(random, height, width);
    const auto packed = s2d::pack(s2d::mask_view{mask.view()});
    CHECK(s2d::unpack(packed) == mask);

    const std::ptrdiff_t row_step = 2 * width + 3;
    std::vector<std::uint8_t> memory(static_cast<std::size_t>(height * row_step), 77);
    s2d::unpack(packed, {memory.data(), height, width, row_step, 2});
    std::ptrdiff_t untouched = 0, wrong = 0;
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t i = 0; i < row_step; ++i) {
        const auto value = memory[static_cast<std::size_t>(y * row_step + i)];
        if (i % 2 == 0 && i / 2 < width)
          wrong += value != mask(y, i / 2);
        else
          untouched += value == 77;
      }
    }
    CHECK(wrong == 0);
    CHECK(untouched == height * (row_step - width));
  }
}

TEST_CASE("unpacking into a view of another size is refused with both sizes", "[pack]") {
  std::vector<std::uint8_t> memory(12);
  CHECK_THROWS_WITH(s2d::unpack(s2d::bit_mask(3, 4), {memory.data(), 4, 3}),
                    "unpack: sizes differ, 3 x 4 and 4 x 3 (height x width)");
}
