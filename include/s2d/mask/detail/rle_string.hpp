// Checks of run lists, and COCO's text form of them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/detail/bytes_to_bits.hpp>
#include <s2d/mask/detail/rle_numbers.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// height * width. Throws where an extent is negative or the product does not fit 32 bits; the
/// message begins with `what` and `which`.
inline std::uint64_t checked_pixels(const char* what, std::ptrdiff_t height, std::ptrdiff_t width,
                                    const char* which = "") {
  require(height >= 0 && width >= 0, what, which, "extents are ", height, " x ", width,
          ", expected non-negative (height x width)");
  require(width == 0 || height <= std::ptrdiff_t{0xffff'ffff} / width, what, which, "size is ",
          height, " x ", width, " (height x width), expected fewer than 2^32 pixels");
  return static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width);
}

[[noreturn]] inline void throw_wrong_sum(const char* what, std::uint64_t sum, std::ptrdiff_t height,
                                         std::ptrdiff_t width, const char* which = "") {
  throw invalid_input{concat(what, which, "run lengths sum to ", sum, ", expected ", height * width,
                             " = ", height, " x ", width, " (height x width)")};
}

/// Throws unless the lengths sum to height * width; gives the area, which falls out.
inline std::ptrdiff_t require_whole(const char* what, const rle& mask, const char* which = "") {
  const std::uint64_t pixels = checked_pixels(what, mask.height, mask.width, which);
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
    throw_wrong_sum(what, background + foreground, mask.height, mask.width, which);
  return static_cast<std::ptrdiff_t>(foreground);
}

/// Throws unless both masks are whole and of one size.
inline void require_pair(const char* what, const rle& a, const rle& b) {
  require_same_size(what, a, b);
  require_whole(what, a, ": first mask: ");
  require_whole(what, b, ": second mask: ");
}

inline std::string describe_character(char c) {
  const auto code = static_cast<unsigned char>(c);
  constexpr const char* hex = "0123456789abcdef";
  if (code > 32 && code < 127) return concat("'", c, "'");
  return concat("byte 0x", hex[code >> 4], hex[code & 15]);
}

/// A number is written in groups of 5 bits, lowest first, sign-extended from the last group; each
/// group is the character '0' + group + (32 if another follows). The first three runs are written
/// as they are, every later one as its difference to the run two before it, which has 33 bits.
inline constexpr int longest_number = 7;

/// Reads one character after the other and says what is wrong where.
inline std::vector<std::uint32_t> parse_runs_plain(std::string_view text, std::ptrdiff_t height,
                                                   std::ptrdiff_t width, std::uint64_t pixels) {
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
      require(at - start + 1 < longest_number, "character ", at, " (run ", runs,
              ") continues a number beyond ", longest_number, " characters, expected its end");
    }
    ++at;
    auto length = static_cast<std::int64_t>(value);
    if (runs > 2) length += counts[runs - 2];
    if (length < 0 || static_cast<std::uint64_t>(length) > pixels) [[unlikely]]
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

// Out of line: GCC vectorizes little of what it inlines into a function that it thinks runs once.

