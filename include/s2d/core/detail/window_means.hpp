// Means over windows of a plane, in time that does not depend on their size.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI::detail {

/// Sums over windows of 2 r + 1 cells of a line of n, cut at its ends. The running sum is kept in
/// double: it neither drifts nor depends on what lies far behind.
template <class Add, class Remove, class Give>
void slide(std::ptrdiff_t n, std::ptrdiff_t r, const Add& add, const Remove& remove,
           const Give& give) {
  for (std::ptrdiff_t i = 0; i < r && i < n; ++i) add(i);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    if (i + r < n) add(i + r);
    if (i > r) remove(i - r - 1);
    const std::ptrdiff_t first = i > r ? i - r : 0, last = i + r < n ? i + r : n - 1;
    give(i, 1.0 / static_cast<double>(last - first + 1));
  }
}

/// The mean of every window of (2 r + 1)^2 cells, cut at the border of the plane. O(cells).
inline matrix<float> window_means(const matrix<float>& plane, std::ptrdiff_t r) {
  const std::ptrdiff_t width = plane.width;
  matrix<float> rows(plane.height, width), means(plane.height, width);
  for (std::ptrdiff_t y = 0; y < plane.height; ++y) {
    const float* from = plane.row(y);
    float* to = rows.row(y);
    double sum = 0;
    slide(
        width, r, [&](std::ptrdiff_t x) { sum += static_cast<double>(from[x]); },
        [&](std::ptrdiff_t x) { sum -= static_cast<double>(from[x]); },
        [&](std::ptrdiff_t x, double share) { to[x] = static_cast<float>(sum * share); });
  }
  std::vector<double> sums(static_cast<std::size_t>(width));
  double* sum = sums.data();
  const auto each = [&](std::ptrdiff_t y, double sign) {
    const float* from = rows.row(y);
    for (std::ptrdiff_t x = 0; x < width; ++x) sum[x] += sign * static_cast<double>(from[x]);
  };
  slide(
      plane.height, r, [&](std::ptrdiff_t y) { each(y, 1); },
      [&](std::ptrdiff_t y) { each(y, -1); },
      [&](std::ptrdiff_t y, double share) {
        float* to = means.row(y);
        for (std::ptrdiff_t x = 0; x < width; ++x) to[x] = static_cast<float>(sum[x] * share);
      });
  return means;
}

}  // namespace s2d::inline S2D_ABI::detail
