// Area, box and overlap of dense masks, so that a view compares like any other form.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <s2d/core/geometry.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/detail/bytes_to_bits.hpp>
#include <s2d/mask/mask_form.hpp>
#include <s2d/mask/pack.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Calls use(y, x, bits) for stretches of up to 64 pixels (y, x), (y, x + 1), ...
template <class T, class Use>
void for_each_word(const mask_view<T>& mask, Use use) {
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    for (std::ptrdiff_t x = 0; x < mask.width; x += 64) {
      const std::ptrdiff_t n = mask.width - x < 64 ? mask.width - x : 64;
      use(y, x, nonzero_elements(mask.row(y) + x * mask.column_stride, mask.column_stride, n));
    }
  }
}

}  // namespace detail

/// Number of elements that differ from zero. O(pixels), as all functions of this header; packing
/// first pays as soon as a mask is used twice.
template <mask_element T>
[[nodiscard]] std::ptrdiff_t area(const mask_view<T>& mask) {
  std::ptrdiff_t count = 0;
  detail::for_each_word(mask, [&](std::ptrdiff_t, std::ptrdiff_t, std::uint64_t bits) {
    count += std::popcount(bits);
  });
  return count;
}

/// The smallest box that holds the foreground; all zero if there is none.
template <mask_element T>
[[nodiscard]] box bounding_box(const mask_view<T>& mask) {
  std::ptrdiff_t left = mask.width, right = -1, top = -1, bottom = -1;
  detail::for_each_word(mask, [&](std::ptrdiff_t y, std::ptrdiff_t x, std::uint64_t bits) {
    if (bits == 0) return;
    if (top < 0) top = y;
    bottom = y;
    const std::ptrdiff_t first = x + std::countr_zero(bits), last = x + 63 - std::countl_zero(bits);
    if (first < left) left = first;
    if (last > right) right = last;
  });
  if (top < 0) return {};
  return {left, top, right - left + 1, bottom - top + 1};
}

/// Number of pixels that are foreground in both. @throws invalid_input if the sizes differ
template <mask_element T>
[[nodiscard]] std::ptrdiff_t intersection_area(const mask_view<T>& a, const mask_view<T>& b) {
  detail::require_same_size("intersection_area", a, b);
  std::ptrdiff_t count = 0;
  detail::for_each_word(a, [&](std::ptrdiff_t y, std::ptrdiff_t x, std::uint64_t bits) {
    const std::ptrdiff_t n = a.width - x < 64 ? a.width - x : 64;
    const T* const other = b.row(y) + x * b.column_stride;
    count += std::popcount(bits & detail::nonzero_elements(other, b.column_stride, n));
  });
  return count;
}

}  // namespace s2d::inline S2D_ABI
