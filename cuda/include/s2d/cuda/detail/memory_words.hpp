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

/// A divisor that many threads share, made on the host: up to 2^31 its quotients are a product and
/// a shift, a quarter of the instructions of divide. Source: Granlund and Montgomery, Division by
/// invariant integers using multiplication (1994), theorem 4.2 with numerators of 31 bits.
class divisor {
 public:
  divisor() = default;
  /// d >= 0; of 0 nothing may be asked.
  explicit divisor(std::int64_t d) : d_{d} {
    while (shift_ < 31 && std::int64_t{1} << shift_ < d) ++shift_;
    if (d > 0 && d <= std::int64_t{1} << 31)  // rounded up: 2^31 to 2^32 - 1
      factor_ = static_cast<std::uint32_t>(
          ((std::uint64_t{1} << (31 + shift_)) + static_cast<std::uint64_t>(d) - 1) /
          static_cast<std::uint64_t>(d));
  }

  [[nodiscard]] S2D_HD std::int64_t value() const { return d_; }
  /// i >= 0
  [[nodiscard]] S2D_HD quotient divide(std::int64_t i) const {
    if (i >> 31 == 0 && factor_ != 0) {
      const auto whole = static_cast<std::uint32_t>(
          static_cast<std::uint64_t>(static_cast<std::uint32_t>(i)) * factor_ >> (31 + shift_));
      return {whole, static_cast<std::uint32_t>(i) - whole * static_cast<std::uint32_t>(d_)};
    }
    return {i / d_, i % d_};
  }

 private:
  std::int64_t d_ = 1;
  std::uint32_t factor_ = std::uint32_t{1} << 31;  ///< 0: no product gives it
  std::uint32_t shift_ = 0;
};

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
