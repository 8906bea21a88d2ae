// Elementary functions without branches or library calls, of a number or a register of numbers.
#pragma once

#include <bit>
#include <cstdint>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>

/// Says of the loop that follows that its iterations do not depend on each other.
#if defined(__GNUC__) && !defined(__clang__)
#define S2D_INDEPENDENT _Pragma("GCC ivdep")
#else
#define S2D_INDEPENDENT
#endif

namespace s2d::inline S2D_ABI {

namespace detail {

/// The bits of a float, or of each float of a vector.
template <class Number>
struct number_bits {
  using type = typename lane_vector<std::uint32_t, sizeof(Number) / sizeof(float)>::type;
};
template <>
struct number_bits<float> {
  using type = std::uint32_t;
};
template <class Number>
using bits_of_number = typename number_bits<Number>::type;

// Number: float, or a vector of floats no wider than a register.

/// e^x within 2e-6 relative; x below -87 counts as -87, above 88 as 88. NaN stays unspecified.
template <class Number>
[[nodiscard]] inline Number fast_exp(Number x) noexcept {
  using bits = bits_of_number<Number>;
  const Number low = Number{} - 87.0F;
  const Number high = Number{} + 88.0F;
  x = x < low ? low : x;
  x = x > high ? high : x;
  constexpr float shift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
  const Number shifted = x * 1.44269504F + shift;
  const Number whole = shifted - shift;
  // ln 2 in two parts: the products with whole numbers are exact, with and without FMA.
  const Number r = ((x - whole * 0.693359375F) + whole * 2.12194440e-4F) * 1.44269504F;
  Number p = Number{} + 1.54035304e-4F;
  p = p * r + 1.33335581e-3F;
  p = p * r + 9.61812911e-3F;
  p = p * r + 5.55041087e-2F;
  p = p * r + 2.40226507e-1F;
  p = p * r + 6.93147181e-1F;
  p = p * r + 1.0F;
  // The last bits of `shifted` are those of the whole number.
  const bits exponent = (std::bit_cast<bits>(shifted) + 127U) << 23;
  return p * std::bit_cast<Number>(exponent);
}

/// cos(2 pi t) within 2e-6 for |t| <= 2^15: the angle is counted in full turns.
template <class Number>
[[nodiscard]] inline Number fast_cos_turns(Number t) noexcept {
  constexpr float shift = 12582912.0F;
  t -= (t + shift) - shift;
  const Number a = 0.25F - (t < Number{} ? -t : t);  // cos(2 pi t) = sin(2 pi a), |a| <= 1/4
  const Number s = a * a;
  Number p = Number{} - 15.09464F;
  p = p * s + 42.05869F;
  p = p * s - 76.70586F;
  p = p * s + 81.60525F;
  p = p * s - 41.34170F;
  p = p * s + 6.28318531F;
  return p * a;
}

/// The cube root of x >= 1e-6 within 2e-7 relative.
template <class Number>
[[nodiscard]] inline Number fast_cbrt(Number x) noexcept {
  using bits = bits_of_number<Number>;
  const bits third = std::bit_cast<bits>(x) / 3U + 709921077U;
  auto y = std::bit_cast<Number>(third);
  for (int round = 0; round < 2; ++round) {
    const Number cube = y * y * y;
    y = y * (cube + 2 * x) / (2 * cube + x);
  }
  return y;
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
