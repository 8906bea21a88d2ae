// The neighbour relation "sets that overlap" on rows of bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/cluster/hamming.hpp>

namespace s2d::inline S2D_ABI {

/// The relation "the Jaccard distance of rows i and j is at most eps": a neighbor_relation for
/// dbscan. Rows are sets of columns; the distance is the share of the columns set in either row
/// that are not set in both. Two empty rows have distance 0.
///
/// Holds a reference to the rows, which must outlive it.
class jaccard_neighbors {
 public:
  /// @param rows  [n, columns]
  /// @param eps   in [0, 1]
  /// @throws invalid_input if eps is outside [0, 1] or NaN
  jaccard_neighbors(const bit_matrix& rows, double eps) : rows_{&rows}, eps_{eps} {
    require(eps >= 0.0 && eps <= 1.0, "jaccard_neighbors: eps is ", eps, ", expected 0 to 1");
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(rows_->height);
  }

  /// Replaces `found` by the neighbours of `item`, itself among them, ascending.
  void find(std::size_t item, std::vector<std::size_t>& found) const {
    found.clear();
    for (std::size_t other = 0; other < size(); ++other)
      if (near(item, other)) found.push_back(other);
  }

 private:
  [[nodiscard]] bool near(std::size_t i, std::size_t j) const noexcept {
    const std::uint64_t* const a = rows_->row(static_cast<std::ptrdiff_t>(i));
    const std::uint64_t* const b = rows_->row(static_cast<std::ptrdiff_t>(j));
    std::size_t different = 0, either = 0;
    for (std::ptrdiff_t w = 0; w < rows_->words_per_row(); ++w) {
      different += static_cast<std::size_t>(std::popcount(a[w] ^ b[w]));
      either += static_cast<std::size_t>(std::popcount(a[w] | b[w]));
    }
    return !exceeds(different, either, eps_);
  }

  const bit_matrix* rows_;
  double eps_;
};

}  // namespace s2d::inline S2D_ABI
