// Masks packed for being compared with many others: cropped to their box and cut into strips.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/cache_lines.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/detail/popcount.hpp>
#include <s2d/mask/detail/rle_walk.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Whether two boxes have a pixel in common.
[[nodiscard]] constexpr bool boxes_meet(const box& a, const box& b) noexcept {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/// Masks of one size. A strip is 64 pixels wide and a word long at every step, so that the common
/// part of two masks is a few long rows of words. Packed and dense masks are cut into columns of 64
/// pixels (a strip runs down the picture), runs into rows of 64 (a strip runs to the right): as the
/// pixels of each form follow each other. Masks of different forms cannot be mixed. Strips begin
/// and end at multiples of eight steps and lie on whole lines of the cache, so that reading two of
/// them crosses none.
class strip_masks {
 public:
  struct entry {
    box bounds;
    std::ptrdiff_t area = 0;
    std::ptrdiff_t first_strip = 0, strips = 0;
    std::ptrdiff_t begin = 0, length = 0;  ///< along the strips; multiples of 8
    std::size_t at = 0;                    ///< of the first strip among the words
  };

  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

  /// Forgets all masks and keeps the memory.
  void clear() noexcept {
    entries_.clear();
    lines_.clear();
  }

  /// Room for `count` packed masks of that size; what is not used costs nothing.
  void reserve(std::size_t count, std::ptrdiff_t height, std::ptrdiff_t width) {
    lines_.reserve(count * static_cast<std::size_t>((height + 7) / 8 * ((width + 63) / 64)));
  }

  /// Words of all masks.
  [[nodiscard]] std::size_t size() const noexcept { return lines_.size() * line_words; }

  /// Words of mask i.
  [[nodiscard]] std::ptrdiff_t size_of(std::size_t i) const noexcept {
    return entries_[i].strips * entries_[i].length;
  }

  void add(const bit_mask& mask) {
    add_rows(mask.words().data(), mask.words_per_row(), bounding_box(mask));
  }

  /// Packs every row, of which only those with foreground are looked at again.
  template <class T>
  void add(const mask_view<T>& mask) {
    const std::ptrdiff_t words = (mask.width + 63) / 64;
    packed_.resize(static_cast<std::size_t>(mask.height * words));
    any_.assign(static_cast<std::size_t>(words), 0);
    std::ptrdiff_t top = mask.height, bottom = 0;  // bottom: one behind
    for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
      std::uint64_t* const row = packed_.data() + y * words;
      pack_row(mask.row(y), mask.column_stride, mask.width, row);
      std::uint64_t any = 0;
      for (std::ptrdiff_t w = 0; w < words; ++w) {
        any |= row[w];
        any_[static_cast<std::size_t>(w)] |= row[w];
      }
      if (any == 0) continue;
      if (top == mask.height) top = y;
      bottom = y + 1;
    }
    box bounds;
    if (bottom != 0) {
      std::ptrdiff_t first = 0, last = words - 1;
      const auto column = [this](std::ptrdiff_t w) { return any_[static_cast<std::size_t>(w)]; };
      while (column(first) == 0) ++first;
      while (column(last) == 0) --last;
      const std::ptrdiff_t left = first * 64 + std::countr_zero(column(first));
      bounds = {left, top, last * 64 + 64 - std::countl_zero(column(last)) - left, bottom - top};
    }
    add_rows(packed_.data(), words, bounds);
  }

  /// Marks where the value changes down each column (every column begins as background), then sums
  /// the marks along each column, modulo 2: no branch depends on the length of a run.
  /// Precondition: the lengths sum to height * width.
  void add(const rle& mask) {
    const auto height = static_cast<std::size_t>(mask.height);
    const auto [left, end] = columns_of(mask);
    entry& one = open({}, 0, 0, 0, 0);
    if (left == end) return;
    // The rows are known afterwards: space for all of them, and for the marks below the last one.
    const std::size_t begin = left / line_words * line_words;
    const std::size_t length = (end + line_words - 1) / line_words * line_words - begin;
    const std::size_t strips = height / 64 + 1;
    lines_.resize(lines_.size() + strips * length / line_words);
    std::uint64_t* const words = words_of(lines_) + one.at;
    const auto mark = [&](std::size_t x, std::size_t y) {
      words[y / 64 * length + (x - begin)] ^= std::uint64_t{1} << (y % 64);
    };
    std::size_t x = 0, y = 0, pixels = 0;  // (x, y): the next pixel
    std::size_t top = height, bottom = 0;  // bottom: one behind
    const std::size_t n = mask.counts.size() / 2;
    const std::uint32_t* const counts = mask.counts.data();
    for (std::size_t k = 0; k < n; ++k) {
      y += counts[2 * k];
      const bool wraps = y >= height;
      x += wraps;
      y -= wraps ? height : 0;
      if (y >= height) [[unlikely]] {
        x += y / height;
        y %= height;
      }
      std::size_t count = counts[2 * k + 1];
      if (count == 0) continue;
      pixels += count;
      mark(x, y);
      top = y < top ? y : top;
      for (; y + count > height; ++x, y = 0) {
        count -= height - y;
        mark(x, height);
        mark(x + 1, 0);
        top = 0;
        bottom = height;
      }
      y += count;
      mark(x, y);
      bottom = y > bottom ? y : bottom;
    }
    const auto number = [](std::size_t v) { return static_cast<std::ptrdiff_t>(v); };
    one.area = number(pixels);
    one.bounds = {number(left), number(top), number(end - left), number(bottom - top)};
    one.first_strip = number(top / 64);
    one.strips = number((bottom - 1) / 64 - top / 64 + 1);
    one.begin = number(begin);
    one.length = number(length);
    one.at += top / 64 * length;
    fill(words_of(lines_) + one.at, static_cast<std::size_t>(one.strips), length);
    lines_.resize((one.at + static_cast<std::size_t>(one.strips) * length) / line_words);
  }

  /// Pixels that mask i of `a` and mask j of `b` have in common, in the strips from `first` to
  /// the one before `behind`.
  [[nodiscard]] static std::ptrdiff_t common(const strip_masks& a, std::size_t i,
                                             const strip_masks& b, std::size_t j,
                                             std::ptrdiff_t first = 0,
                                             std::ptrdiff_t behind = PTRDIFF_MAX) noexcept {
    const entry &p = a.entries_[i], &q = b.entries_[j];
    if (!boxes_meet(p.bounds, q.bounds)) return 0;
    const auto later = [](std::ptrdiff_t v, std::ptrdiff_t w) { return v > w ? v : w; };
    const auto earlier = [](std::ptrdiff_t v, std::ptrdiff_t w) { return v < w ? v : w; };
    const std::ptrdiff_t begin = later(p.begin, q.begin);
    const std::ptrdiff_t length = earlier(p.begin + p.length, q.begin + q.length) - begin;
    behind = earlier(behind, earlier(p.first_strip + p.strips, q.first_strip + q.strips));
    std::uint64_t count = 0;
    for (std::ptrdiff_t s = later(first, later(p.first_strip, q.first_strip)); s < behind; ++s)
      count += common_bits(
          words_of(a.lines_) + p.at + (s - p.first_strip) * p.length + (begin - p.begin),
          words_of(b.lines_) + q.at + (s - q.first_strip) * q.length + (begin - q.begin), length);
    return static_cast<std::ptrdiff_t>(count);
  }

 private:
  static constexpr std::ptrdiff_t line_words = cache_line::size;

  /// Cuts packed rows of `words` words into columns.
  void add_rows(const std::uint64_t* rows, std::ptrdiff_t words, const box& bounds) {
    entry& one = open(bounds, bounds.x, bounds.width, bounds.y, bounds.height);
    std::uint64_t* const to = words_of(lines_) + one.at;
    for (std::ptrdiff_t y = bounds.y; y < bounds.y + bounds.height; ++y) {
      const std::uint64_t* const row = rows + y * words + one.first_strip;
      for (std::ptrdiff_t s = 0; s < one.strips; ++s) to[s * one.length + y - one.begin] = row[s];
    }
    one.area = static_cast<std::ptrdiff_t>(common_bits(to, to, one.strips * one.length));
  }

  /// A new entry: `across` counts pixels over the strips, `along` steps along them.
  entry& open(const box& bounds, std::ptrdiff_t across, std::ptrdiff_t across_size,
              std::ptrdiff_t along, std::ptrdiff_t along_size) {
    entry& one = entries_.emplace_back();
    one.bounds = bounds;
    one.at = size();
    if (across_size == 0) return one;
    one.first_strip = across / 64;
    one.strips = (across + across_size - 1) / 64 - one.first_strip + 1;
    one.begin = along / line_words * line_words;
    one.length = (along + along_size + line_words - 1) / line_words * line_words - one.begin;
    lines_.resize(lines_.size() + static_cast<std::size_t>(one.strips * one.length / line_words));
    return one;
  }

  /// First column with foreground, and the one behind the last.
  [[nodiscard]] static std::pair<std::size_t, std::size_t> columns_of(const rle& mask) {
    const auto height = static_cast<std::size_t>(mask.height);
    const std::size_t n = mask.counts.size() / 2;
    const std::uint32_t* const counts = mask.counts.data();
    std::size_t first = 0, k = 0;  // pixels before the first one that is set
    for (; k < n && counts[2 * k + 1] == 0; ++k) first += counts[2 * k];
    if (k == n) return {0, 0};
    first += counts[2 * k];
    std::size_t last = height * static_cast<std::size_t>(mask.width);
    if (mask.counts.size() % 2 != 0) last -= counts[2 * n];
    for (k = n; counts[2 * k - 1] == 0; --k) last -= counts[2 * k - 2];
    return {first / height, (last - 1) / height + 1};
  }

  /// Every bit becomes the sum, modulo 2, of itself and the bits before it in its column.
  static void fill(std::uint64_t* words, std::size_t strips, std::size_t length) noexcept {
    for (std::size_t k = 0; k < strips * length; ++k) {
      std::uint64_t bits = words[k];
      bits ^= bits << 1;
      bits ^= bits << 2;
      bits ^= bits << 4;
      bits ^= bits << 8;
      bits ^= bits << 16;
      words[k] = bits ^ bits << 32;
    }
    for (std::size_t s = 1; s < strips; ++s) {
      std::uint64_t* const strip = words + s * length;
      for (std::size_t k = 0; k < length; ++k)
        strip[k] ^= std::uint64_t{0} - ((strip - length)[k] >> 63);
    }
  }

  std::vector<entry> entries_;
  std::vector<cache_line> lines_;
  std::vector<std::uint64_t> packed_, any_;  // rows of a dense mask, and what is set in any of them
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
