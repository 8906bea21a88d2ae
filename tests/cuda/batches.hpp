// Batches of masks for tests of the device twins, on the host.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/mask/pack.hpp>

#include "mask/brute_force.hpp"

namespace support {

/// `count` masks of one size: noise, blots, all of one value.
struct mask_batch {
  std::int64_t count, height, width;
  std::vector<brute_force::dense> masks;

  mask_batch(std::mt19937& random, std::int64_t n, std::int64_t h, std::int64_t w)
      : count{n}, height{h}, width{w} {
    for (std::int64_t i = 0; i < n; ++i) masks.push_back(brute_force::random_mask(random, h, w));
  }

  /// [count, height, width] with foreground as different non-zero bytes.
  [[nodiscard]] std::vector<std::uint8_t> rows() const {
    std::vector<std::uint8_t> values;
    for (const auto& mask : masks)
      for (std::size_t i = 0; i < mask.values.size(); ++i)
        values.push_back(mask.values[i] != 0 ? static_cast<std::uint8_t>(1 + i % 255) : 0);
    return values;
  }
  /// [count, width, height].
  [[nodiscard]] std::vector<std::uint8_t> columns() const {
    std::vector<std::uint8_t> values;
    for (const auto& mask : masks)
      for (std::int64_t x = 0; x < width; ++x)
        for (std::int64_t y = 0; y < height; ++y)
          values.push_back(mask(y, x) != 0 ? static_cast<std::uint8_t>(128 + y % 100) : 0);
    return values;
  }
  /// [count, height, words of a row], as the core packs them.
  [[nodiscard]] std::vector<std::uint64_t> words() const {
    std::vector<std::uint64_t> all;
    for (const auto& mask : masks) {
      const s2d::bit_mask bits = brute_force::pack(mask);
      all.insert(all.end(), bits.words().begin(), bits.words().end());
    }
    return all;
  }
  [[nodiscard]] std::int64_t word_count() const { return count * height * ((width + 63) / 64); }
};

/// Calls check(batch) for sizes around words and vectors, and batches of 0, 1 and 3.
template <class Check>
void for_all_batches(unsigned seed, const Check& check) {
  std::mt19937 random{seed};
  auto sizes = brute_force::sizes();
  sizes.insert(sizes.end(), {{3, 16}, {5, 48}, {2, 854}, {33, 130}, {4, 64}, {31, 17}});
  for (const auto& [height, width] : sizes) {
    for (const std::int64_t count : {0, 1, 3}) {
      CAPTURE(count, height, width);
      check(mask_batch{random, count, height, width});
    }
  }
}

}  // namespace support
