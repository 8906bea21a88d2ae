// The logistic function and what cross entropy needs of it, stable for logits of any size.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>

namespace s2d::inline S2D_ABI {

/// 1 / (1 + e^-x); exactly 0 or 1 where that is the nearest value, never an overflow.
template <std::floating_point T>
[[nodiscard]] inline T sigmoid(T x) noexcept {
  const T e = std::exp(-std::abs(x));
  return (x >= 0 ? T{1} : e) / (1 + e);
}

/// log(1 + e^x), to full relative precision on both sides.
template <std::floating_point T>
[[nodiscard]] inline T softplus(T x) noexcept {
  return (x > 0 ? x : T{0}) + std::log1p(std::exp(-std::abs(x)));
}

namespace detail {

// What e^-|x| gives: sigmoid(x), and softplus(x) - (x > 0 ? x : 0), which lies in (0, log 2].
template <class T>
struct logistic_parts {
  lane_values<T> sigmoid, rest;
};

/// e^-x for x >= 0, within 1 unit in the last place; 0 from 86 (float), 708 (double) on.
/// What is not a number stays so.
template <class T>
[[nodiscard]] inline lane_values<T> exp_of_minus(const lane_values<T>& x) noexcept {
  using values = lane_values<T>;
  using integers = lane_integers<T>;
  constexpr bool single = sizeof(T) == 4;
  constexpr T shift = single ? T(0x1.8p23) : T(0x1.8p52);  // adding it rounds to whole numbers
  constexpr T largest = single ? 86 : 708;
  // ln 2 in two parts: products of the first with whole numbers below 2^11 are exact.
  constexpr T high = single ? T(0x1.62ep-1) : T(0x1.62e42fefap-1);
  constexpr T low = single ? T(0x1.0bfbe8p-15) : T(0x1.cf79abc9e3b3ap-40);
  constexpr int degree = single ? 7 : 13;
  const values limit = values{} + largest;
  const values y = x < limit ? -x : -limit;
  const values shifted = y * T(1.4426950408889634) + shift;
  const values whole = shifted - shift;
  const values r = (y - whole * high) - whole * low;
  T factorial = 1;
  for (int k = 2; k <= degree; ++k) factorial *= static_cast<T>(k);
  values p = values{} + 1 / factorial;
  for (int k = degree; k > 0; --k) {
    factorial /= static_cast<T>(k);
    p = p * r + 1 / factorial;
  }
  const integers power = std::bit_cast<integers>(shifted) << (single ? 23 : 52);
  const auto scaled = std::bit_cast<values>(std::bit_cast<integers>(p) + power);
  return x < limit ? scaled : (x == x ? values{} : x);
}

/// log(1 + e) for e in [0, 1], within 3 units in the last place.
template <class T>
[[nodiscard]] inline lane_values<T> log_of_one_plus(const lane_values<T>& e) noexcept {
  using values = lane_values<T>;
  constexpr int terms = sizeof(T) == 4 ? 5 : 11;
  constexpr T bound = T(0.41421356);
  // 2 atanh(t / (2 + t)) = log(1 + t), after halving 1 + e where that is nearer to 1.
  const values t = e > bound ? (e - 1) * T(0.5) : e;
  const values z = t / (t + 2);
  const values square = z * z;
  values p = values{} + T(1) / (2 * terms - 1);
  for (int k = terms - 1; k > 0; --k) p = p * square + T(1) / (2 * k - 1);
  return 2 * z * p + (e > bound ? values{} + T(0.6931471805599453) : values{});
}

template <class T>
[[nodiscard]] inline logistic_parts<T> logistic(const lane_values<T>& x) noexcept {
  using values = lane_values<T>;
  const values e = exp_of_minus<T>(x < 0 ? -x : x);
  const values one = values{} + T(1);
  return {(x < 0 ? e : one) / (e + 1), log_of_one_plus<T>(e)};
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
