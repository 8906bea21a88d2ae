// Vectors of floats as wide as the processor's, in the compilers' portable notation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::dense {

#if defined(__AVX512BW__) && defined(__AVX512VL__)
inline constexpr std::ptrdiff_t lane_count = 16;
#elif defined(__AVX2__)
inline constexpr std::ptrdiff_t lane_count = 8;
#else
inline constexpr std::ptrdiff_t lane_count = 4;
#endif

/// N floats, N a power of two up to lane_count.
template <std::ptrdiff_t N>
struct float_vector {
  typedef float type __attribute__((vector_size(N * sizeof(float))));
  typedef std::int32_t integers __attribute__((vector_size(N * sizeof(float))));
};
template <std::ptrdiff_t N>
using floats = typename float_vector<N>::type;
template <std::ptrdiff_t N>
using integers = typename float_vector<N>::integers;

using lanes = floats<lane_count>;

template <class Vector>
inline Vector load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

template <class Vector>
inline void store(float* to, const Vector& v) {
  std::memcpy(to, &v, sizeof v);
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

/// Sum of all lanes, halves first.
template <std::ptrdiff_t N>
inline float sum_of(const floats<N>& v) {
  if constexpr (N == 1) {
    return v[0];
  } else if constexpr (N == 2) {
    return v[0] + v[1];
  } else {
    floats<N / 2> halves[2];
    std::memcpy(halves, &v, sizeof v);
    return sum_of<N / 2>(halves[0] + halves[1]);
  }
}

}  // namespace detail::dense
}  // namespace s2d::inline S2D_ABI