/// Reads a text 64 characters at a time. Gives false, and no reason, where it is not well-formed.
/// Precondition: pixels < 2^31.
[[nodiscard, gnu::noinline]] inline bool parse_runs_fast(std::string_view text,
                                                         std::uint64_t pixels,
                                                         std::vector<std::uint32_t>& counts) {
  const auto continues = [text](std::size_t at) { return ((text[at] - '0') & 32) != 0; };
  unsigned strange = 0;
  for (const char c : text) strange |= static_cast<unsigned char>(c - '0') > 63;
  if (strange != 0 || (!text.empty() && continues(text.size() - 1))) return false;
  counts.resize(text.size() + parsed_beyond);
  std::uint32_t* const first = counts.data();
  std::uint32_t* out = first;
  std::uint64_t wrong = 0;
  // Takes the number that ends with character `last`, whatever its length.
  const auto take_number = [&](std::size_t last) {
    std::int64_t number = (((text[last] - '0') & 31) ^ 16) - 16;
    int length = 1;
    for (; last > 0 && continues(last - 1) && length <= longest_number; --last, ++length)
      number = number * 32 + ((text[last - 1] - '0') & 31);
    if (length > longest_number) wrong = ~std::uint64_t{0};
    const std::int64_t run = number + (out - first > 2 ? *(out - 2) : 0);
    wrong |= static_cast<std::uint64_t>(run);
    *out++ = static_cast<std::uint32_t>(run);
  };

  std::size_t at = 0;
  for (; at < text.size() && out - first < 3; ++at)
    if (!continues(at)) take_number(at);
  char edge[2 + 64] = {};  // the last characters, and the two before them
  std::uint64_t more_before = 0;
  for (; at < text.size(); at += 64) {
    const std::size_t left = text.size() - at;
    const char* chunk = text.data() + at;
    if (left < 64) {
      std::memcpy(edge, chunk - 2, left + 2);
      chunk = edge + 2;
    }
    const std::uint64_t present = low_bits(static_cast<std::ptrdiff_t>(left < 64 ? left : 64));
    const std::uint64_t more = continued(chunk) & present;
    std::uint64_t ends = ~more & present;
    const auto more_earlier = [&](int by) { return more << by | more_before >> (64 - by); };
    if ((ends & more_earlier(1) & more_earlier(2) & more_earlier(3)) == 0) {
      out = parse_chunk(chunk, ends, out, wrong);
    } else {
      for (; ends != 0; ends &= ends - 1)
        take_number(at + static_cast<std::size_t>(std::countr_zero(ends)));
    }
    more_before = more;
  }
  if (wrong >> 31 != 0) return false;
  counts.resize(static_cast<std::size_t>(out - first));
  std::uint64_t sum = 0;
  for (const std::uint32_t count : counts) sum += count;
  return sum == pixels;
}

inline std::vector<std::uint32_t> parse_runs(std::string_view text, std::ptrdiff_t height,
                                             std::ptrdiff_t width, std::uint64_t pixels) {
  std::vector<std::uint32_t> counts;
  if (pixels >> 31 != 0 || !parse_runs_fast(text, pixels, counts)) [[unlikely]]
    return parse_runs_plain(text, height, width, pixels);
  return counts;
}

/// Writes one number and gives where it ends. At most 7 characters.
inline char* print_number(std::int64_t value, char* out) noexcept {
  for (;;) {
    const auto group = static_cast<int>(value & 31);
    value >>= 5;
    const bool more = value != ((group & 16) != 0 ? -1 : 0);
    *out++ = static_cast<char>('0' + group + (more ? 32 : 0));
    if (!more) return out;
  }
}

/// Most numbers have up to 3 characters: 16 at a time where they do.
[[nodiscard, gnu::noinline]] inline std::string print_runs(
    const std::vector<std::uint32_t>& counts) {
  std::string text;
  text.reserve(counts.size() + counts.size() / 2);
  const std::uint32_t* const runs = counts.data();
  const std::size_t n = counts.size();
  char buffer[1024];
  const char* const full = buffer + sizeof buffer - printed_block * longest_number;
  for (std::size_t i = 0; i < n;) {
    char* out = buffer;
    while (i < n && out <= full) {
      const std::size_t stop = n - i < printed_block ? n : i + printed_block;
      char* const end = i > 2 && n - i >= printed_block ? print_block(runs + i, out) : nullptr;
      if (end != nullptr) {
        out = end;
        i = stop;
      }
      for (; i < stop; ++i)
        out = print_number(std::int64_t{runs[i]} - (i > 2 ? runs[i - 2] : 0), out);
    }
    text.append(buffer, out);
  }
  return text;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
