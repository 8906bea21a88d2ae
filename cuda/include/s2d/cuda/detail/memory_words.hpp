// Wide loads and stores, and divisions of indices.
#pragma once

#include <cstdint>
#include <cstring>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Sixteen bytes, moved at once.
struct alignas(16) quad {
  std::uint32_t words[4];
};

/// One aligned access of sizeof(W) bytes, whatever type is stored there.
template <class W, class T>
S2D_HD W load_as(const T* from) {
#if defined(__CUDA_ARCH__)
  return *reinterpret_cast<const W*>(from);
#else
  W word;
  std::memcpy(static_cast<void*>(&word), from, sizeof word);
  return word;
#endif
}
template <class W, class T>
S2D_HD void store_as(T* to, const W& word) {
#if defined(__CUDA_ARCH__)
  *reinterpret_cast<W*>(to) = word;
#else
  std::memcpy(static_cast<void*>(to), &word, sizeof word);
#endif
}

S2D_HD inline std::uint64_t address_of(const void* p) { return reinterpret_cast<std::uint64_t>(p); }

struct quotient {
  std::int64_t whole;
  std::int64_t rest;
};
/// i / d for 0 <= i, 0 < d; in 32 bits where they do, which takes a fraction of the instructions.
S2D_HD inline quotient divide(std::int64_t i, std::int64_t d) {
  if (((i | d) >> 32) == 0) {
    const auto a = static_cast<std::uint32_t>(i), b = static_cast<std::uint32_t>(d);
    return {a / b, a % b};
  }
  return {i / d, i % d};
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
