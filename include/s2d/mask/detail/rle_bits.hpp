// Runs to pixels, packed or dense.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Marks where the value changes down each column (every column begins as background), then sums
/// the marks down the rows, modulo 2 and 64 columns at a time.
/// Precondition: the lengths sum to height * width.
[[nodiscard]] inline bit_mask runs_to_bits(const rle& mask) {
  bit_mask bits(mask.height, mask.width);
  if (bits.empty()) return bits;
  const auto height = static_cast<std::uint64_t>(mask.height);
  const std::ptrdiff_t words = bits.words_per_row();
  std::uint64_t* const first = bits.words().data();
  const auto flip = [&](std::uint64_t x, std::uint64_t y) {
    first[static_cast<std::ptrdiff_t>(y) * words + static_cast<std::ptrdiff_t>(x / 64)] ^=
        std::uint64_t{1} << (x % 64);
  };
  std::uint64_t x = 0, y = 0;
  bool on = false;
  for (const std::uint32_t count : mask.counts) {
    if (on && count != 0) flip(x, y);
    const std::uint64_t before = x;
    y += count;
    if (y >= height) {
      x += y / height;
      y %= height;
      if (on) {
        const std::uint64_t end = x < static_cast<std::uint64_t>(mask.width) ? x : x - 1;
        for (std::uint64_t c = before + 1; c <= end; ++c) flip(c, 0);
      }
    }
    if (on && count != 0 && x < static_cast<std::uint64_t>(mask.width)) flip(x, y);
    on = !on;
  }
  for (std::ptrdiff_t r = 1; r < mask.height; ++r) {
    const std::uint64_t* above = bits.row(r - 1);
    std::uint64_t* row = bits.row(r);
    for (std::ptrdiff_t w = 0; w < words; ++w) row[w] ^= above[w];
  }
  return bits;
}

/// Precondition: the lengths sum to height * width, `out` is of the same size.
inline void paint_runs(const rle& mask, const plane_view<std::uint8_t>& out) {
  if (out.empty()) return;
  if (out.row_stride != 1 || (out.column_stride == 1 && out.height > 1)) {
    unpack(runs_to_bits(mask), out);
    return;
  }
  if (out.column_stride == out.height || out.width == 1) {
    std::uint8_t* at = out.data;
    int value = 0;
    for (const std::uint32_t count : mask.counts) {
      std::memset(at, value, count);
      at += count;
      value ^= 1;
    }
    return;
  }
  std::ptrdiff_t x = 0, y = 0;
  int value = 0;
  for (std::ptrdiff_t count : mask.counts) {
    while (count > 0) {
      const std::ptrdiff_t part = count < out.height - y ? count : out.height - y;
      std::memset(&out(y, x), value, static_cast<std::size_t>(part));
      count -= part;
      y += part;
      if (y == out.height) {
        y = 0;
        ++x;
      }
    }
    value ^= 1;
  }
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
