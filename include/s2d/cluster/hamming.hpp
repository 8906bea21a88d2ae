// Rows of bits, the neighbour relation "differs in few columns", and its clustering.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#if defined(__AVX512VPOPCNTDQ__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#include <s2d/cluster/dbscan.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/cache_lines.hpp>
#include <s2d/core/share.hpp>

namespace s2d::inline S2D_ABI {

/// A binary table of items x features: the packed form of masks, one item a row.
using bit_matrix = bit_mask;

/// Number of columns in which two rows differ. Precondition: a.size() == b.size().
/// Complexity: one popcount for every 64 columns.
[[nodiscard]] inline std::size_t hamming_distance(std::span<const std::uint64_t> a,
                                                  std::span<const std::uint64_t> b) noexcept {
  std::size_t different = 0;
  for (std::size_t w = 0; w < a.size(); ++w)
    different += static_cast<std::size_t>(std::popcount(a[w] ^ b[w]));
  return different;
}

namespace detail {

// Rows stored word by word (word w of all rows side by side), so that one vector instruction
// compares one row with eight others. Padded with rows that are never reported.
class transposed_rows {
 public:
  static constexpr std::size_t lanes = cache_line::size;

  transposed_rows(std::size_t rows, std::size_t words)
      : rows_{rows},
        words_{words},
        stride_{(rows + lanes - 1) / lanes * lanes},
        lines_(stride_ / lanes * (words == 0 ? 1 : words)) {}

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

  void set_row(std::size_t row, const std::uint64_t* source) noexcept {
    for (std::size_t w = 0; w < words_; ++w) words_of(lines_)[w * stride_ + row] = source[w];
  }

  // Calls found(block, mask): bit k of mask is set where row block + k differs from row `row` in
  // at most `limit` columns.
  template <class Found>
  void compare(std::size_t row, std::size_t limit, const Found& found) const {
    switch (words_) {
      case 1:
        return compare_words<1>(row, limit, found);
      case 2:
        return compare_words<2>(row, limit, found);
      case 3:
        return compare_words<3>(row, limit, found);
      default:
        return compare_words<0>(row, limit, found);
    }
  }

 private:
  // The number of words is a compile-time constant where it is not 0.
  template <std::size_t Words, class Found>
  void compare_words(std::size_t row, std::size_t limit, const Found& found) const {
    const std::size_t words = Words == 0 ? words_ : Words;
    const std::uint64_t* const bits = words_of(lines_);
    for (std::size_t block = 0; block < stride_; block += lanes) {
      unsigned near = block_neighbors(bits + block, bits + row, words, limit);
      if (block + lanes > rows_) near &= (1u << (rows_ - block)) - 1u;
      if (near != 0) found(block, near);
    }
  }

#if defined(__AVX512VPOPCNTDQ__) && defined(__AVX512F__)
  unsigned block_neighbors(const std::uint64_t* block, const std::uint64_t* row, std::size_t words,
                           std::size_t limit) const noexcept {
    __m512i sum = _mm512_setzero_si512();
    for (std::size_t w = 0; w < words; ++w) {
      const __m512i other = _mm512_loadu_si512(block + w * stride_);
      const __m512i own = _mm512_set1_epi64(static_cast<long long>(row[w * stride_]));
      sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_xor_si512(own, other)));
    }
    return _mm512_cmple_epu64_mask(sum, _mm512_set1_epi64(static_cast<long long>(limit)));
  }
#elif defined(__AVX2__)
  unsigned block_neighbors(const std::uint64_t* block, const std::uint64_t* row, std::size_t words,
                           std::size_t limit) const noexcept {
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i bound = _mm256_set1_epi64x(static_cast<long long>(limit));
    unsigned near = 0;
    for (std::size_t half = 0; half < 2; ++half) {
      __m256i sum = _mm256_setzero_si256();
      for (std::size_t w = 0; w < words; ++w) {
        const __m256i other =
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + w * stride_ + 4 * half));
        const __m256i own = _mm256_set1_epi64x(static_cast<long long>(row[w * stride_]));
        const __m256i x = _mm256_xor_si256(own, other);
        const __m256i count = _mm256_add_epi8(
            _mm256_shuffle_epi8(table, _mm256_and_si256(x, low)),
            _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
        sum = _mm256_add_epi64(sum, _mm256_sad_epu8(count, _mm256_setzero_si256()));
      }
      const auto far = static_cast<unsigned>(
          _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(sum, bound))));
      near |= (~far & 15u) << (4 * half);
    }
    return near;
  }
#else
  unsigned block_neighbors(const std::uint64_t* block, const std::uint64_t* row, std::size_t words,
                           std::size_t limit) const noexcept {
    std::uint64_t sum[lanes] = {};
    for (std::size_t w = 0; w < words; ++w)
      for (std::size_t k = 0; k < lanes; ++k) {
        std::uint64_t x = block[w * stride_ + k] ^ row[w * stride_];
        x -= (x >> 1) & 0x5555555555555555u;
        x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
        x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
        x += x >> 8;
        x += x >> 16;
        sum[k] += (x + (x >> 32)) & 0x7fu;
      }
    unsigned near = 0;
    for (std::size_t k = 0; k < lanes; ++k) near |= unsigned{sum[k] <= limit} << k;
    return near;
  }
#endif

  std::size_t rows_, words_, stride_;
  std::vector<cache_line> lines_;  // [words, stride] words
};

}  // namespace detail

