// 64 bytes to 64 bits and back, in the way of the instruction set.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

static_assert(std::endian::native == std::endian::little,
              "packed masks assume little-endian bytes");

/// Bit i is set where byte i of the 64 bytes at `bytes` differs from zero. For any processor.
[[nodiscard]] inline std::uint64_t nonzero_bits_plain(const void* bytes) noexcept {
  constexpr std::uint64_t low7 = 0x7f7f'7f7f'7f7f'7f7f;
  std::uint64_t bits = 0;
  for (int k = 0; k < 8; ++k) {
    std::uint64_t v;
    std::memcpy(&v, static_cast<const unsigned char*>(bytes) + 8 * k, 8);
    // The top bit of each byte tells whether it is non-zero; the product gathers the eight.
    const std::uint64_t top = ((((v & low7) + low7) | v) & ~low7) >> 7;
    bits |= (top * 0x0102'0408'1020'4080 >> 56) << (8 * k);
  }
  return bits;
}

/// Writes 64 bytes: byte i is 1 where bit i is set, else 0. For any processor.
inline void spread_bits_plain(std::uint64_t bits, std::uint8_t* bytes) noexcept {
  for (int k = 0; k < 8; ++k) {
    std::uint64_t v = (bits >> (8 * k) & 0xff) * 0x0101'0101'0101'0101;
    v = (((v & 0x8040'2010'0804'0201) + 0x7f7f'7f7f'7f7f'7f7f) >> 7) & 0x0101'0101'0101'0101;
    std::memcpy(bytes + 8 * k, &v, 8);
  }
}

#if defined(__AVX2__) && defined(__GNUC__)

using bytes32 = char __attribute__((vector_size(32)));

[[nodiscard]] inline std::uint64_t nonzero_bits(const void* bytes) noexcept {
#if defined(__AVX512BW__)
  using bytes64 = char __attribute__((vector_size(64)));
  bytes64 all;
  std::memcpy(&all, bytes, 64);
  constexpr int differs = 4;
  return __builtin_ia32_cmpb512_mask(all, bytes64{}, differs, ~std::uint64_t{0});
#else
  bytes32 low, high;
  std::memcpy(&low, bytes, 32);
  std::memcpy(&high, static_cast<const unsigned char*>(bytes) + 32, 32);
  const auto zero_low = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(low == 0));
  const auto zero_high = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(high == 0));
  return ~(zero_low | std::uint64_t{zero_high} << 32);
#endif
}

inline void spread_bits(std::uint64_t bits, std::uint8_t* bytes) noexcept {
  using words4 = std::uint64_t __attribute__((vector_size(32)));
  using unsigned_bytes32 = unsigned char __attribute__((vector_size(32)));
  constexpr unsigned_bytes32 select = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                                       1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const words4 all = {bits, bits, bits, bits};
  unsigned_bytes32 v;
  std::memcpy(&v, &all, 32);
  const unsigned_bytes32 low =
      __builtin_shufflevector(v, v, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,  //
                              18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
  const unsigned_bytes32 high =
      __builtin_shufflevector(v, v, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5,  //
                              22, 22, 22, 22, 22, 22, 22, 22, 23, 23, 23, 23, 23, 23, 23, 23);
  const auto out_low = ((low & select) != 0) & 1;
  const auto out_high = ((high & select) != 0) & 1;
  std::memcpy(bytes, &out_low, 32);
  std::memcpy(bytes + 32, &out_high, 32);
}

#elif defined(__SSE2__) && defined(__GNUC__)

[[nodiscard]] inline std::uint64_t nonzero_bits(const void* bytes) noexcept {
  using bytes16 = char __attribute__((vector_size(16)));
  std::uint64_t zero = 0;
  for (int k = 0; k < 4; ++k) {
    bytes16 v;
    std::memcpy(&v, static_cast<const unsigned char*>(bytes) + 16 * k, 16);
    const auto mask = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb128(v == 0));
    zero |= std::uint64_t{mask} << (16 * k);
  }
  return ~zero;
}

inline void spread_bits(std::uint64_t bits, std::uint8_t* bytes) noexcept {
  spread_bits_plain(bits, bytes);
}

#else

[[nodiscard]] inline std::uint64_t nonzero_bits(const void* bytes) noexcept {
  return nonzero_bits_plain(bytes);
}

inline void spread_bits(std::uint64_t bits, std::uint8_t* bytes) noexcept {
  spread_bits_plain(bits, bytes);
}

#endif

/// The `n` lowest bits set, 0 <= n <= 64.
[[nodiscard]] constexpr std::uint64_t low_bits(std::ptrdiff_t n) noexcept {
  return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

/// Bit i is set where element i of the `n` (at most 64) elements at `first`, `stride` apart,
/// differs from zero; higher bits are zero.
template <class T>
[[nodiscard]] std::uint64_t nonzero_elements(const T* first, std::ptrdiff_t stride,
                                             std::ptrdiff_t n) noexcept {
  if (sizeof(T) == 1 && stride == 1 && n == 64) return nonzero_bits(first);
  alignas(64) std::uint8_t bytes[64] = {};
  if (stride == 1 && n == 64) {
    for (int i = 0; i < 64; ++i) bytes[i] = first[i] != T{};
  } else {
    for (std::ptrdiff_t i = 0; i < n; ++i) bytes[i] = first[i * stride] != T{};
  }
  return nonzero_bits(bytes);
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
