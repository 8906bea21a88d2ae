// Dense masks to packed bits and back.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/detail/bytes_to_bits.hpp>

namespace s2d::inline S2D_ABI {

/// An element of a dense mask: anything that can be compared with its own zero.
template <class T>
concept mask_element = requires(const T& value) {
  {
    value != std::remove_cv_t<T> {}
    } -> std::convertible_to<bool>;
};

namespace detail {

// Out of line: where GCC 12 inlines the 64-byte steps next to a small buffer of known size, it
// warns of accesses that never happen.

/// Packs `n` elements, `stride` apart, into (n + 63) / 64 words; padding bits are zero.
template <class T>
[[gnu::noinline]] void pack_row(const T* first, std::ptrdiff_t stride, std::ptrdiff_t n,
                                std::uint64_t* words) noexcept {
  std::ptrdiff_t i = 0;
  for (; i + 64 <= n; i += 64) *words++ = nonzero_elements(first + i * stride, stride, 64);
  if (i == n) return;
  if (i > 0)  // the last 64 elements, less those that are done
    *words = nonzero_elements(first + (n - 64) * stride, stride, 64) >> (64 - (n - i));
  else
    *words = nonzero_elements(first, stride, n);
}

[[gnu::noinline]] inline void unpack_row(const std::uint64_t* words, std::ptrdiff_t n,
                                         std::uint8_t* out) noexcept {
  std::ptrdiff_t i = 0;
  for (; i + 64 <= n; i += 64) spread_bits(*words++, out + i);
  if (i < n) {
    std::uint8_t rest[64];
    spread_bits(*words, rest);
    std::memcpy(out + i, rest, static_cast<std::size_t>(n - i));
  }
}

}  // namespace detail

/// The packed form of a dense mask of any element type and strides: a bit is set where the element
/// differs from zero (NaN does, -0.0 does not). O(pixels).
template <mask_element T>
[[nodiscard]] bit_mask pack(const mask_view<T>& mask) {
  bit_mask packed(mask.height, mask.width);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    detail::pack_row(mask.row(y), mask.column_stride, mask.width, packed.row(y));
  return packed;
}

/// Writes a packed mask to a dense one, 1 for foreground and 0 for background, any strides.
/// @param out  [height, width], as large as the mask
/// @throws invalid_input if the sizes differ
inline void unpack(const bit_mask& mask, const plane_view<std::uint8_t>& out) {
  detail::require_same_size("unpack", mask, out);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    if (out.column_stride == 1) {
      detail::unpack_row(mask.row(y), mask.width, out.row(y));
    } else {
      for (std::ptrdiff_t x = 0; x < mask.width; ++x) out(y, x) = mask(y, x);
    }
  }
}

/// The dense form of a packed mask: 1 for foreground, 0 for background. O(pixels).
[[nodiscard]] inline matrix<std::uint8_t> unpack(const bit_mask& mask) {
  matrix<std::uint8_t> dense(mask.height, mask.width);
  unpack(mask, dense.view());
  return dense;
}

}  // namespace s2d::inline S2D_ABI