/// The relation "rows i and j differ in at most `eps` of the columns": a neighbor_relation for
/// dbscan. The limit is the integer floor(eps * columns), so a distance of exactly eps is near
/// whatever the number of columns. Copies the rows; n * columns / 8 bytes.
class hamming_neighbors {
 public:
  /// @param rows  [n, columns] the items, one a row
  /// @param eps   largest share of differing columns, in [0, 1]
  /// @throws invalid_input if eps is outside [0, 1] or NaN
  hamming_neighbors(const bit_matrix& rows, double eps)
      : limit_{checked_limit(eps, rows)},
        rows_(static_cast<std::size_t>(rows.height),
              static_cast<std::size_t>(rows.words_per_row())) {
    for (std::ptrdiff_t r = 0; r < rows.height; ++r)
      rows_.set_row(static_cast<std::size_t>(r), rows.row(r));
  }

  [[nodiscard]] std::size_t size() const noexcept { return rows_.rows(); }

  /// The largest number of differing columns between neighbours.
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  /// Replaces `found` by the neighbours of `item`, itself among them, ascending.
  void find(std::size_t item, std::vector<std::size_t>& found) const {
    found.clear();
    rows_.compare(item, limit_, [&found](std::size_t block, unsigned near) {
      for (; near != 0; near &= near - 1)
        found.push_back(block + static_cast<std::size_t>(std::countr_zero(near)));
    });
  }

 private:
  static std::size_t checked_limit(double eps, const bit_matrix& rows) {
    require(eps >= 0.0 && eps <= 1.0, "hamming_neighbors: eps is ", eps, ", expected 0 to 1");
    return largest_share(eps, static_cast<std::size_t>(rows.width));
  }

  std::size_t limit_;
  detail::transposed_rows rows_;
};

namespace detail {

// Which rows are equal: distinct rows in the order of their first appearance.
struct distinct_rows {
  std::vector<std::size_t> first;   // [m] the row where each distinct row appears first
  std::vector<std::size_t> weight;  // [m] how many rows equal it
  std::vector<std::size_t> of_row;  // [n] index of the distinct row
};

inline std::uint64_t hash_row(std::span<const std::uint64_t> row) noexcept {
  std::uint64_t hash = 0x9e3779b97f4a7c15u;
  for (const std::uint64_t word : row) {
    hash = (hash ^ word) * 0xbf58476d1ce4e5b9u;
    hash ^= hash >> 29;
  }
  return hash;
}

inline distinct_rows find_distinct(const bit_matrix& rows) {
  const auto n = static_cast<std::size_t>(rows.height);
  const auto words = static_cast<std::size_t>(rows.words_per_row());
  const auto row = [&](std::size_t r) {
    return std::span{rows.row(static_cast<std::ptrdiff_t>(r)), words};
  };
  distinct_rows result;
  result.of_row.resize(n);
  std::vector<std::size_t> slots(std::bit_ceil(2 * n + 1));  // 1 + index of a distinct row, or 0
  for (std::size_t r = 0; r < n; ++r) {
    std::size_t slot = hash_row(row(r)) & (slots.size() - 1);
    while (slots[slot] != 0 && hamming_distance(row(result.first[slots[slot] - 1]), row(r)) != 0)
      slot = (slot + 1) & (slots.size() - 1);
    if (slots[slot] == 0) {
      result.first.push_back(r);
      result.weight.push_back(0);
      slots[slot] = result.first.size();
    }
    result.of_row[r] = slots[slot] - 1;
    ++result.weight[slots[slot] - 1];
  }
  return result;
}

inline bit_matrix select_rows(const bit_matrix& rows, std::span<const std::size_t> chosen) {
  bit_matrix result(static_cast<std::ptrdiff_t>(chosen.size()), rows.width);
  for (std::size_t r = 0; r < chosen.size(); ++r) {
    const std::uint64_t* source = rows.row(static_cast<std::ptrdiff_t>(chosen[r]));
    std::uint64_t* target = result.row(static_cast<std::ptrdiff_t>(r));
    for (std::ptrdiff_t w = 0; w < rows.words_per_row(); ++w) target[w] = source[w];
  }
  return result;
}

}  // namespace detail

/// DBSCAN of binary rows under the Hamming distance, a share of differing columns: the labels of
/// scikit-learn's DBSCAN(eps, min_samples, metric="hamming"). Equal rows are compared once and
/// counted as often as they appear, which changes nothing but the time.
///
/// Complexity: m^2 * columns / 64 popcounts for m distinct rows of n; memory linear in the bits.
///
/// @param rows  [n, columns]
/// @param eps   largest share of differing columns between neighbours, in [0, 1]
/// @throws invalid_input if eps is outside [0, 1] or NaN
[[nodiscard]] inline clustering dbscan(const bit_matrix& rows, double eps,
                                       const dbscan_options& options = {}) {
  const detail::distinct_rows distinct = detail::find_distinct(rows);
  const clustering found = dbscan(hamming_neighbors{detail::select_rows(rows, distinct.first), eps},
                                  options, distinct.weight);
  clustering result{std::vector<std::int32_t>(distinct.of_row.size()), found.count};
  for (std::size_t r = 0; r < result.label.size(); ++r)
    result.label[r] = found.label[distinct.of_row[r]];
  return result;
}

}  // namespace s2d::inline S2D_ABI
