// Nearest-neighbour resizing of packed masks.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/mask/detail/nearest_source.hpp>

namespace s2d::inline S2D_ABI {

/// The mask at another size: pixel (y, x) takes the value of the pixel (floor(y * sy),
/// floor(x * sx)) of the source, sy = mask.height / height and sx = mask.width / width, all in
/// single precision as PyTorch's interpolate(mode="nearest") does.
///
/// @param mask           any size, not empty unless the result is
/// @param height, width  of the result
/// @throws invalid_input if an extent is negative, or pixels are asked of an empty mask
/// Complexity: one step a pixel of the result; equal rows of the source are copied.
[[nodiscard]] inline bit_mask resize_nearest(const bit_mask& mask, std::ptrdiff_t height,
                                             std::ptrdiff_t width) {
  bit_mask result(height, width);
  if (result.empty()) return result;
  require(!mask.empty(), "resize_nearest: the mask is ", mask.height, " x ", mask.width,
          ", expected pixels to fill ", height, " x ", width);
  if (mask.height == height && mask.width == width) return mask;
  std::vector<std::ptrdiff_t> source(static_cast<std::size_t>(width));
  for (std::ptrdiff_t x = 0; x < width; ++x)
    source[static_cast<std::size_t>(x)] = detail::nearest_source(x, mask.width, width);
  const std::ptrdiff_t words = result.words_per_row();
  std::ptrdiff_t previous = -1;
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    const std::ptrdiff_t from = detail::nearest_source(y, mask.height, height);
    bit_mask::word* const target = result.row(y);
    if (from == previous) {
      const bit_mask::word* const above = result.row(y - 1);
      for (std::ptrdiff_t w = 0; w < words; ++w) target[w] = above[w];
      continue;
    }
    previous = from;
    const bit_mask::word* const row = mask.row(from);
    for (std::ptrdiff_t w = 0; w < words; ++w) {
      const std::ptrdiff_t first = w * bit_mask::word_bits;
      const std::ptrdiff_t left = width - first;
      const std::ptrdiff_t count = left < bit_mask::word_bits ? left : bit_mask::word_bits;
      bit_mask::word bits = 0;
      for (std::ptrdiff_t b = 0; b < count; ++b) {
        const std::ptrdiff_t x = source[static_cast<std::size_t>(first + b)];
        bits |= ((row[x / bit_mask::word_bits] >> (x % bit_mask::word_bits)) & 1) << b;
      }
      target[w] = bits;
    }
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
