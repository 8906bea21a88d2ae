// The short numbers of COCO's strings, many at a time: for any processor, and for AVX-512.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <s2d/mask/detail/bytes_to_bits.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Numbers that are printed at once.
inline constexpr std::size_t printed_block = 16;

/// How many runs are written behind the last one of a chunk, at most.
inline constexpr std::size_t parsed_beyond = 32;

/// The up to 3 characters of a number of -2^14 to 2^14 - 1, the first one lowest, above them zeros.
/// `beyond` gets bits where the number is a longer one. Number: of 32 bits without sign, or a
/// vector of such.
template <class Number>
[[nodiscard]] constexpr Number short_characters(Number value, Number& beyond) noexcept {
  const Number magnitude = value ^ (0U - (value >> 31));
  beyond |= magnitude >> 14;
  const Number second = (15U - magnitude) >> 31, third = (511U - magnitude) >> 31;  // 1: it exists
  return ('0' + (value & 31U) + second * 32U) |
         ((0U - second) & ('0' + (value >> 5 & 31U) + third * 32U)) << 8 |
         ((0U - third) & ('0' + (value >> 10 & 31U))) << 16;
}

/// Writes the differences of 16 runs to the runs two before them, and up to 64 bytes; gives where
/// they end, or null where one takes more than 3 characters.
[[nodiscard]] inline char* print_block_plain(const std::uint32_t* runs, char* out) noexcept {
  std::uint32_t words[printed_block], beyond = 0;
  for (std::size_t k = 0; k < printed_block; ++k) {
    const std::uint32_t run = runs[k], before = *(runs + k - 2);
    beyond |= (run | before) >> 31;
    words[k] = short_characters(run - before, beyond);
  }
  if (beyond != 0) return nullptr;
  for (const std::uint32_t word : words) {  // one over the unused bytes of the other
    std::memcpy(out, &word, 4);
    out += (std::bit_width(word) + 7) / 8;
  }
  return out;
}

/// Appends the runs whose numbers end where `ends` has bits, among the 64 characters at `chunk`,
/// and gives where they end. The two characters before the chunk can be read, numbers have at most
/// 3, two runs lie before `out`, and up to 32 may be written behind the last one. `wrong` gets a
/// bit from 31 on where a run is negative, or 2^31 or more, if those before it are not.
[[nodiscard]] inline std::uint32_t* parse_chunk_plain(const char* chunk, std::uint64_t ends,
                                                      std::uint32_t* out,
                                                      std::uint64_t& wrong) noexcept {
  // Computed at every character as if a number ended there, which needs no branch.
  std::int16_t value[64];
  const auto group = [chunk](int i) { return chunk[i] - '0'; };
  for (int i = 0; i < 64; ++i) {
    const int highest = ((group(i) & 31) ^ 16) - 16;
    const int two = highest * 32 + (group(i - 1) & 31);
    const int three = two * 32 + (group(i - 2) & 31);
    const int longer = (group(i - 2) & 32) != 0 ? three : two;
    value[i] = static_cast<std::int16_t>((group(i - 1) & 32) != 0 ? longer : highest);
  }
  std::int64_t before = *(out - 2), last = *(out - 1);
  std::uint64_t any = 0;
  for (; ends != 0; ends &= ends - 1) {
    const std::int64_t run = value[std::countr_zero(ends)] + before;
    before = last;
    last = run;
    any |= static_cast<std::uint64_t>(run);
    *out++ = static_cast<std::uint32_t>(run);
  }
  wrong |= any;
  return out;
}

/// Bit i is set where another character of the number follows character i of the 64.
[[nodiscard]] inline std::uint64_t continued_plain(const char* chunk) noexcept {
  std::uint8_t follows[64];
  for (int i = 0; i < 64; ++i) follows[i] = static_cast<std::uint8_t>((chunk[i] - '0') & 32);
  return nonzero_bits(follows);
}

#if defined(S2D_AVX512_VBMI2) && defined(__GNUC__)

using numbers16 = std::uint32_t __attribute__((vector_size(64)));
using ints16 = std::int32_t __attribute__((vector_size(64)));
using shorts16 = std::int16_t __attribute__((vector_size(32)));
using shorts32 = std::int16_t __attribute__((vector_size(64)));

#if defined(__clang__)
[[nodiscard]] inline shorts32 widened(bytes32 v) noexcept {
  return __builtin_convertvector(v, shorts32);
}
[[nodiscard]] inline ints16 widened(shorts16 v) noexcept {
  return __builtin_convertvector(v, ints16);
}
#else  // GCC 12 converts one element after the other
[[nodiscard]] inline shorts32 widened(bytes32 v) noexcept {
  return __builtin_ia32_pmovsxbw512_mask(v, shorts32{}, ~std::uint32_t{0});
}
[[nodiscard]] inline ints16 widened(shorts16 v) noexcept {
  return __builtin_ia32_pmovsxwd512_mask(v, ints16{}, 0xffff);
}
#endif

