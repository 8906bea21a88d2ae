// The smaller and the larger of two values, without what <algorithm> costs to compile.
#pragma once

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI::detail {

/// `a` of equals, and where either is not a number, as std::min has it.
template <class T>
[[nodiscard]] constexpr T smaller_of(T a, T b) noexcept {
  return b < a ? b : a;
}

/// `a` of equals, and where either is not a number, as std::max has it.
template <class T>
[[nodiscard]] constexpr T larger_of(T a, T b) noexcept {
  return a < b ? b : a;
}

/// `value` moved into [low, high]; one that is not a number stays so.
template <class T>
[[nodiscard]] constexpr T limited(T value, T low, T high) noexcept {
  return smaller_of(larger_of(value, low), high);
}

}  // namespace s2d::inline S2D_ABI::detail
