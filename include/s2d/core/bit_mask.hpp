// The packed mask form: one bit a pixel, rows padded to whole 64-bit words.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// A binary mask of `height` x `width` pixels, row-major, 64 pixels to a word: pixel (y, x) is bit
/// x % 64 of word x / 64 of row y. Padding bits behind the last column are zero; whoever writes
/// words directly keeps them so.
class bit_mask {
 public:
  using word = std::uint64_t;
  static constexpr std::ptrdiff_t word_bits = 64;

  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;

  bit_mask() = default;
  /// All background. @throws invalid_input if an extent is negative
  bit_mask(std::ptrdiff_t rows, std::ptrdiff_t columns) : height{rows}, width{columns} {
    (void)detail::element_count("bit_mask", rows, columns);
    words_.resize(static_cast<std::size_t>(rows * words_per_row()));
  }

  [[nodiscard]] std::ptrdiff_t words_per_row() const noexcept {
    return (width + word_bits - 1) / word_bits;
  }
  [[nodiscard]] bool empty() const noexcept { return height == 0 || width == 0; }

  /// Precondition: 0 <= y < height, 0 <= x < width.
  [[nodiscard]] bool operator()(std::ptrdiff_t y, std::ptrdiff_t x) const noexcept {
    return (row(y)[x / word_bits] >> (x % word_bits)) & 1;
  }
  /// Precondition: 0 <= y < height, 0 <= x < width.
  void set(std::ptrdiff_t y, std::ptrdiff_t x, bool on = true) noexcept {
    const word bit = word{1} << (x % word_bits);
    word& w = row(y)[x / word_bits];
    w = on ? (w | bit) : (w & ~bit);
  }

  [[nodiscard]] word* row(std::ptrdiff_t y) noexcept { return words_.data() + y * words_per_row(); }
  [[nodiscard]] const word* row(std::ptrdiff_t y) const noexcept {
    return words_.data() + y * words_per_row();
  }
  /// All words, row by row.
  [[nodiscard]] std::span<word> words() noexcept { return words_; }
  [[nodiscard]] std::span<const word> words() const noexcept { return words_; }

  friend bool operator==(const bit_mask&, const bit_mask&) = default;

 private:
  std::vector<word> words_;  // [height * words_per_row()]
};

}  // namespace s2d::inline S2D_ABI
