// Area, box and set operations of packed masks.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/mask_form.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

template <class Combine>
[[nodiscard]] std::ptrdiff_t count_bits(const bit_mask& a, const bit_mask& b, Combine combine) {
  const auto* p = a.words().data();
  const auto* q = b.words().data();
  std::uint64_t count = 0;
  for (std::size_t i = 0, n = a.words().size(); i < n; ++i)
    count += static_cast<std::uint64_t>(std::popcount(combine(p[i], q[i])));
  return static_cast<std::ptrdiff_t>(count);
}

template <class Combine>
[[nodiscard]] bit_mask combine_bits(const char* what, bit_mask a, const bit_mask& b,
                                    Combine combine) {
  require_same_size(what, a, b);
  auto* p = a.words().data();
  const auto* q = b.words().data();
  for (std::size_t i = 0, n = a.words().size(); i < n; ++i) p[i] = combine(p[i], q[i]);
  return a;
}

}  // namespace detail

/// Number of foreground pixels. O(pixels / 64), as all functions of this header.
[[nodiscard]] inline std::ptrdiff_t area(const bit_mask& mask) {
  return detail::count_bits(mask, mask, [](auto a, auto) { return a; });
}

/// Number of pixels that are foreground in both. @throws invalid_input if the sizes differ
[[nodiscard]] inline std::ptrdiff_t intersection_area(const bit_mask& a, const bit_mask& b) {
  detail::require_same_size("intersection_area", a, b);
  return detail::count_bits(a, b, [](auto v, auto w) { return v & w; });
}

/// The smallest box that holds the foreground; all zero if there is none.
[[nodiscard]] inline box bounding_box(const bit_mask& mask) {
  const std::ptrdiff_t words = mask.words_per_row();
  std::ptrdiff_t top = -1, bottom = -1, left = mask.width, right = -1;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    const auto* row = mask.row(y);
    std::uint64_t any = 0;
    for (std::ptrdiff_t w = 0; w < words; ++w) any |= row[w];
    if (any == 0) continue;
    if (top < 0) top = y;
    bottom = y;
    for (std::ptrdiff_t w = 0; w * 64 < left; ++w) {
      if (row[w] == 0) continue;
      const std::ptrdiff_t x = w * 64 + std::countr_zero(row[w]);
      if (x < left) left = x;
      break;
    }
    for (std::ptrdiff_t w = words - 1; w >= 0 && w * 64 + 63 > right; --w) {
      if (row[w] == 0) continue;
      const std::ptrdiff_t x = w * 64 + 63 - std::countl_zero(row[w]);
      if (x > right) right = x;
      break;
    }
  }
  if (top < 0) return {};
  return {left, top, right - left + 1, bottom - top + 1};
}

/// Pixels that are foreground in both. @throws invalid_input if the sizes differ
[[nodiscard]] inline bit_mask intersect(const bit_mask& a, const bit_mask& b) {
  return detail::combine_bits("intersect", a, b, [](auto v, auto w) { return v & w; });
}

/// Pixels that are foreground in at least one. @throws invalid_input if the sizes differ
[[nodiscard]] inline bit_mask unite(const bit_mask& a, const bit_mask& b) {
  return detail::combine_bits("unite", a, b, [](auto v, auto w) { return v | w; });
}

/// Pixels that are foreground in `a` and not in `b`. @throws invalid_input if the sizes differ
[[nodiscard]] inline bit_mask subtract(const bit_mask& a, const bit_mask& b) {
  return detail::combine_bits("subtract", a, b, [](auto v, auto w) { return v & ~w; });
}

/// Pixels that are foreground in exactly one. @throws invalid_input if the sizes differ
[[nodiscard]] inline bit_mask symmetric_difference(const bit_mask& a, const bit_mask& b) {
  return detail::combine_bits("symmetric_difference", a, b, [](auto v, auto w) { return v ^ w; });
}

/// Background becomes foreground and the other way round.
[[nodiscard]] inline bit_mask complement(bit_mask mask) {
  const std::ptrdiff_t words = mask.words_per_row();
  if (words == 0) return mask;
  const std::uint64_t last = ~std::uint64_t{0} >> (words * 64 - mask.width);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    auto* row = mask.row(y);
    for (std::ptrdiff_t w = 0; w < words; ++w) row[w] = ~row[w];
    row[words - 1] &= last;
  }
  return mask;
}

}  // namespace s2d::inline S2D_ABI
