// The disk that masks are grown by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// For dy = 0 .. radius the greatest dx with dx * dx + dy * dy <= radius * radius.
[[nodiscard]] inline std::vector<std::ptrdiff_t> disk_half_widths(std::ptrdiff_t radius) {
  std::vector<std::ptrdiff_t> half(static_cast<std::size_t>(radius) + 1);
  std::ptrdiff_t dx = radius;
  for (std::ptrdiff_t dy = 0; dy <= radius; ++dy) {
    while (dx * dx + dy * dy > radius * radius) --dx;
    half[static_cast<std::size_t>(dy)] = dx;
  }
  return half;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
