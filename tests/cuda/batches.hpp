// Batches of masks for tests of the device twins, on the host.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/mask/pack.hpp>

#include "mask/brute_force.hpp"

namespace support {

/// `count` masks of one size: noise, blots, all of one value.
struct mask_batch {
  std::int64_t count, height, width;
  std::vector<brute_force::dense_mask> masks;

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
  /// The same, 1 and 0.
  [[nodiscard]] std::vector<std::uint8_t> ones() const {
    auto values = rows();
    for (auto& value : values) value = value != 0;
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

/// Where element (i, y, x) of a batch lies in some memory: at first + i * plane + y * row +
/// x * column.
struct layout {
  std::int64_t first, plane, row, column;
};

/// A view of a batch in memory that begins on a multiple of 64 bytes.
template <class T>
s2d::cuda::batch_view<T> view_at(T* memory, const mask_batch& batch, const layout& at) {
  T* const first = memory != nullptr ? memory + at.first : nullptr;  // of an empty batch
  return {first, batch.count, batch.height, batch.width, at.plane, at.row, at.column};
}

/// Rows and columns from any address on, gaps, upside down.
inline std::vector<layout> layouts(const mask_batch& batch) {
  const std::int64_t h = batch.height, w = batch.width, size = batch.count * h * w;
  std::vector<layout> all;
  for (const std::int64_t first : {0, 1, 2, 4, 6, 7, 16}) all.push_back({first, h * w, w, 1});
  for (const std::int64_t first : {0, 3}) all.push_back({first, h * w, 1, h});
  all.push_back({5, h * (w + 9) + 3, w + 9, 1});
  all.push_back({0, h * (2 * w + 4), 2 * w + 4, 2});
  all.push_back({1, h * (3 * w + 5), 3 * w + 5, 3});
  if (size > 0) all.push_back({size - 1, -h * w, -w, -1});
  return all;
}

/// Memory that ends with the last element: the values of [count, height, width] laid out, `rest`
/// in between.
template <class T>
std::vector<T> laid_out(const std::vector<T>& values, const mask_batch& batch, const layout& at,
                        T rest) {
  std::vector<T> memory;
  std::size_t k = 0;
  for (std::int64_t i = 0; i < batch.count; ++i)
    for (std::int64_t y = 0; y < batch.height; ++y)
      for (std::int64_t x = 0; x < batch.width; ++x, ++k) {
        const auto to =
            static_cast<std::size_t>(at.first + i * at.plane + y * at.row + x * at.column);
        if (to >= memory.size()) memory.resize(to + 1, rest);
        memory[to] = values[k];
      }
  return memory;
}

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
