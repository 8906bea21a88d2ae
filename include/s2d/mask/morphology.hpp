// Dilation and erosion of packed masks by squares, 64 pixels at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/mask/bits.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// row |= row moved right by `pixels`, in place, over `words` words.
inline void or_moved_right(std::uint64_t* row, std::ptrdiff_t words,
                           std::ptrdiff_t pixels) noexcept {
  const std::ptrdiff_t skip = pixels / 64, shift = pixels % 64;
  for (std::ptrdiff_t w = words - 1; w >= skip; --w) {
    std::uint64_t moved = row[w - skip] << shift;
    if (shift != 0 && w > skip) moved |= row[w - skip - 1] >> (64 - shift);
    row[w] |= moved;
  }
}

/// out = row moved left by `pixels`; the row is read as zero from `words` on.
inline void move_left(const std::uint64_t* row, std::ptrdiff_t words, std::ptrdiff_t pixels,
                      std::uint64_t* out, std::ptrdiff_t out_words) noexcept {
  const std::ptrdiff_t skip = pixels / 64, shift = pixels % 64;
  for (std::ptrdiff_t w = 0; w < out_words; ++w) {
    std::uint64_t moved = w + skip < words ? row[w + skip] >> shift : 0;
    if (shift != 0 && w + skip + 1 < words) moved |= row[w + skip + 1] << (64 - shift);
    out[w] = moved;
  }
}

/// Foreground within `radius` columns. A window of n pixels is the union of two windows of at least
/// n / 2, so the work grows with the logarithm of the radius; the same holds for rows.
inline void dilate_rows(bit_mask& mask, std::ptrdiff_t radius) {
  const std::ptrdiff_t words = mask.words_per_row(), window = 2 * radius + 1;
  std::vector<std::uint64_t> wide(static_cast<std::size_t>(words + (2 * radius + 63) / 64));
  const auto wide_words = static_cast<std::ptrdiff_t>(wide.size());
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    std::uint64_t* row = mask.row(y);
    std::uint64_t any = 0;
    for (std::ptrdiff_t w = 0; w < words; ++w) any |= wide[static_cast<std::size_t>(w)] = row[w];
    if (any == 0) continue;
    for (std::ptrdiff_t w = words; w < wide_words; ++w) wide[static_cast<std::size_t>(w)] = 0;
    for (std::ptrdiff_t covered = 1; covered < window;) {
      const std::ptrdiff_t step = covered < window - covered ? covered : window - covered;
      or_moved_right(wide.data(), wide_words, step);
      covered += step;
    }
    move_left(wide.data(), wide_words, radius, row, words);
    row[words - 1] &= ~std::uint64_t{0} >> (words * 64 - mask.width);
  }
}

inline void dilate_columns(bit_mask& mask, std::ptrdiff_t radius) {
  const std::ptrdiff_t words = mask.words_per_row(), window = 2 * radius + 1;
  const std::ptrdiff_t height = mask.height + 2 * radius;
  std::vector<std::uint64_t> tall(static_cast<std::size_t>(height * words));
  const auto row = [&](std::ptrdiff_t y) { return tall.data() + y * words; };
  const auto bytes = static_cast<std::size_t>(mask.height * words) * sizeof(std::uint64_t);
  std::memcpy(tall.data(), mask.row(0), bytes);
  for (std::ptrdiff_t covered = 1; covered < window;) {
    const std::ptrdiff_t step = covered < window - covered ? covered : window - covered;
    for (std::ptrdiff_t y = height - 1; y >= step; --y)
      for (std::ptrdiff_t w = 0; w < words; ++w) row(y)[w] |= row(y - step)[w];
    covered += step;
  }
  std::memcpy(mask.row(0), row(radius), bytes);
}

}  // namespace detail

/// Foreground grown by `radius` pixels to every side and corner: the maximum over squares of
/// 2 * radius + 1 pixels. What lies outside the frame counts as background.
/// O(pixels / 64 * log radius).
/// @throws invalid_input if radius is negative
[[nodiscard]] inline bit_mask dilate(bit_mask mask, std::ptrdiff_t radius) {
  require(radius >= 0, "dilate: radius is ", radius, ", expected 0 or more");
  if (radius == 0 || mask.empty()) return mask;
  detail::dilate_rows(mask, radius < mask.width ? radius : mask.width);
  detail::dilate_columns(mask, radius < mask.height ? radius : mask.height);
  return mask;
}

/// Foreground shrunk by `radius` pixels from every side and corner: the minimum over squares of
/// 2 * radius + 1 pixels. What lies outside the frame counts as foreground, so that a mask is not
/// eaten where the frame cuts it. O(pixels / 64 * log radius).
/// @throws invalid_input if radius is negative
[[nodiscard]] inline bit_mask erode(const bit_mask& mask, std::ptrdiff_t radius) {
  require(radius >= 0, "erode: radius is ", radius, ", expected 0 or more");
  return complement(dilate(complement(mask), radius));
}

}  // namespace s2d::inline S2D_ABI
