// Vectors of floats or doubles as wide as the processor's, in the compilers' portable notation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI::detail {

#if defined(__AVX512F__)
inline constexpr std::size_t vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr std::size_t vector_bytes = 32;
#else
inline constexpr std::size_t vector_bytes = 16;
#endif

// Bytes may be given to make halves; everything outside sum_of uses whole registers.
template <class T, std::size_t Bytes = vector_bytes>
struct vector_of {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  using integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  static constexpr std::ptrdiff_t width = Bytes / sizeof(T);
  typedef T values __attribute__((vector_size(Bytes)));
  typedef integer integers __attribute__((vector_size(Bytes)));
};

template <class T>
inline constexpr std::ptrdiff_t vector_width = vector_of<T>::width;

template <class T>
[[nodiscard]] inline typename vector_of<T>::values load_vector(const T* from) noexcept {
  typename vector_of<T>::values v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

template <class T>
inline void store_vector(T* to, const typename vector_of<T>::values& v) noexcept {
  std::memcpy(to, &v, sizeof v);
}

/// The sum of all lanes, halves first.
template <class T, std::size_t Bytes = vector_bytes>
[[nodiscard]] inline T sum_of(const typename vector_of<T, Bytes>::values& v) noexcept {
  if constexpr (Bytes == 2 * sizeof(T)) {
    return v[0] + v[1];
  } else {
    typename vector_of<T, Bytes / 2>::values halves[2];
    std::memcpy(halves, &v, sizeof v);
    return sum_of<T, Bytes / 2>(halves[0] + halves[1]);
  }
}

}  // namespace s2d::inline S2D_ABI::detail
