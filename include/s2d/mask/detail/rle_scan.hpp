// Pixels to runs: where the value changes along the column-major order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/detail/bytes_to_bits.hpp>
#include <s2d/mask/pack.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Collects run lengths from chunks of up to 64 pixels in column-major order.
class run_scanner {
 public:
  run_scanner() : counts_(256) {}

  /// Takes the next `n` pixels, 1 <= n <= 64; bits from n on are zero.
  void take(std::uint64_t bits, std::ptrdiff_t n) {
    std::uint64_t changes = (bits ^ (bits << 1 | last_)) & low_bits(n);
    if (changes != 0) {
      if (counts_.size() - runs_ < 65) counts_.resize(2 * counts_.size());
      do {
        const std::uint64_t at = position_ + static_cast<std::uint64_t>(std::countr_zero(changes));
        counts_[runs_++] = static_cast<std::uint32_t>(at - start_);
        start_ = at;
        changes &= changes - 1;
      } while (changes != 0);
    }
    last_ = bits >> (n - 1) & 1;
    position_ += static_cast<std::uint64_t>(n);
  }

  /// Takes the next `n` pixels, all of one value, n >= 1.
  void take_equal(bool value, std::uint64_t n) {
    take(value ? 1 : 0, 1);
    position_ += n - 1;
  }

  [[nodiscard]] std::vector<std::uint32_t> finish() {
    counts_[runs_++] = static_cast<std::uint32_t>(position_ - start_);
    counts_.resize(runs_);
    return static_cast<std::vector<std::uint32_t>&&>(counts_);
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::size_t runs_ = 0;
  std::uint64_t position_ = 0, start_ = 0, last_ = 0;
};

/// Changes found row by row: bit x of row y is set where pixel (y, x) differs from the one before
/// it in column-major order. They are few, so they are listed and sorted by column.
class change_sorter {
 public:
  change_sorter(std::ptrdiff_t height, std::ptrdiff_t width)
      : height_{height}, per_column_(static_cast<std::size_t>(width) + 1) {}

  void take(std::ptrdiff_t y, std::ptrdiff_t word, std::uint64_t changes) {
    for (; changes != 0; changes &= changes - 1) {
      const auto x = static_cast<std::uint32_t>(word * 64 + std::countr_zero(changes));
      changes_.push_back({x, static_cast<std::uint32_t>(y)});
      ++per_column_[x + 1];
    }
  }

  [[nodiscard]] std::vector<std::uint32_t> finish() {
    for (std::size_t x = 1; x < per_column_.size(); ++x) per_column_[x] += per_column_[x - 1];
    std::vector<std::uint32_t> counts(changes_.size() + 1);
    for (const auto& [x, y] : changes_)
      counts[per_column_[x]++] =
          static_cast<std::uint32_t>(x * static_cast<std::uint64_t>(height_) + y);
    counts.back() =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(height_) * (per_column_.size() - 1));
    for (std::size_t i = counts.size() - 1; i > 0; --i) counts[i] -= counts[i - 1];
    return counts;
  }

 private:
  struct change {
    std::uint32_t x, y;
  };
  std::ptrdiff_t height_;
  std::vector<std::uint32_t> per_column_;
  std::vector<change> changes_;
};

/// Lists the changes of row `y` against `above`: for y = 0 the last row moved right by a pixel.
inline void compare_rows(change_sorter& sorter, std::ptrdiff_t y, const std::uint64_t* above,
                         const std::uint64_t* row, std::ptrdiff_t width) {
  const std::ptrdiff_t words = (width + 63) / 64;
  if (y == 0) {
    std::uint64_t carry = 0;
    for (std::ptrdiff_t w = 0; w < words; ++w) {
      const std::uint64_t before = above[w] << 1 | carry;
      carry = above[w] >> 63;
      sorter.take(y, w, (row[w] ^ before) & low_bits(width - w * 64));
    }
    return;
  }
  std::ptrdiff_t w = 0;
  for (; w + 8 <= words; w += 8) {
    std::uint64_t any = 0;
    for (std::ptrdiff_t k = w; k < w + 8; ++k) any |= row[k] ^ above[k];
    if (any == 0) continue;
    for (std::ptrdiff_t k = w; k < w + 8; ++k) sorter.take(y, k, row[k] ^ above[k]);
  }
  for (; w < words; ++w) sorter.take(y, w, row[w] ^ above[w]);
}

[[nodiscard]] inline std::vector<std::uint32_t> scan_bits(const bit_mask& mask) {
  change_sorter sorter(mask.height, mask.width);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    compare_rows(sorter, y, mask.row(y == 0 ? mask.height - 1 : y - 1), mask.row(y), mask.width);
  return sorter.finish();
}

template <class T>
[[nodiscard]] std::vector<std::uint32_t> scan_columns(const mask_view<T>& mask) {
  run_scanner scanner;
  std::ptrdiff_t columns = mask.width, rows = mask.height;
  if (mask.row_stride == 1 && mask.column_stride == rows && columns > 0) {
    rows *= columns;
    columns = 1;
  }
  for (std::ptrdiff_t x = 0; x < columns; ++x) {
    const T* column = mask.data + x * mask.column_stride;
    std::ptrdiff_t y = 0;
    for (; y + 64 <= rows; y += 64)
      scanner.take(nonzero_elements(column + y * mask.row_stride, mask.row_stride, 64), 64);
    if (y < rows)
      scanner.take(nonzero_elements(column + y * mask.row_stride, mask.row_stride, rows - y),
                   rows - y);
  }
  return scanner.finish();
}

template <class T>
[[nodiscard]] std::vector<std::uint32_t> scan_rows(const mask_view<T>& mask) {
  const auto words = static_cast<std::size_t>((mask.width + 63) / 64);
  std::vector<std::uint64_t> rows(2 * words);
  std::uint64_t* above = rows.data();
  std::uint64_t* row = above + words;
  change_sorter sorter(mask.height, mask.width);
  if (mask.height > 0) pack_row(mask.row(mask.height - 1), mask.column_stride, mask.width, above);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    pack_row(mask.row(y), mask.column_stride, mask.width, row);
    compare_rows(sorter, y, above, row, mask.width);
    std::uint64_t* const next = above;
    above = row;
    row = next;
  }
  return sorter.finish();
}

template <class T>
[[nodiscard]] std::vector<std::uint32_t> scan_dense(const mask_view<T>& mask) {
  const auto length = [](std::ptrdiff_t stride) { return stride < 0 ? -stride : stride; };
  return length(mask.row_stride) < length(mask.column_stride) ? scan_columns(mask)
                                                              : scan_rows(mask);
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
