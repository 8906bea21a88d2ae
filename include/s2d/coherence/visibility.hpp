// Where a mask is seen: the share of its points that are visible in every frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/cluster/hamming.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/share.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {

/// The number of visible points in every frame. [T], complexity T * N.
[[nodiscard]] inline std::vector<std::uint32_t> count_visible(const point_tracks& tracks) {
  std::vector<std::uint32_t> counts(tracks.frames);
  for (std::size_t t = 0; t < tracks.frames; ++t) {
    std::uint32_t count = 0;
    for (const std::uint8_t seen : tracks.visibility(t)) count += seen != 0 ? 1u : 0u;
    counts[t] = count;
  }
  return counts;
}

/// Masks x frames: bit (i, t) is set where more than `threshold` of the points of mask i are
/// visible in frame t, strictly and without rounding trouble (see `exceeds`). A mask without
/// points is visible nowhere.
///
/// @param visible    [M, T] number of visible points
/// @param points     [M] number of points
/// @param threshold  in [0, 1]; 0.3 in the method
/// @throws invalid_input if points.size() != M or the threshold is outside [0, 1] or NaN
[[nodiscard]] inline bit_matrix visible_frames(const matrix<std::uint32_t>& visible,
                                               const std::vector<std::uint32_t>& points,
                                               double threshold = 0.3) {
  require(points.size() == static_cast<std::size_t>(visible.height),
          "visible_frames: ", points.size(), " numbers of points for ", visible.height, " masks");
  require(threshold >= 0.0 && threshold <= 1.0, "visible_frames: threshold is ", threshold,
          ", expected 0 to 1");
  bit_matrix rows(visible.height, visible.width);
  for (std::ptrdiff_t i = 0; i < visible.height; ++i) {
    const std::size_t all = points[static_cast<std::size_t>(i)];
    if (all == 0) continue;
    const std::size_t limit = largest_share(threshold, all);
    for (std::ptrdiff_t t = 0; t < visible.width; ++t)
      if (visible(i, t) > limit) rows.set(i, t);
  }
  return rows;
}

}  // namespace s2d::inline S2D_ABI