[[nodiscard]] inline char* print_block(const std::uint32_t* runs, char* out) noexcept {
  using bytes64 = char __attribute__((vector_size(64)));
  numbers16 now, before;
  std::memcpy(&now, runs, 64);
  std::memcpy(&before, runs - 2, 64);
  numbers16 beyond = (now | before) >> 31;
  const numbers16 words = short_characters(now - before, beyond);
  constexpr int differs = 4;
  const auto nonzero = [](numbers16 v) {
    return static_cast<std::uint64_t>(__builtin_ia32_cmpb512_mask(
        reinterpret_cast<bytes64>(v), bytes64{}, differs, ~std::uint64_t{0}));
  };
  if (nonzero(beyond) != 0) return nullptr;
  const std::uint64_t used = nonzero(words);
  const bytes64 text =
      __builtin_ia32_compressqi512_mask(reinterpret_cast<bytes64>(words), bytes64{}, used);
  std::memcpy(out, &text, 64);
  return out + std::popcount(used);
}

[[nodiscard]] inline std::uint32_t* parse_chunk(const char* chunk, std::uint64_t ends,
                                                std::uint32_t* out, std::uint64_t& wrong) noexcept {
  using pairs8 = std::uint64_t __attribute__((vector_size(64)));
  const auto groups = [](const char* at) {
    bytes32 bytes;
    std::memcpy(&bytes, at, 32);
    return widened(bytes) - '0';
  };
  // The sum of every other element up to each one.
  const auto sums = [](ints16 v) {
    constexpr ints16 zero{};
    v += __builtin_shufflevector(zero, v, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                                 29);
    v += __builtin_shufflevector(zero, v, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                                 27);
    v += __builtin_shufflevector(zero, v, 0, 0, 0, 0, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23);
    return v;
  };
  ints16 any{};
  for (int half = 0; half < 64; half += 32) {
    const shorts32 last = groups(chunk + half), second = groups(chunk + half - 1),
                   third = groups(chunk + half - 2);
    const shorts32 highest = ((last & 31) ^ 16) - 16;
    const shorts32 two = highest * 32 + (second & 31);
    const shorts32 three = two * 32 + (third & 31);
    const shorts32 value = (second & 32) != 0 ? ((third & 32) != 0 ? three : two) : highest;
    const auto kept = static_cast<std::uint32_t>(ends >> half);
    const shorts32 numbers = __builtin_ia32_compresshi512_mask(value, shorts32{}, kept);
    shorts16 low, high;
    std::memcpy(&low, &numbers, 32);
    std::memcpy(&high, reinterpret_cast<const char*>(&numbers) + 32, 32);
    std::uint64_t pair;
    std::memcpy(&pair, out - 2, 8);
    ints16 before = reinterpret_cast<ints16>(pairs8{} + pair);
    const ints16 first = sums(widened(low)) + before;
    before = reinterpret_cast<ints16>(
        __builtin_shufflevector(reinterpret_cast<pairs8>(first), pairs8{}, 7, 7, 7, 7, 7, 7, 7, 7));
    const ints16 rest = sums(widened(high)) + before;
    std::memcpy(out, &first, 64);
    std::memcpy(out + 16, &rest, 64);
    any |= first | rest;
    out += std::popcount(kept);
  }
  constexpr int less = 1;
  const std::uint64_t negative = __builtin_ia32_cmpd512_mask(any, ints16{}, less, 0xffff);
  wrong |= negative << 31;
  return out;
}

[[nodiscard]] inline std::uint64_t continued(const char* chunk) noexcept {
  using bytes64 = char __attribute__((vector_size(64)));
  bytes64 bytes;
  std::memcpy(&bytes, chunk, 64);
  constexpr int above = 6;
  return __builtin_ia32_cmpb512_mask(bytes, bytes64{} + char{'0' + 31}, above, ~std::uint64_t{0});
}

#else

[[nodiscard]] inline char* print_block(const std::uint32_t* runs, char* out) noexcept {
  return print_block_plain(runs, out);
}

[[nodiscard]] inline std::uint32_t* parse_chunk(const char* chunk, std::uint64_t ends,
                                                std::uint32_t* out, std::uint64_t& wrong) noexcept {
  return parse_chunk_plain(chunk, ends, out, wrong);
}

[[nodiscard]] inline std::uint64_t continued(const char* chunk) noexcept {
  return continued_plain(chunk);
}

#endif

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
