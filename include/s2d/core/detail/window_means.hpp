// Means over windows of several planes at once, in time that does not depend on the windows' size.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI::detail {

/// One over the length of every window of 2 r + 1 cells of a line of n, cut at its ends.
inline std::vector<double> window_shares(std::ptrdiff_t n, std::ptrdiff_t r) {
  std::vector<double> shares;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const std::ptrdiff_t first = i > r ? i - r : 0, last = i + r < n ? i + r : n - 1;
    shares.push_back(1.0 / static_cast<double>(last - first + 1));
  }
  return shares;
}

/// The means of N planes in every window of (2 r + 1)^2 cells, cut at the border. Running sums are
/// kept in double: they neither drift nor depend on what lies far behind. O(height width N), memory
/// for 2 r + 1 rows.
/// @param read  read(y, cells) writes row y, called once for every row, in order
/// @param give  give(y, cells) takes the means around the cells of row y, once for every row, in
///              order; rows up to y + r have been read before
template <std::size_t N, class Read, class Give>
void window_means(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t r, const Read& read,
                  const Give& give) {
  using cells = std::array<float, N>;
  using sums = std::array<double, N>;
  const auto at = [](std::ptrdiff_t i) { return static_cast<std::size_t>(i); };
  const std::ptrdiff_t longer = height < width ? width : height;
  r = r < longer ? r : longer;
  const std::vector<double> of_rows = window_shares(height, r),
                            of_columns = window_shares(width, r);
  // What is outside of the plane is zero, so that a step is one addition and one subtraction.
  std::vector<sums> padded(at(width + 2 * r + 1));
  sums* column = padded.data() + r + 1;
  matrix<cells> ring(2 * r + 1, width);
  std::vector<cells> fresh(at(width)), means(at(width));
  for (std::ptrdiff_t y = -r; y < height; ++y) {
    cells* oldest = ring.row((y + r) % ring.height);  // row y - r - 1
    if (y + r < height)
      read(y + r, fresh.data());
    else
      fresh.assign(fresh.size(), cells{});
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      const cells& in = fresh[at(x)];
      for (std::size_t c = 0; c < N; ++c)
        column[x][c] += static_cast<double>(in[c]) - static_cast<double>(oldest[x][c]);
      oldest[x] = in;
    }
    if (y < 0) continue;
    sums sum{};
    for (std::ptrdiff_t x = -r; x < width; ++x) {
      const sums& entering = column[x + r];
      const sums& leaving = column[x < 0 ? -1 : x - r - 1];
      for (std::size_t c = 0; c < N; ++c) sum[c] += entering[c] - leaving[c];
      if (x < 0) continue;
      const double share = of_rows[at(y)] * of_columns[at(x)];
      for (std::size_t c = 0; c < N; ++c) means[at(x)][c] = static_cast<float>(sum[c] * share);
    }
    give(y, static_cast<const cells*>(means.data()));
  }
}

}  // namespace s2d::inline S2D_ABI::detail
