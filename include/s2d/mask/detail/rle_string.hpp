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

/// Reads a text up to 64 characters at a time. Gives false, and no reason, where it is not
/// well-formed. Numbers of up to 3 characters are computed at every character as if one ended
/// there, which needs no branch; those at real ends are kept.
class fast_run_parser {
 public:
  [[nodiscard]] bool parse(std::string_view text, std::uint64_t pixels,
                           std::vector<std::uint32_t>& counts) {
    unsigned wrong = 0;
    for (const char c : text) wrong |= static_cast<unsigned char>(c - '0') > 63;
    if (wrong != 0) return false;
    counts.resize(text.size());
    first_ = out_ = counts.data();
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t left = text.size() - at;
      const char* chunk = text.data() + at;
      std::size_t n = left < 64 ? left : 64;
      if (at < 2 || n < 64) {
        std::memcpy(edge_ + 2, chunk, n);
        chunk = edge_ + 2;
      }
      n = take_chunk(chunk, static_cast<std::ptrdiff_t>(n));
      if (n == 0) return false;
      at += n;
    }
    counts.resize(static_cast<std::size_t>(out_ - first_));
    return overflow_ == 0 && sum_ == pixels;
  }

 private:
  // Takes all numbers that end within the next `n` characters; gives the number of characters. The
  // 64 characters there and the two before them can be read, and the latter end a number.
  [[nodiscard]] std::size_t take_chunk(const char* chunk, std::ptrdiff_t n) {
    const auto group = [chunk](int i) { return chunk[i] - '0'; };
    std::uint8_t follows[64];
    for (int i = 0; i < 64; ++i) follows[i] = static_cast<std::uint8_t>(group(i) & 32);
    const std::uint64_t more = nonzero_bits(follows) & low_bits(n);
    std::uint64_t ends = ~more & low_bits(n);
    if (ends == 0) return 0;
    if (out_ - first_ < 3 || (more & more << 1 & more << 2) != 0) return take_numbers(chunk, ends);

    std::int16_t value[64];
    for (int i = 0; i < 64; ++i) {
      const int highest = ((group(i) & 31) ^ 16) - 16;
      const int two = highest * 32 + (group(i - 1) & 31);
      const int three = two * 32 + (group(i - 2) & 31);
      const int longer = (group(i - 2) & 32) != 0 ? three : two;
      value[i] = static_cast<std::int16_t>((group(i - 1) & 32) != 0 ? longer : highest);
    }
    const std::size_t taken = 64 - static_cast<std::size_t>(std::countl_zero(ends));
    // In variables of its own, which stay in registers.
    std::uint32_t* out = out_;
    std::int64_t before = before_, last = last_;
    std::uint64_t sum = sum_, overflow = overflow_;
    for (; ends != 0; ends &= ends - 1) {
      const std::int64_t run = value[std::countr_zero(ends)] + before;
      before = last;
      last = run;
      overflow |= static_cast<std::uint64_t>(run);
      sum += static_cast<std::uint64_t>(run);
      *out++ = static_cast<std::uint32_t>(run);
    }
    out_ = out;
    before_ = before;
    last_ = last;
    sum_ = sum;
    overflow_ |= overflow >> 32;
    return taken;
  }

  [[nodiscard]] std::size_t take_numbers(const char* chunk, std::uint64_t ends) {
    std::ptrdiff_t start = 0;
    for (; ends != 0; ends &= ends - 1) {
      const std::ptrdiff_t end = std::countr_zero(ends) + 1;
      if (end - start > longest_number) return 0;
      std::int64_t number = (((chunk[end - 1] - '0') & 31) ^ 16) - 16;
      for (std::ptrdiff_t i = end - 2; i >= start; --i)
        number = number * 32 + ((chunk[i] - '0') & 31);
      put(number + (out_ - first_ > 2 ? before_ : 0));
      start = end;
    }
    return static_cast<std::size_t>(start);
  }

  void put(std::int64_t run) {
    before_ = last_;
    last_ = run;
    overflow_ |= static_cast<std::uint64_t>(run) >> 32;
    sum_ += static_cast<std::uint64_t>(run);
    *out_++ = static_cast<std::uint32_t>(run);
  }

  char edge_[66] = {'0', '0'};  // two characters that end a number, then the first or last ones
  std::uint32_t* first_ = nullptr;
  std::uint32_t* out_ = nullptr;
  std::int64_t before_ = 0, last_ = 0;  // the run two before the next one, and one before it
  std::uint64_t sum_ = 0, overflow_ = 0;
};

inline std::vector<std::uint32_t> parse_runs(std::string_view text, std::ptrdiff_t height,
                                             std::ptrdiff_t width, std::uint64_t pixels) {
  std::vector<std::uint32_t> counts;
  if (!fast_run_parser{}.parse(text, pixels, counts)) [[unlikely]]
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

/// Most numbers have up to 3 characters. They are made 16 at a time, 4 bytes each, and written one
/// over the unused bytes of the other.
[[nodiscard]] inline std::string print_runs(const std::vector<std::uint32_t>& counts) {
  constexpr std::size_t block = 16;
  std::string text;
  text.reserve(counts.size() + counts.size() / 2);
  char buffer[8 * block];
  for (std::size_t i = 0; i < counts.size();) {
    char* out = buffer;
    const std::uint32_t* c = counts.data() + i;
    bool fits = i > 2 && counts.size() - i >= block;
    std::uint32_t word[block], length[block];
    if (fits) {
      std::uint32_t large = 0;
      for (std::size_t k = 0; k < block; ++k) {
        const auto value = static_cast<std::int32_t>(c[k] - *(c + k - 2));
        const auto magnitude = static_cast<std::uint32_t>(value ^ (value >> 31));
        large |= (c[k] | *(c + k - 2)) >> 31 | magnitude >> 14;
        const std::uint32_t second = magnitude > 15 ? 1 : 0, third = magnitude > 511 ? 1 : 0;
        const auto v = static_cast<std::uint32_t>(value);
        word[k] = 0x303030 +
                  ((v & 31) | (v & 0x3e0) << 3 | (v & 0x7c00) << 6 | second << 5 | third << 13);
        length[k] = 1 + second + third;
      }
      fits = large == 0;
    }
    if (fits) {
      for (std::size_t k = 0; k < block; ++k) {
        std::memcpy(out, &word[k], 4);
        out += length[k];
      }
      i += block;
    } else {
      for (std::size_t k = 0; k < block && i < counts.size(); ++k, ++i)
        out = print_number(std::int64_t{counts[i]} - (i > 2 ? counts[i - 2] : 0), out);
    }
    text.append(buffer, out);
  }
  return text;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
