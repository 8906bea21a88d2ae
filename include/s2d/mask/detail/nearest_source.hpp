// Where nearest-neighbour resizing reads.
#pragma once

#include <cstddef>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// The index that nearest-neighbour resizing from `from` to `to` elements reads for index i:
/// floor(i * (from / to)) with quotient and product in single precision, at most from - 1. For
/// some sizes this is one less than exact arithmetic gives; it is PyTorch's rule. Where both are
/// the same it is i, also where floats do not have it.
[[nodiscard]] inline std::ptrdiff_t nearest_source(std::ptrdiff_t i, std::ptrdiff_t from,
                                                   std::ptrdiff_t to) noexcept {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  const auto scaled = static_cast<std::ptrdiff_t>(static_cast<float>(i) * scale);
  const std::ptrdiff_t source = from == to ? i : scaled;
  return source < from ? source : from - 1;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
