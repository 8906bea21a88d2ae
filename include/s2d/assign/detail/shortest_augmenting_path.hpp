// The solver behind linear assignment: shortest augmenting paths over a padded table of doubles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>

namespace s2d::inline S2D_ABI::detail {

// A table of rows <= columns costs, rows padded with +inf to whole vectors. Duals u, v satisfy
// u[i] + v[j] <= cost(i, j), with equality on matched pairs and v[j] = 0 on free columns.
class shortest_augmenting_path {
 public:
  // As many columns at a time as a register of the target holds.
  static constexpr std::ptrdiff_t width = lanes_of<double>;
  using lanes = doubles<width>;
  using integers = long_integers<width>;
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr std::int64_t none = -1;

  void resize(std::ptrdiff_t rows, std::ptrdiff_t columns) {
    rows_ = rows;
    columns_ = columns;
    stride_ = (columns + width - 1) / width * width;
    cost_.assign(static_cast<std::size_t>(rows * stride_), infinity);
    column_of_.assign(static_cast<std::size_t>(rows), none);
    row_of_.assign(static_cast<std::size_t>(stride_), none);
  }

  [[nodiscard]] std::ptrdiff_t rows() const noexcept { return rows_; }
  [[nodiscard]] double* row(std::ptrdiff_t i) noexcept { return cost_.data() + i * stride_; }
  [[nodiscard]] std::ptrdiff_t column_of(std::ptrdiff_t i) const noexcept {
    return static_cast<std::ptrdiff_t>(column_of_[static_cast<std::size_t>(i)]);
  }

  void match_diagonal() {
    for (std::ptrdiff_t i = 0; i < rows_; ++i) column_of_[static_cast<std::size_t>(i)] = i;
  }

  // False if some row cannot be matched.
  [[nodiscard]] bool solve() {
    u_.assign(static_cast<std::size_t>(rows_), 0);
    v_.assign(static_cast<std::size_t>(stride_), 0);
    if (!start()) return false;
    open_.resize(static_cast<std::size_t>(stride_));
    distance_.resize(static_cast<std::size_t>(stride_));
    parent_.resize(static_cast<std::size_t>(stride_));
    taken_.resize(static_cast<std::size_t>(stride_));
    for (std::ptrdiff_t i = 0; i < rows_; ++i)
      if (column_of_[static_cast<std::size_t>(i)] == none && !augment(i)) return false;
    return true;
  }

 private:
  [[nodiscard]] static double least_of(lanes values) noexcept {
    double least = values[0];
    for (int k = 1; k < width; ++k) least = values[k] < least ? values[k] : least;
    return least;
  }
  [[nodiscard]] static lanes vector_at(const double* p) noexcept { return load<lanes>(p); }

  // Duals from column minima (square tables only: every column ends up matched) and row minima,
  // and the pairs that are tight and free. Two rounds of row reduction follow.
  [[nodiscard]] bool start() {
    if (rows_ == columns_)
      for (std::ptrdiff_t j = 0; j < stride_; j += width) {
        lanes least = vector_at(row(0) + j);
        for (std::ptrdiff_t i = 1; i < rows_; ++i) {
          const lanes c = vector_at(row(i) + j);
          least = c < least ? c : least;
        }
        for (std::ptrdiff_t k = j; k < j + width && k < columns_; ++k) {
          if (least[k - j] == infinity) return false;
          v_[static_cast<std::size_t>(k)] = least[k - j];
        }
      }
    for (std::ptrdiff_t i = 0; i < rows_; ++i) {
      const two_least found = two_least_of(i);
      if (found.first == infinity) return false;
      u_[static_cast<std::size_t>(i)] = found.first;
      if (row_of_[static_cast<std::size_t>(found.column)] == none) match(i, found.column);
    }
    reduce_rows();
    return true;
  }

  void match(std::ptrdiff_t i, std::ptrdiff_t j) noexcept {
    column_of_[static_cast<std::size_t>(i)] = j;
    row_of_[static_cast<std::size_t>(j)] = i;
  }

  struct two_least {
    double first = infinity, second = infinity;
    std::ptrdiff_t column = 0;
  };

  // The least and the second least reduced cost of a row, and the first column of the least.
  [[nodiscard]] two_least two_least_of(std::ptrdiff_t i) const noexcept {
    const double* c = cost_.data() + i * stride_;
    lanes first = vector_at(c) - vector_at(v_.data());
    lanes second = lanes{} + infinity;
    for (std::ptrdiff_t j = width; j < stride_; j += width) {
      const lanes value = vector_at(c + j) - vector_at(v_.data() + j);
      const lanes larger = value < first ? first : value;
      first = value < first ? value : first;
      second = larger < second ? larger : second;
    }
    two_least found;
    for (int k = 0; k < width; ++k)
      for (const double value : {first[k], second[k]})
        if (value < found.first) {
          found.second = found.first;
          found.first = value;
        } else if (value < found.second) {
          found.second = value;
        }
    for (std::ptrdiff_t j = 0; j < columns_; ++j)
      if (c[j] - v_[static_cast<std::size_t>(j)] == found.first) {
        found.column = j;
        break;
      }
    return found;
  }

