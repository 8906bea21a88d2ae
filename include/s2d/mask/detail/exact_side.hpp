// On which side of a line a point lies, without rounding.
#pragma once

#include <cmath>
#include <cstddef>
#include <initializer_list>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// A sum of doubles kept without rounding, as parts that do not overlap, smallest first.
/// Source: Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric
/// predicates", 1997 (two-sum, two-product, grow-expansion).
class exact_sum {
 public:
  struct pair {
    double high, low;
  };
  /// a - b as the rounded difference and what rounding lost.
  [[nodiscard]] static pair difference(double a, double b) noexcept { return sum(a, -b); }

  /// Adds sign * a * b; every product of two parts may be added, eight in all.
  void add_product(double sign, const pair& a, const pair& b) noexcept {
    for (const double p : {a.high, a.low})
      for (const double q : {b.high, b.low}) {
        const double high = p * q;
        add(sign * std::fma(p, q, -high));
        add(sign * high);
      }
  }

  /// -1, 0 or 1.
  [[nodiscard]] int sign() const noexcept {
    for (std::size_t i = size_; i > 0; --i)
      if (parts_[i - 1] != 0) return parts_[i - 1] < 0 ? -1 : 1;
    return 0;
  }

 private:
  [[nodiscard]] static pair sum(double a, double b) noexcept {
    const double high = a + b;
    const double b_part = high - a;
    return {high, (a - (high - b_part)) + (b - b_part)};
  }

  void add(double value) noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      const pair next = sum(value, parts_[i]);
      parts_[i] = next.low;
      value = next.high;
    }
    parts_[size_++] = value;
  }

  double parts_[16] = {};
  std::size_t size_ = 0;
};

/// Whether (x, y) lies on the line from (x0, y0) to (x1, y1) or below it (y grows downwards).
/// Exact for x0 < x1 and numbers that are 0 or of magnitude 1e-100 to 1e100.
[[nodiscard]] inline bool on_or_below(double x, double y, double x0, double y0, double x1,
                                      double y1) noexcept {
  exact_sum turn;
  turn.add_product(1, exact_sum::difference(x1, x0), exact_sum::difference(y, y0));
  turn.add_product(-1, exact_sum::difference(x, x0), exact_sum::difference(y1, y0));
  return turn.sign() >= 0;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
