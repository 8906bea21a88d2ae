// Boxes of a detector's box head, as far as CutLER's DropLoss needs them.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// How a box head scales its four outputs; the cascade's stages use 10, 20, 30 for centres.
struct box_delta_weights {
  double x = 10, y = 10, width = 5, height = 5;
};

/// The boxes that a box head predicts: proposals moved and scaled by its outputs.
///
/// Centre + d / weight * extent, extent * e^(d / weight), with the exponent at most log(1000 / 16).
///
/// @param proposals  [r, 4] x0, y0, x1, y1
/// @param deltas     [r, 4] dx, dy, log of width, log of height
/// @param boxes      [r, 4] receives; may be `proposals`
/// @throws invalid_input if extents do not fit
template <std::floating_point T>
void apply_box_deltas(plane_view<const T> proposals,
                      std::type_identity_t<plane_view<const T>> deltas,
                      const box_delta_weights& weights, std::type_identity_t<plane_view<T>> boxes) {
  require(proposals.width == 4, "apply_box_deltas: proposals are [", proposals.height, ", ",
          proposals.width, "], expected [r, 4]");
  detail::require_same_size("apply_box_deltas", proposals, deltas);
  detail::require_same_size("apply_box_deltas", proposals, boxes);
  const T largest = static_cast<T>(std::log(1000.0 / 16));
  const auto grown = [&](T by) { return std::exp(by < largest ? by : largest); };
  for (std::ptrdiff_t r = 0; r < proposals.height; ++r) {
    const T width = proposals(r, 2) - proposals(r, 0), height = proposals(r, 3) - proposals(r, 1);
    const T x = proposals(r, 0) + width / 2 + deltas(r, 0) / static_cast<T>(weights.x) * width;
    const T y = proposals(r, 1) + height / 2 + deltas(r, 1) / static_cast<T>(weights.y) * height;
    const T half_width = width * grown(deltas(r, 2) / static_cast<T>(weights.width)) / 2;
    const T half_height = height * grown(deltas(r, 3) / static_cast<T>(weights.height)) / 2;
    boxes(r, 0) = x - half_width;
    boxes(r, 1) = y - half_height;
    boxes(r, 2) = x + half_width;
    boxes(r, 3) = y + half_height;
  }
}

/// The greatest IoU of each box with any of `truth`; 0 without truth and for empty unions.
///
/// @param boxes  [r, 4] x0, y0, x1, y1
/// @param truth  [g, 4]
/// @param best   [r] receives
/// @throws invalid_input if extents do not fit
/// Complexity: O(r g).
template <std::floating_point T>
void best_box_iou(plane_view<const T> boxes, std::type_identity_t<plane_view<const T>> truth,
                  std::span<T> best) {
  require(boxes.width == 4 && (truth.width == 4 || truth.empty()), "best_box_iou: boxes are [",
          boxes.height, ", ", boxes.width, "] and [", truth.height, ", ", truth.width,
          "], expected [r, 4] and [g, 4]");
  require(static_cast<std::ptrdiff_t>(best.size()) == boxes.height, "best_box_iou: ", boxes.height,
          " boxes, but ", best.size(), " results");
  const auto shorter = [](T a, T b) { return a < b ? a : b; };
  const auto longer = [](T a, T b) { return a > b ? a : b; };
  const auto area = [](const plane_view<const T>& b, std::ptrdiff_t i) {
    return (b(i, 2) - b(i, 0)) * (b(i, 3) - b(i, 1));
  };
  for (std::ptrdiff_t r = 0; r < boxes.height; ++r) {
    T found = 0;
    for (std::ptrdiff_t g = 0; g < (truth.width == 4 ? truth.height : 0); ++g) {
      const T width = shorter(boxes(r, 2), truth(g, 2)) - longer(boxes(r, 0), truth(g, 0));
      const T height = shorter(boxes(r, 3), truth(g, 3)) - longer(boxes(r, 1), truth(g, 1));
      if (!(width > 0 && height > 0)) continue;
      const T both = width * height;
      const T iou = both / (area(boxes, r) + area(truth, g) - both);
      found = iou > found ? iou : found;
    }
    best[static_cast<std::size_t>(r)] = found;
  }
}

}  // namespace s2d::inline S2D_ABI