  // Augmenting row reduction: an unmatched row takes its best column and lowers that column's dual
  // until its second best is as good; the row that it displaces goes on. Bounded, because equal
  // reduced costs and rounding could otherwise pass a column to and fro for ever.
  void reduce_rows() {
    for (int round = 0; round < 2; ++round)
      for (std::ptrdiff_t start_row = 0; start_row < rows_; ++start_row) {
        std::ptrdiff_t i = start_row;
        if (column_of_[static_cast<std::size_t>(i)] != none) continue;
        for (std::ptrdiff_t steps = 0; steps < rows_; ++steps) {
          const two_least found = two_least_of(i);
          if (found.second == infinity || !(found.first < found.second)) {
            u_[static_cast<std::size_t>(i)] = found.first;
            if (row_of_[static_cast<std::size_t>(found.column)] == none) match(i, found.column);
            break;
          }
          const auto j = static_cast<std::size_t>(found.column);
          const std::int64_t displaced = row_of_[j];
          v_[j] -= found.second - found.first;
          u_[static_cast<std::size_t>(i)] = found.second;
          match(i, found.column);
          if (displaced == none) break;
          column_of_[static_cast<std::size_t>(displaced)] = none;
          i = static_cast<std::ptrdiff_t>(displaced);
          u_[static_cast<std::size_t>(i)] = least_reduced(i);
        }
      }
  }

  [[nodiscard]] double least_reduced(std::ptrdiff_t i) const noexcept {
    const double* c = cost_.data() + i * stride_;
    lanes least = vector_at(c) - vector_at(v_.data());
    for (std::ptrdiff_t j = width; j < stride_; j += width) {
      const lanes value = vector_at(c + j) - vector_at(v_.data() + j);
      least = value < least ? value : least;
    }
    return least_of(least);
  }

  // Dijkstra from `source` over reduced costs to the nearest free column.
  [[nodiscard]] bool augment(std::ptrdiff_t source) {
    for (std::ptrdiff_t j = 0; j < stride_; ++j) {
      taken_[static_cast<std::size_t>(j)] =
          row_of_[static_cast<std::size_t>(j)] == none ? 0 : infinity;
      open_[static_cast<std::size_t>(j)] = v_[static_cast<std::size_t>(j)];
      distance_[static_cast<std::size_t>(j)] = infinity;
    }
    scanned_.clear();
    std::ptrdiff_t i = source;
    double reached = 0;
    std::ptrdiff_t sink = none;
    for (;;) {
      const nearest found = relax(i, reached);
      if (found.distance == infinity) return false;
      reached = found.distance;
      if (found.free) {
        sink = found.column;
        break;
      }
      const auto j = static_cast<std::size_t>(found.column);
      scanned_.push_back({found.column, reached});
      open_[j] = -infinity;
      distance_[j] = infinity;
      i = static_cast<std::ptrdiff_t>(row_of_[j]);
    }
    u_[static_cast<std::size_t>(source)] += reached;
    for (const scan& s : scanned_) {
      const auto j = static_cast<std::size_t>(s.column);
      v_[j] -= reached - s.distance;
      u_[static_cast<std::size_t>(row_of_[j])] += reached - s.distance;
    }
    for (std::int64_t j = sink; j != none;) {
      const std::int64_t row = parent_[static_cast<std::size_t>(j)];
      const std::int64_t next = column_of_[static_cast<std::size_t>(row)];
      match(static_cast<std::ptrdiff_t>(row), static_cast<std::ptrdiff_t>(j));
      j = row == source ? none : next;
    }
    return true;
  }

  struct nearest {
    double distance;
    std::ptrdiff_t column;
    bool free;
  };

  // The least of the lanes, and the smallest of the columns that attain it.
  [[nodiscard]] static nearest least_of(lanes values, integers columns, bool free) noexcept {
    nearest found{values[0], static_cast<std::ptrdiff_t>(columns[0]), free};
    for (int k = 1; k < width; ++k)
      if (values[k] < found.distance || (values[k] == found.distance && columns[k] < found.column))
        found = {values[k], static_cast<std::ptrdiff_t>(columns[k]), free};
    return found;
  }

  // Shortens the distances of open columns through row i; gives the nearest column, a free one if
  // it is as near as any.
  [[nodiscard]] nearest relax(std::ptrdiff_t i, double reached) noexcept {
    const double* c = cost_.data() + i * stride_;
    const double base = reached - u_[static_cast<std::size_t>(i)];
    const integers from = integers{} + static_cast<std::int64_t>(i);
    lanes least = lanes{} + infinity, least_free = least;
    integers column{}, column_free{}, here;
    for (int k = 0; k < width; ++k) here[k] = k;
    for (std::ptrdiff_t j = 0; j < stride_; j += width, here += width) {
      const lanes known = vector_at(distance_.data() + j);
      const lanes through = (vector_at(c + j) - vector_at(open_.data() + j)) + base;
      const integers nearer = through < known;
      const lanes distance = nearer ? through : known;
      store(distance_.data() + j, distance);
      const auto parent = load<integers>(parent_.data() + j);
      store(parent_.data() + j, nearer ? from : parent);
      const integers better = distance < least;
      least = better ? distance : least;
      column = better ? here : column;
      const lanes if_free = distance + vector_at(taken_.data() + j);
      const integers better_free = if_free < least_free;
      least_free = better_free ? if_free : least_free;
      column_free = better_free ? here : column_free;
    }
    const nearest any = least_of(least, column, false);
    const nearest free = least_of(least_free, column_free, true);
    return free.distance == any.distance ? free : any;
  }

  struct scan {
    std::ptrdiff_t column;
    double distance;
  };

  std::ptrdiff_t rows_ = 0, columns_ = 0, stride_ = 0;
  std::vector<double> cost_;             // [rows, stride]
  std::vector<double> u_, v_;            // [rows], [stride]
  std::vector<double> open_, distance_;  // [stride] v of columns not yet scanned, else -inf
  std::vector<double> taken_;            // [stride] 0 for free columns, else infinity
  std::vector<std::int64_t> parent_;     // [stride] the row before a column on the shortest path
  std::vector<std::int64_t> column_of_;  // [rows]
  std::vector<std::int64_t> row_of_;     // [stride]
  std::vector<scan> scanned_;
};

}  // namespace s2d::inline S2D_ABI::detail
