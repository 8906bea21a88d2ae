// Which objects of overlapping windows of a long video are the same.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/tube.hpp>

namespace s2d::inline S2D_ABI {

/// Pairs rows and columns, best value first: the pair of the largest value above `threshold` is
/// taken, its row and column leave, and so on. Of equal values the first row wins, then the first
/// column.
///
/// @param values     [n, m], for instance tube_iou of the objects of two windows
/// @param threshold  values must exceed it, strictly; 0.5 joins what is mostly the same
/// @return (row, column), rows ascending; each row and each column at most once
/// Complexity: n m log(n m).
[[nodiscard]] inline std::vector<std::pair<std::size_t, std::size_t>> best_pairs(
    const matrix<double>& values, double threshold = 0.5) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < values.values.size(); ++i)
    if (values.values[i] > threshold) order.push_back(i);
  detail::sort_stably(
      order, [&](std::size_t i, std::size_t j) { return values.values[i] > values.values[j]; });
  const auto columns = static_cast<std::size_t>(values.width);
  std::vector<bool> row_used(static_cast<std::size_t>(values.height)), column_used(columns);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const std::size_t i : order) {
    const std::size_t row = i / columns, column = i % columns;
    if (row_used[row] || column_used[column]) continue;
    row_used[row] = column_used[column] = true;
    pairs.emplace_back(row, column);
  }
  detail::sort_stably(pairs);
  return pairs;
}

/// Numbers the objects of a long video: objects of neighbouring windows that are joined share a
/// number. Windows that have no frame in common have no objects in common.
///
/// @param windows    [W][objects] tubes with frames counted from the start of the video (see
///                   tube_iou), windows in the order of time
/// @param threshold  least tube IoU, exceeded strictly, over the frames in which both have a mask
/// @return [W][objects] numbers 0, 1, .. in the order of first appearance
/// @throws invalid_input if masks of one frame differ in size
template <class Tube>
[[nodiscard]] std::vector<std::vector<std::size_t>> join_windows(
    const std::vector<std::vector<Tube>>& windows, double threshold = 0.5) {
  std::vector<std::vector<std::size_t>> number(windows.size());
  std::size_t next = 0;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    constexpr auto unknown = static_cast<std::size_t>(-1);
    number[w].assign(windows[w].size(), unknown);
    if (w > 0) {
      const auto& earlier = windows[w - 1];
      matrix<double> overlap(static_cast<std::ptrdiff_t>(earlier.size()),
                             static_cast<std::ptrdiff_t>(windows[w].size()));
      for (std::size_t i = 0; i < earlier.size(); ++i)
        for (std::size_t j = 0; j < windows[w].size(); ++j)
          overlap(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)) =
              tube_iou(earlier[i], windows[w][j]);
      for (const auto& [i, j] : best_pairs(overlap, threshold)) number[w][j] = number[w - 1][i];
    }
    for (std::size_t& n : number[w])
      if (n == unknown) n = next++;
  }
  return number;
}

}  // namespace s2d::inline S2D_ABI
