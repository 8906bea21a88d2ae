// Non-maximum suppression: of masks or tubes that overlap too much, the best one stays.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/detail/strip_masks.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/tube.hpp>

namespace s2d::inline S2D_ABI {

/// A contiguous list of numbers.
template <class Scores>
concept score_list = requires(const Scores& scores) {
  std::span{scores};
}
&&std::is_arithmetic_v<typename decltype(std::span{std::declval<const Scores&>()})::value_type>;

struct nms_options {
  double threshold = 0.75;  ///< greatest overlap with a better one that is kept stays; in [0, 1]
  s2d::over over = s2d::over::either;  ///< of masks; tubes always take the union
};

namespace detail {

/// Items in descending order of score, those of equal score in the order of the list.
template <class Scores>
[[nodiscard]] std::vector<std::size_t> by_score(const Scores& scores, std::size_t expected,
                                                const nms_options& options) {
  const std::span values{scores};
  require(values.size() == expected, "nms: ", values.size(), " scores, expected ", expected);
  require(options.threshold >= 0 && options.threshold <= 1, "nms: threshold is ", options.threshold,
          ", expected 0 to 1");
  for (std::size_t i = 0; i < values.size(); ++i)
    require(values[i] == values[i], "nms: score ", i, " is not a number");
  std::vector<std::size_t> order(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  sort_stably(order, [&](std::size_t i, std::size_t j) { return values[i] > values[j]; });
  return order;
}

template <class Overlap>
[[nodiscard]] std::vector<std::size_t> keep_best(const std::vector<std::size_t>& order,
                                                 double threshold, const Overlap& overlap) {
  std::vector<std::size_t> kept;
  for (const std::size_t item : order) {
    bool stays = true;
    for (std::size_t k = 0; k < kept.size() && stays; ++k)
      stays = !(overlap(kept[k], item) > threshold);
    if (stays) kept.push_back(item);
  }
  return kept;
}

}  // namespace detail

/// Greedy suppression by a table of overlaps: items are taken in descending order of score, and one
/// stays if it overlaps every better one that stays by at most the threshold. Of equal scores the
/// earlier item comes first.
///
/// @param overlaps  [n, n] row: the better item, column: the other; for instance iou or tube_iou
/// @param scores    [n] any numbers but NaN
/// @return indices of the items that stay, best first
/// @throws invalid_input if the extents do not fit, the threshold is outside [0, 1], or a score is
///         not a number
/// Complexity: O(n log n + n k) for k items that stay.
template <class Value, score_list Scores>
[[nodiscard]] std::vector<std::size_t> nms(const matrix<Value>& overlaps, const Scores& scores,
                                           const nms_options& options = {}) {
  require(overlaps.height == overlaps.width, "nms: overlaps are ", overlaps.height, " x ",
          overlaps.width, ", expected a square");
  const auto order = detail::by_score(scores, static_cast<std::size_t>(overlaps.height), options);
  return detail::keep_best(order, options.threshold, [&](std::size_t better, std::size_t item) {
    return overlaps(static_cast<std::ptrdiff_t>(better), static_cast<std::ptrdiff_t>(item));
  });
}

/// The same for masks of one size, compared only with those that stay. With over::first the divisor
/// is the area of the better mask.
/// @param masks  [n] of one form; runs and dense masks are packed and cropped to their boxes first
/// @throws invalid_input as above, and if sizes differ
template <mask_list Masks, score_list Scores>
[[nodiscard]] std::vector<std::size_t> nms(const Masks& masks, const Scores& scores,
                                           const nms_options& options = {}) {
  const std::span items{masks};
  const auto order = detail::by_score(scores, items.size(), options);
  detail::strip_masks packed;
  for (const auto& mask : items) {
    detail::require_size("nms: ", mask, items[0].height, items[0].width);
    packed.add(mask);
  }
  return detail::keep_best(order, options.threshold, [&](std::size_t better, std::size_t item) {
    return detail::overlap_share(packed.entries()[better].area, packed.entries()[item].area,
                                 detail::strip_masks::common(packed, better, packed, item),
                                 options.over, 0);
  });
}

/// The same for tubes, by their spatio-temporal IoU over all frames: a frame in which one tube has
/// no mask counts as an empty mask.
/// @throws invalid_input as above, and as tube_iou
template <tube_list Tubes, score_list Scores>
[[nodiscard]] std::vector<std::size_t> nms(const Tubes& tubes, const Scores& scores,
                                           const nms_options& options = {}) {
  const auto order = detail::by_score(scores, std::span{tubes}.size(), options);
  const matrix<double> overlaps = tube_iou<double>(tubes, tubes, absent_frame::empty);
  return detail::keep_best(order, options.threshold, [&](std::size_t better, std::size_t item) {
    return overlaps(static_cast<std::ptrdiff_t>(better), static_cast<std::ptrdiff_t>(item));
  });
}

}  // namespace s2d::inline S2D_ABI
