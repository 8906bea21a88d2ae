// Vectors of numbers as wide as the processor's registers, in the compilers' portable notation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI::detail {

/// Bytes of the registers that code is written for.
#if defined(__AVX512BW__) && defined(__AVX512VL__)
inline constexpr std::ptrdiff_t register_bytes = 64;
#elif defined(__AVX2__)
inline constexpr std::ptrdiff_t register_bytes = 32;
#else
inline constexpr std::ptrdiff_t register_bytes = 16;
#endif

/// Numbers of type T that fill a register.
template <class T>
inline constexpr std::ptrdiff_t lanes_of = register_bytes / static_cast<std::ptrdiff_t>(sizeof(T));
inline constexpr std::ptrdiff_t lane_count = lanes_of<float>;

template <class T, std::ptrdiff_t N>
struct lane_vector {
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};

/// N numbers, N a power of two. Compilers split those wider than a register.
template <std::ptrdiff_t N>
using floats = typename lane_vector<float, N>::type;
template <std::ptrdiff_t N>
using doubles = typename lane_vector<double, N>::type;
/// What comparing two floats<N> gives: -1 where true, else 0.
template <std::ptrdiff_t N>
using integers = typename lane_vector<std::int32_t, N>::type;
/// The same for doubles<N>.
template <std::ptrdiff_t N>
using long_integers = typename lane_vector<std::int64_t, N>::type;

using float_lanes = floats<lane_count>;

/// A register of floats or doubles, and what comparing two gives.
template <class T>
using lane_values = typename lane_vector<T, lanes_of<T>>::type;
template <class T>
using lane_integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
using lane_integers = typename lane_vector<lane_integer<T>, lanes_of<T>>::type;

/// Of any alignment; a vector that is no wider than a register, because wider ones must not be
/// returned.
template <class Vector, class T>
inline Vector load(const T* from) noexcept {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

/// Of any alignment and width.
template <class Vector, class T>
inline void load_into(Vector& v, const T* from) noexcept {
  std::memcpy(&v, from, sizeof v);
}

/// To any alignment.
template <class T, class Vector>
inline void store(T* to, const Vector& v) noexcept {
  std::memcpy(to, &v, sizeof v);
}

/// The first `count` lanes, 0 in the others; count in 1..lane_count.
inline float_lanes load_first(const float* from, std::ptrdiff_t count) noexcept {
  if (count == lane_count) return load<float_lanes>(from);
  float lanes[lane_count] = {};
  std::memcpy(lanes, from, static_cast<std::size_t>(count) * sizeof(float));
  return load<float_lanes>(lanes);
}

/// The first `count` lanes only; count in 1..lane_count.
inline void store_first(float* to, std::ptrdiff_t count, const float_lanes& v) noexcept {
  if (count == lane_count)
    store(to, v);
  else
    std::memcpy(to, &v, static_cast<std::size_t>(count) * sizeof(float));
}

/// values[i] = change(values[i]) for n numbers, a register at a time.
template <class Change>
inline void change_all(float* values, std::ptrdiff_t n, const Change& change) noexcept {
  for (std::ptrdiff_t i = 0; i < n; i += lane_count) {
    const std::ptrdiff_t count = n - i < lane_count ? n - i : lane_count;
    store_first(values + i, count, change(load_first(values + i, count)));
  }
}

/// 1 / sqrt(v) for positive normal v, relative error below 5e-6, the same on every processor.
template <std::ptrdiff_t N, class Vector = floats<N>>
inline Vector inverse_sqrt(const Vector& v) {
  const integers<N> guess = 0x5f375a86 - (std::bit_cast<integers<N>>(v) >> 1);
  auto r = std::bit_cast<Vector>(guess);
  const Vector half = v * 0.5f;
  r = r * (1.5f - half * r * r);
  r = r * (1.5f - half * r * r);
  return r;
}

/// Sum of all N lanes, halves first.
template <std::ptrdiff_t N, class Vector>
inline auto sum_of(const Vector& v) {
  using number = std::remove_cvref_t<decltype(v[0])>;
  if constexpr (N == 1) {
    return number(v[0]);
  } else if constexpr (N == 2) {
    return number(v[0] + v[1]);
  } else {
    typename lane_vector<number, N / 2>::type halves[2];
    std::memcpy(halves, &v, sizeof v);
    return sum_of<N / 2>(halves[0] + halves[1]);
  }
}

/// The least of all N lanes, none of them NaN.
template <std::ptrdiff_t N, class Vector>
inline auto least_of(const Vector& v) {
  using number = std::remove_cvref_t<decltype(v[0])>;
  if constexpr (N == 1) {
    return number(v[0]);
  } else if constexpr (N == 2) {
    return v[0] < v[1] ? number(v[0]) : number(v[1]);
  } else {
    typename lane_vector<number, N / 2>::type halves[2];
    std::memcpy(halves, &v, sizeof v);
    return least_of<N / 2>(halves[0] < halves[1] ? halves[0] : halves[1]);
  }
}

/// Whether a comparison holds in all N lanes.
template <std::ptrdiff_t N, class Vector>
inline bool all_of(const Vector& compared) {
  typename lane_vector<std::int64_t, N / 2>::type words;
  static_assert(sizeof words == sizeof compared);
  std::memcpy(&words, &compared, sizeof words);
  std::int64_t all = -1;
  for (std::ptrdiff_t k = 0; k < N / 2; ++k) all &= words[k];
  return all == -1;
}

}  // namespace s2d::inline S2D_ABI::detail
