// The matching cost of a clip, straight from its mask logits and pseudo masks.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <s2d/assign/matching_cost.hpp>
#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>
#include <s2d/loss/clip_view.hpp>
#include <s2d/loss/point_sample.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// The points in the order of the rows of a plane that they lie in, so that a block of points reads
/// a few rows of each plane; equal rows keep their order.
template <class T>
[[nodiscard]] matrix<T> by_rows(const plane_view<const T>& points, std::ptrdiff_t rows) {
  const auto bin = [&](std::ptrdiff_t p) {
    const T row = points(p, 1) * static_cast<T>(rows);
    const T last = static_cast<T>(rows - 1);
    return static_cast<std::size_t>(row > 0 ? (row < last ? row : last) : T{0});
  };
  std::vector<std::ptrdiff_t> next(static_cast<std::size_t>(rows > 0 ? rows : 1) + 1);
  for (std::ptrdiff_t p = 0; p < points.height; ++p) ++next[bin(p) + 1];
  for (std::size_t r = 1; r < next.size(); ++r) next[r] += next[r - 1];
  matrix<T> sorted(points.height, 2);
  for (std::ptrdiff_t p = 0; p < points.height; ++p) {
    const std::ptrdiff_t to = next[bin(p)]++;
    sorted(to, 0) = points(p, 0);
    sorted(to, 1) = points(p, 1);
  }
  return sorted;
}

}  // namespace detail

/// The matching cost of one clip: matching_cost of the maps sampled at `points`, the same ones in
/// every frame, query and target. Sampled blocks are used at once: where all t * p samples of all
/// queries would take hundreds of megabytes, this keeps a block, and a copy of the points ordered
/// by rows. The order in which points are given can change the last bits of sums.
///
/// @param logits    [q, t, h, w]
/// @param targets   [n, t, H, W] bool or whole numbers (non-zero is mask) or parts in [0, 1]
/// @param points    [p, 2] x and y in [0, 1]
/// @param classes, labelled, result, exceptions  as for matching_cost of sampled values;
///                  temporal_drop_weights(targets) gives `labelled`
template <std::floating_point T, class Pixel>
[[nodiscard]] matrix<T> matching_cost(clip_view<const T> logits, clip_view<Pixel> targets,
                                      std::type_identity_t<plane_view<const T>> points,
                                      const matching_cost_options& options = {},
                                      const std::type_identity_t<matching_classes<T>>& classes = {},
                                      plane_view<const float> labelled = {}) {
  require(logits.frames == targets.frames, "matching_cost: logits have ", logits.frames,
          " frames, targets ", targets.frames);
  require(points.width == 2 || points.empty(), "matching_cost: points are [", points.height, ", ",
          points.width, "], expected [p, 2] (x, y)");
  const bool any = logits.count > 0 && targets.count > 0 && logits.frames > 0;
  if (any) {
    detail::require_samplable("matching_cost", logits.plane(0, 0));
    detail::require_samplable("matching_cost", targets.plane(0, 0));
  }
  const matrix<T> sorted = detail::by_rows(points, logits.height);
  static_assert(detail::matching_sums<T>::block <= detail::point_taps<T>::capacity);
  return detail::sum_matching<T>(
      logits.count, targets.count, logits.frames, points.height, labelled, options, classes, [&] {
        return [&, placed = std::ptrdiff_t{-1}, of_logits = detail::point_taps<T>{},
                of_targets = detail::point_taps<T>{}](
                   detail::matching_sums<T>& sums, std::ptrdiff_t first, std::ptrdiff_t count,
                   std::ptrdiff_t t, std::ptrdiff_t p, std::ptrdiff_t n) mutable {
          if (placed != p) {
            of_logits.place(logits.plane(0, 0), sorted.row(p), 2, 1, n);
            of_targets.place(targets.plane(0, 0), sorted.row(p), 2, 1, n);
            placed = p;
          }
          for (std::ptrdiff_t q = 0; q < count; ++q)
            of_logits.gather(detail::data_or_null(logits.plane(first + q, t)), sums.logits(q));
          std::ptrdiff_t k = 0;
          for (const std::ptrdiff_t i : sums.active())
            of_targets.gather(detail::data_or_null(targets.plane(i, t)), sums.target(k++));
        };
      });
}

}  // namespace s2d::inline S2D_ABI
