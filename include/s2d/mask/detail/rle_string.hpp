// Checks of run lists, and COCO's text form of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// height * width. Throws where an extent is negative or the product does not fit 32 bits.
inline std::uint64_t checked_pixels(const char* what, std::ptrdiff_t height, std::ptrdiff_t width) {
  require(height >= 0 && width >= 0, what, "extents are ", height, " x ", width,
          ", expected non-negative (height x width)");
  require(width == 0 || height <= std::ptrdiff_t{0xffff'ffff} / width, what, "size is ", height,
          " x ", width, " (height x width), expected fewer than 2^32 pixels");
  return static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width);
}

[[noreturn]] inline void throw_wrong_sum(const char* what, std::uint64_t sum, std::ptrdiff_t height,
                                         std::ptrdiff_t width) {
  throw invalid_input{concat(what, "run lengths sum to ", sum, ", expected ", height * width, " = ",
                             height, " x ", width, " (height x width)")};
}

/// Throws unless the lengths sum to height * width; gives the area, which falls out.
inline std::ptrdiff_t require_whole(const char* what, const rle& mask) {
  const std::uint64_t pixels = checked_pixels(what, mask.height, mask.width);
  const std::size_t n = mask.counts.size();
  const std::uint32_t* counts = mask.counts.data();
  std::uint64_t background = 0, foreground = 0;
  std::size_t i = 0;
  for (; i + 2 <= n; i += 2) {
    background += counts[i];
    foreground += counts[i + 1];
  }
  if (i < n) background += counts[i];
  if (background + foreground != pixels) [[unlikely]]
    throw_wrong_sum(what, background + foreground, mask.height, mask.width);
  return static_cast<std::ptrdiff_t>(foreground);
}

/// Throws unless both masks are whole and of one size.
inline void require_pair(const char* what, const rle& a, const rle& b) {
  require_same_size(what, a, b);
  require_whole("first mask: ", a);
  require_whole("second mask: ", b);
}

inline std::string describe_character(char c) {
  const auto code = static_cast<unsigned char>(c);
  constexpr const char* hex = "0123456789abcdef";
  if (code > 32 && code < 127) return concat("'", c, "'");
  return concat("byte 0x", hex[code >> 4], hex[code & 15]);
}

/// A number is written in groups of 5 bits, lowest first, sign-extended from the last group; each
/// group is the character '0' + group + (32 if another follows). The first three runs are written
/// as they are, every later one as its difference to the run two before it.
inline std::vector<std::uint32_t> parse_runs(std::string_view text, std::ptrdiff_t height,
                                             std::ptrdiff_t width, std::uint64_t pixels) {
  constexpr int longest = 7;  // a difference of 32-bit numbers has 33 bits
  std::vector<std::uint32_t> counts(text.size());
  std::size_t runs = 0;
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < text.size(); ++runs) {
    const std::size_t start = at;
    std::uint64_t value = 0;
    int bits = 0;
    for (;; ++at) {
      require(at < text.size(), "run ", runs, " ends inside a number after ", text.size(),
              " characters, expected another character");
      const unsigned group = static_cast<unsigned char>(text[at]) - unsigned{'0'};
      if (group > 63) [[unlikely]]
        throw invalid_input{concat("character ", at, " (run ", runs, ") is ",
                                   describe_character(text[at]), ", expected '0' to 'o'")};
      value |= std::uint64_t{group & 31} << bits;
      bits += 5;
      if (group < 32) {
        if (group & 16) value |= ~std::uint64_t{0} << bits;
        break;
      }
      require(at - start + 1 < longest, "character ", at, " (run ", runs,
              ") continues a number beyond ", longest, " characters, expected its end");
    }
    ++at;
    auto length = static_cast<std::int64_t>(value);
    if (runs > 2) length += counts[runs - 2];
    if (length < 0 || length > 0xffff'ffff) [[unlikely]]
      throw invalid_input{concat("run ", runs, " (character ", start, ") has length ", length,
                                 ", expected 0 to ", pixels)};
    counts[runs] = static_cast<std::uint32_t>(length);
    sum += static_cast<std::uint64_t>(length);
  }
  if (sum != pixels) [[unlikely]]
    throw_wrong_sum("", sum, height, width);
  counts.resize(runs);
  return counts;
}

inline std::string print_runs(const std::vector<std::uint32_t>& counts) {
  std::string text;
  text.reserve(counts.size() + counts.size() / 2);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::int64_t value = counts[i];
    if (i > 2) value -= counts[i - 2];
    for (;;) {
      const auto group = static_cast<unsigned>(value & 31);
      value >>= 5;
      const bool more = (group & 16) != 0 ? value != -1 : value != 0;
      text += static_cast<char>('0' + group + (more ? 32 : 0));
      if (!more) break;
    }
  }
  return text;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
