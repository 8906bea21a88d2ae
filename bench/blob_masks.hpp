// Masks for benchmarks: ragged blots in integer arithmetic, which bench/peers makes alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/matrix.hpp>

namespace blob_masks {

inline constexpr int count = 24;  ///< different masks, so that no branch predictor learns one

/// Blot `index` of 0 .. count - 1: an ellipse with a rough outline, 8 to 19 % of the picture; at
/// 1080p about 2,000 runs of 1.7 characters, as masks of real objects have.
inline s2d::matrix<std::uint8_t> blob(std::ptrdiff_t height, std::ptrdiff_t width, int index) {
  s2d::matrix<std::uint8_t> mask(height, width);
  const std::ptrdiff_t s = index;
  const std::ptrdiff_t cx = width * (350 + 13 * s) / 1000, cy = height * (400 + 7 * s) / 1000;
  const std::ptrdiff_t radius = height * (800 + 20 * s) / 1000;
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      const std::ptrdiff_t dx = (x - cx) * 5, dy = (y - cy) * 3;
      const std::ptrdiff_t fine = (x * (37 + 2 * s) + y * 91) % 61 * radius / 4;
      const std::ptrdiff_t coarse = (x / 9 * 13 + y / 7 * (29 + s)) % 37 * radius / 2;
      mask(y, x) = dx * dx + dy * dy < radius * radius + fine + coarse;
    }
  }
  return mask;
}

inline std::vector<s2d::matrix<std::uint8_t>> blobs(std::ptrdiff_t height, std::ptrdiff_t width) {
  std::vector<s2d::matrix<std::uint8_t>> masks;
  for (int i = 0; i < count; ++i) masks.push_back(blob(height, width, i));
  return masks;
}

}  // namespace blob_masks
