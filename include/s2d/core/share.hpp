// Comparing a share of a whole with a threshold, so that border cases come out as on paper.
#pragma once

#include <cstddef>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

/// Whether part / whole > share, strictly; false if whole is 0.
///
/// The quotient is rounded once, to double, like the decimal literal it is compared with. So a
/// quotient that equals the threshold on paper equals it here (3 of 10 does not exceed 0.3), for
/// every whole below 10^12 and thresholds of up to three decimals.
[[nodiscard]] constexpr bool exceeds(std::size_t part, std::size_t whole, double share) noexcept {
  return whole != 0 && static_cast<double>(part) / static_cast<double>(whole) > share;
}

/// The largest count with count / whole <= share in the sense of `exceeds`: floor(share * whole),
/// free of rounding trouble. Precondition: 0 <= share <= 1.
[[nodiscard]] constexpr std::size_t largest_share(double share, std::size_t whole) noexcept {
  auto count = static_cast<std::size_t>(share * static_cast<double>(whole));
  if (!exceeds(count + 1, whole, share)) ++count;
  if (exceeds(count, whole, share)) --count;
  return count < whole ? count : whole;
}

/// The smallest count with count / whole >= share in the same sense: ceil(share * whole).
/// Precondition: 0 <= share <= 1.
[[nodiscard]] constexpr std::size_t smallest_share(double share, std::size_t whole) noexcept {
  const std::size_t count = largest_share(share, whole);
  if (whole == 0 || static_cast<double>(count) / static_cast<double>(whole) >= share) return count;
  return count + 1;
}

}  // namespace s2d::inline S2D_ABI
