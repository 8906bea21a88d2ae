// How many bits two rows of words have in common.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Number of bits set in both of the `n` words at `a` and `b`, one word after the other.
[[nodiscard]] inline std::uint64_t common_bits_by_word(const std::uint64_t* a,
                                                       const std::uint64_t* b,
                                                       std::ptrdiff_t n) noexcept {
  std::uint64_t count = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i)
    count += static_cast<std::uint64_t>(std::popcount(a[i] & b[i]));
  return count;
}

/// The same for processors that cannot count the bits of vectors: bit-sliced adders turn eight
/// vectors into ones, twos, fours and eights, and only the eights are counted on the way.
[[nodiscard]] inline std::uint64_t common_bits_by_adders(const std::uint64_t* a,
                                                         const std::uint64_t* b,
                                                         std::ptrdiff_t n) noexcept {
#if defined(__GNUC__)
#if defined(__AVX2__)
  using vector = std::uint64_t __attribute__((vector_size(32)));
#else
  using vector = std::uint64_t __attribute__((vector_size(16)));
#endif
  constexpr std::ptrdiff_t lanes = sizeof(vector) / 8;
  const auto both = [&](std::ptrdiff_t i) {
    vector x, y;
    std::memcpy(&x, a + i, sizeof x);
    std::memcpy(&y, b + i, sizeof y);
    return x & y;
  };
  // high, low = the two-bit sums of three bits.
  const auto add = [](vector& high, vector& low, vector x, vector y) {
    const vector half = low ^ x;
    high = (low & x) | (half & y);
    low = half ^ y;
  };
  const auto bits = [](vector v) {
    constexpr std::uint64_t k1 = 0x5555'5555'5555'5555, k2 = 0x3333'3333'3333'3333,
                            k4 = 0x0f0f'0f0f'0f0f'0f0f, k8 = 0x00ff'00ff'00ff'00ff,
                            k16 = 0x0000'ffff'0000'ffff;
    v -= (v >> 1) & k1;
    v = (v & k2) + ((v >> 2) & k2);
    v = (v + (v >> 4)) & k4;
    v = (v & k8) + ((v >> 8) & k8);
    v = (v & k16) + ((v >> 16) & k16);
    return (v & 0xffff'ffff) + (v >> 32);
  };
  vector ones{}, twos{}, fours{}, eights{}, count{};
  std::ptrdiff_t i = 0;
  for (; i + 8 * lanes <= n; i += 8 * lanes) {
    vector twos_a, twos_b, fours_a, fours_b;
    add(twos_a, ones, both(i), both(i + lanes));
    add(twos_b, ones, both(i + 2 * lanes), both(i + 3 * lanes));
    add(fours_a, twos, twos_a, twos_b);
    add(twos_a, ones, both(i + 4 * lanes), both(i + 5 * lanes));
    add(twos_b, ones, both(i + 6 * lanes), both(i + 7 * lanes));
    add(fours_b, twos, twos_a, twos_b);
    add(eights, fours, fours_a, fours_b);
    count += bits(eights);
  }
  count = count * 8 + bits(fours) * 4 + bits(twos) * 2 + bits(ones);
  std::uint64_t total = common_bits_by_word(a + i, b + i, n - i);
  for (std::ptrdiff_t lane = 0; lane < lanes; ++lane) total += count[lane];
  return total;
#else
  return common_bits_by_word(a, b, n);
#endif
}

#if defined(__AVX512VPOPCNTDQ__) && defined(__GNUC__)

/// The same for processors that can, 8 words at a time.
[[nodiscard]] inline std::uint64_t common_bits_by_vector(const std::uint64_t* a,
                                                         const std::uint64_t* b,
                                                         std::ptrdiff_t n) noexcept {
  using vector = long long __attribute__((vector_size(64)));
  const auto count = [](vector v) {
#if defined(__clang__)
    return __builtin_ia32_vpopcntq_512(v);
#else
    return __builtin_ia32_vpopcountq_v8di(v);
#endif
  };
  const auto both = [&](std::ptrdiff_t i) {
    vector x, y;
    std::memcpy(&x, a + i, sizeof x);
    std::memcpy(&y, b + i, sizeof y);
    return count(x & y);
  };
  vector sum{}, second{}, third{}, fourth{};  // four additions are under way at a time
  std::ptrdiff_t i = 0;
  for (; i + 32 <= n; i += 32) {
    sum += both(i);
    second += both(i + 8);
    third += both(i + 16);
    fourth += both(i + 24);
  }
  sum += second + third + fourth;
  for (; i + 8 <= n; i += 8) sum += both(i);
  if (i < n) {  // words that are not there are not read, and count as zero
    const auto some = static_cast<unsigned char>((1U << (n - i)) - 1);
    const auto part = [&](const std::uint64_t* words) {
      return __builtin_ia32_loaddqudi512_mask(reinterpret_cast<const long long*>(words + i),
                                              vector{}, some);
    };
    sum += count(part(a) & part(b));
  }
  sum += __builtin_shufflevector(sum, sum, 4, 5, 6, 7, 0, 1, 2, 3);
  sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1, 6, 7, 4, 5);
  return static_cast<std::uint64_t>(sum[0] + sum[1]);
}

#endif

[[nodiscard]] inline std::uint64_t common_bits(const std::uint64_t* a, const std::uint64_t* b,
                                               std::ptrdiff_t n) noexcept {
#if defined(__AVX512VPOPCNTDQ__) && defined(__GNUC__)
  return common_bits_by_vector(a, b, n);
#elif !defined(__x86_64__)
  return common_bits_by_word(a, b, n);
#else
  return n < 32 ? common_bits_by_word(a, b, n) : common_bits_by_adders(a, b, n);
#endif
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
