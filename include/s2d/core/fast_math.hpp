// Elementary functions without branches or library calls, so that loops over them vectorise.
#pragma once

#include <bit>
#include <cstdint>

#include <s2d/core/config.hpp>

/// Says of the loop that follows that its iterations do not depend on each other.
#if defined(__GNUC__) && !defined(__clang__)
#define S2D_INDEPENDENT _Pragma("GCC ivdep")
#else
#define S2D_INDEPENDENT
#endif

namespace s2d::inline S2D_ABI {

namespace detail {

/// e^x within 2e-6 relative; x below -87 counts as -87, above 88 as 88. NaN stays unspecified.
[[nodiscard]] inline float fast_exp(float x) noexcept {
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  constexpr float shift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
  const float whole = (x * 1.44269504F + shift) - shift;
  // ln 2 in two parts: the products with whole numbers are exact, with and without FMA.
  const float r = ((x - whole * 0.693359375F) + whole * 2.12194440e-4F) * 1.44269504F;
  float p = 1.54035304e-4F;
  p = p * r + 1.33335581e-3F;
  p = p * r + 9.61812911e-3F;
  p = p * r + 5.55041087e-2F;
  p = p * r + 2.40226507e-1F;
  p = p * r + 6.93147181e-1F;
  p = p * r + 1.0F;
  const auto exponent = static_cast<std::uint32_t>(static_cast<std::int32_t>(whole) + 127) << 23;
  return p * std::bit_cast<float>(exponent);
}

/// cos(2 pi t) within 2e-6 for |t| <= 2^15: the angle is counted in full turns.
[[nodiscard]] inline float fast_cos_turns(float t) noexcept {
  constexpr float shift = 12582912.0F;
  t -= (t + shift) - shift;
  const float a = 0.25F - (t < 0 ? -t : t);  // cos(2 pi t) = sin(2 pi a), |a| <= 1/4
  const float s = a * a;
  float p = -15.09464F;
  p = p * s + 42.05869F;
  p = p * s - 76.70586F;
  p = p * s + 81.60525F;
  p = p * s - 41.34170F;
  p = p * s + 6.28318531F;
  return p * a;
}

/// The cube root of x >= 1e-6 within 2e-7 relative.
[[nodiscard]] inline float fast_cbrt(float x) noexcept {
  float y = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) / 3 + 709921077U);
  for (int round = 0; round < 2; ++round) {
    const float cube = y * y * y;
    y = y * (cube + 2 * x) / (2 * cube + x);
  }
  return y;
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
