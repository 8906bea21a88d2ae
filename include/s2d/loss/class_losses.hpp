// Losses of class scores: weighted cross entropy, and CutLER's DropLoss of a box head.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// log(sum of e^score) of one row, in double.
template <class T>
[[nodiscard]] double log_sum_exp(const plane_view<const T>& scores, std::ptrdiff_t row) {
  double largest = static_cast<double>(scores(row, 0));
  for (std::ptrdiff_t c = 1; c < scores.width; ++c) {
    const double score = static_cast<double>(scores(row, c));
    largest = score > largest ? score : largest;
  }
  double sum = 0;
  for (std::ptrdiff_t c = 0; c < scores.width; ++c)
    sum += std::exp(static_cast<double>(scores(row, c)) - largest);
  return largest + std::log(sum);
}

/// sum over rows of weight_of(row) * cross entropy; the gradient times `scale` is added.
template <class T, class WeightOf>
[[nodiscard]] double sum_cross_entropy(const plane_view<const T>& scores,
                                       std::span<const std::int64_t> classes,
                                       const WeightOf& weight_of, const plane_view<T>& gradient,
                                       double scale) {
  double sum = 0;
  for (std::ptrdiff_t row = 0; row < scores.height; ++row) {
    const double weight = weight_of(row);
    if (weight == 0) continue;
    const auto wanted = static_cast<std::ptrdiff_t>(classes[static_cast<std::size_t>(row)]);
    const double total = log_sum_exp(scores, row);
    sum += weight * (total - static_cast<double>(scores(row, wanted)));
    if (gradient.data == nullptr) continue;
    for (std::ptrdiff_t c = 0; c < scores.width; ++c) {
      const double p = std::exp(static_cast<double>(scores(row, c)) - total);
      gradient(row, c) += static_cast<T>(scale * weight * (p - (c == wanted ? 1 : 0)));
    }
  }
  return sum;
}

template <class T>
void require_classes(const char* what, const plane_view<const T>& scores,
                     std::span<const std::int64_t> classes, const plane_view<T>& gradient) {
  require(static_cast<std::ptrdiff_t>(classes.size()) == scores.height, what, ": ", scores.height,
          " rows of scores, but ", classes.size(), " classes");
  for (std::size_t row = 0; row < classes.size(); ++row)
    require(classes[row] >= 0 && classes[row] < scores.width, what, ": row ", row, " is of class ",
            classes[row], ", there are ", scores.width);
  if (gradient.data != nullptr) require_same_size(what, scores, gradient);
}

}  // namespace detail

/// Weighted softmax cross entropy of all queries of a batch, divided by the sum of the weights
/// used: loss_ce. Unmatched queries are of the last class, "no object", whose weight is 0.1 in S2D.
///
/// Stable for scores of any finite size. 0 where all weights used are 0 or there are no queries.
///
/// @param scores    [q, c] class logits
/// @param classes   [q] in [0, c)
/// @param weights   [c] >= 0
/// @param gradient  [q, c] or empty; `scale` times the derivative is added
/// @throws invalid_input if extents do not fit, a class is out of range or a weight is negative
template <std::floating_point T>
double class_loss(plane_view<const T> scores, std::span<const std::int64_t> classes,
                  std::type_identity_t<std::span<const T>> weights,
                  std::type_identity_t<plane_view<T>> gradient = {}, double scale = 1) {
  detail::require_classes("class_loss", scores, classes, gradient);
  require(static_cast<std::ptrdiff_t>(weights.size()) == scores.width,
          "class_loss: ", weights.size(), " weights for ", scores.width, " classes");
  for (std::size_t c = 0; c < weights.size(); ++c)
    require(weights[c] >= 0, "class_loss: the weight of class ", c, " is ", weights[c],
            ", expected at least 0");
  const auto weight_of = [&](std::ptrdiff_t row) {
    return static_cast<double>(
        weights[static_cast<std::size_t>(classes[static_cast<std::size_t>(row)])]);
  };
  double used = 0;
  for (std::ptrdiff_t row = 0; row < scores.height; ++row) used += weight_of(row);
  if (used == 0) return 0;
  return detail::sum_cross_entropy(scores, classes, weight_of, gradient, scale / used) / used;
}

/// A loss of proposals and how many of them it looked at.
struct kept_loss {
  double value = 0;
  std::ptrdiff_t kept = 0;
};

/// CutLER's DropLoss: the classification loss of a detector's box head, where proposals whose
/// predicted box touches no pseudo box weigh nothing, so that what the pseudo labels missed is not
/// taught to be background.
///
/// mean over all rows of [best_iou > threshold] * softmax cross entropy; rows that are dropped
/// count in the divisor. Box losses are not touched.
///
/// @param scores    [r, c] class logits
/// @param classes   [r] in [0, c)
/// @param best_iou  [r] of the predicted boxes with the image's pseudo boxes (best_box_iou), or
/// empty
///                  where there are no pseudo boxes: nothing is dropped
/// @param threshold strictly exceeded by rows that are kept
/// @param gradient  [r, c] or empty; `scale` times the derivative is added
/// @throws invalid_input if extents do not fit or a class is out of range
/// Source: Wang, Girdhar, Yu, Misra, Cut and Learn, CVPR 2023.
template <std::floating_point T>
kept_loss drop_loss(plane_view<const T> scores, std::span<const std::int64_t> classes,
                    std::type_identity_t<std::span<const T>> best_iou, double threshold = 0.01,
                    std::type_identity_t<plane_view<T>> gradient = {}, double scale = 1) {
  detail::require_classes("drop_loss", scores, classes, gradient);
  require(best_iou.empty() || best_iou.size() == classes.size(), "drop_loss: ", classes.size(),
          " rows of scores, but ", best_iou.size(), " IoUs");
  kept_loss result;
  if (scores.height == 0) return result;
  const double rows = static_cast<double>(scores.height);
  const auto weight_of = [&](std::ptrdiff_t row) {
    const bool kept =
        best_iou.empty() || best_iou[static_cast<std::size_t>(row)] > static_cast<T>(threshold);
    result.kept += kept;
    return kept ? 1.0 : 0.0;
  };
  result.value =
      detail::sum_cross_entropy(scores, classes, weight_of, gradient, scale / rows) / rows;
  return result;
}

}  // namespace s2d::inline S2D_ABI
