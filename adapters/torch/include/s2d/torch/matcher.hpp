// Which query stands for which instance of a clip.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/assign/hungarian.hpp>
#include <s2d/core/error.hpp>
#include <s2d/torch/mask_loss_kernel.hpp>
#include <s2d/torch/matcher_points.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/training_clip.hpp>
#include <s2d/torch/transformer_decoder.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// The masks that a clip's queries shall take.
struct clip_targets {
  ::torch::Tensor masks;    ///< [n, f, h, w] float in [0, 1]
  ::torch::Tensor weights;  ///< [n, f] float, see training_clip
  std::string name;
};

struct matcher_options {
  double class_weight = 0;
  double mask_weight = 5;
  double dice_weight = 5;
  /// Points a clip, the same in all frames; 0: every cell of the mask logits, against the mean of
  /// the target in that cell.
  std::int64_t points = 160'000;
  /// Whether frames without mask are left out of an instance's cost and instances without any mask
  /// are not matched. Officially such frames count as background.
  bool labelled_frames_only = false;
};

/// The parts of the cost, each [q, n].
struct match_costs {
  ::torch::Tensor class_, mask, dice;
};

/// Pairs of a clip: query queries[i] stands for instance instances[i]; queries ascend.
struct clip_match {
  std::vector<std::int64_t> queries, instances;
};

namespace detail {

/// Sums over points of one clip; points are visited in pieces of bounded size.
struct cost_sums {
  ::torch::Tensor softplus, sigmoid;  // [q, f]
  ::torch::Tensor product, overlap;   // [q, n]: <logit, target>, <sigmoid, target>
  ::torch::Tensor target;             // [n]
  std::int64_t points = 0;            // in every frame

  /// logits [q, f, p], targets [n, f, p], counted [n, f].
  void add(const ::torch::Tensor& logits, const ::torch::Tensor& targets,
           const ::torch::Tensor& counted) {
    const auto flat = (targets * counted.unsqueeze(2)).flatten(1);
    const auto probability = logits.sigmoid();
    const auto plus = ::at::softplus(logits).sum(2);
    const auto mass = probability.sum(2);
    const auto with_logits = logits.flatten(1).mm(flat.t());
    const auto with_probabilities = probability.flatten(1).mm(flat.t());
    const auto area = flat.sum(1);
    points += logits.size(2);
    if (!softplus.defined()) {
      softplus = plus, sigmoid = mass, product = with_logits, overlap = with_probabilities;
      target = area;
    } else {
      softplus += plus, sigmoid += mass, product += with_logits, overlap += with_probabilities;
      target += area;
    }
  }

  void finish(const ::torch::Tensor& counted, match_costs& costs) const {
    const auto frames = counted.t();
    const auto length = (counted.sum(1) * static_cast<double>(points)).clamp_min(1);
    costs.mask = (softplus.mm(frames) - product) / length;
    costs.dice = 1 - (2 * overlap + 1) / (sigmoid.mm(frames) + target + 1);
  }
};

inline constexpr std::int64_t values_at_once = 1 << 23;

/// Whether an instance has a mask in a frame: [n, f] float, 0 or 1. An empty mask is none.
inline ::torch::Tensor labelled_frames(const ::torch::Tensor& masks, const ::torch::Tensor& weights,
                                       double least_area) {
  return ((weights > 0) & (masks.sum({2, 3}) > least_area)).to(::torch::kFloat);
}

}  // namespace detail

/// What it costs to let each query stand for each instance: class -p(object); mask, the mean
/// binary cross entropy; dice, 1 - smoothed Dice coefficient.
/// @param class_logits  [q, classes + 1]
/// @param mask_logits   [q, f, h, w]
/// @param targets       [n, f, H, W] float; if points are undefined [n, f, h, w]
/// @param counted       [n, f] float: 1 where a frame counts for an instance, else 0
/// @param points        [1, p, 2], see point_source; undefined: all cells
/// Memory: at most 2^23 values a tensor, whatever the number of points; nothing of the size of
/// the points where the device has a kernel (mask_loss_kernel.hpp).
[[nodiscard]] inline match_costs matching_costs(const ::torch::Tensor& class_logits,
                                                const ::torch::Tensor& mask_logits,
                                                const ::torch::Tensor& targets,
                                                const ::torch::Tensor& counted,
                                                const ::torch::Tensor& points = {}) {
  const ::torch::NoGradGuard guard;
  require_shape(class_logits, {any, any}, "matching_costs: class_logits");
  const auto q = class_logits.size(0);
  require_shape(mask_logits, {q, any, any, any}, "matching_costs: mask_logits");
  const auto f = mask_logits.size(1);
  require_shape(targets, {any, f, any, any}, "matching_costs: targets");
  const auto n = targets.size(0);
  require_shape(counted, {n, f}, "matching_costs: counted");
  const auto logits = mask_logits.to(::torch::kFloat);
  match_costs costs;
  costs.class_ = -class_logits.to(::torch::kFloat).softmax(-1).narrow(1, 0, 1).expand({q, n});
  detail::cost_sums sums;
  if (n == 0) {
    costs.mask = costs.dice = logits.new_zeros({q, 0});
  } else if (!points.defined()) {
    require_shape(targets, {n, f, mask_logits.size(2), mask_logits.size(3)},
                  "matching_costs: targets");
    sums.add(logits.flatten(2), targets.flatten(2), counted);
    sums.finish(counted, costs);
  } else {
    require_shape(points, {1, any, 2}, "matching_costs: points");
    if (const auto fused = mask_loss_kernel_of(logits.device().type()).costs; fused != nullptr) {
      auto [mask, dice] = fused(logits.contiguous(), targets.to(::torch::kFloat).contiguous(),
                                counted.to(::torch::kFloat).contiguous(),
                                points.select(0, 0).to(::torch::kFloat).contiguous());
      costs.mask = std::move(mask);
      costs.dice = std::move(dice);
      return costs;
    }
    const auto total = points.size(1);
    const auto step = (std::max)(std::int64_t{1}, detail::values_at_once / ((std::max)(q, n) * f));
    const auto prediction = logits.flatten(0, 1).unsqueeze(0);
    const auto target = targets.flatten(0, 1).unsqueeze(0);
    for (std::int64_t begin = 0; begin < total; begin += step) {
      const auto here = points.slice(1, begin, (std::min)(begin + step, total));
      sums.add(detail::sample_maps(prediction, here).view({q, f, -1}),
               detail::sample_maps(target, here).view({n, f, -1}), counted);
    }
    sums.finish(counted, costs);
  }
  return costs;
}

/// The weighted sum of the parts, [q, n].
[[nodiscard]] inline ::torch::Tensor total_cost(const match_costs& costs,
                                                const matcher_options& options) {
  return options.mask_weight * costs.mask + options.class_weight * costs.class_ +
         options.dice_weight * costs.dice;
}

/// The queries whose smoothed Dice coefficient d gives an overlap d / (2 - d + 1e-6) of at most
/// 0.01 with every instance; all queries if there is none.
/// @param dice  [q, n], match_costs::dice
[[nodiscard]] inline ::torch::Tensor unmatched_queries(const ::torch::Tensor& dice) {
  require_shape(dice, {any, any}, "unmatched_queries: dice");
  if (dice.size(1) == 0) return ::torch::arange(dice.size(0), dice.options().dtype(::torch::kLong));
  const auto d = 1 - dice;
  return ((d / (2 - d + 1e-6)).amax(1) <= 0.01).nonzero().squeeze(1);
}

/// The matching of least total cost. Instances that are not `candidates` stay without a query.
/// @param cost        [q, n] float on the CPU
/// @param candidates  [n] or empty: all
/// @throws invalid_input naming the clip if a cost is not finite
[[nodiscard]] inline clip_match match_queries(const ::torch::Tensor& cost, std::string_view name,
                                              const std::vector<bool>& candidates = {}) {
  const auto plane = as_plane<const float>(cost, "match_queries: cost");
  std::vector<std::int64_t> columns;
  for (std::int64_t j = 0; j < plane.width; ++j)
    if (candidates.empty() || candidates[static_cast<std::size_t>(j)]) columns.push_back(j);
  matrix<float> table(plane.height, static_cast<std::ptrdiff_t>(columns.size()));
  for (std::ptrdiff_t i = 0; i < table.height; ++i)
    for (std::ptrdiff_t j = 0; j < table.width; ++j) {
      const float value = plane(i, columns[static_cast<std::size_t>(j)]);
      require(std::isfinite(value), "clip ", name, ": the prediction of query ", i,
              " is not finite (cost of instance ", columns[static_cast<std::size_t>(j)], " is ",
              value, ")");
      table(i, j) = value;
    }
  clip_match match;
  const auto found = hungarian(table);
  for (std::size_t i = 0; i < found->column_of.size(); ++i)
    if (found->column_of[i] != assignment::none) {
      match.queries.push_back(static_cast<std::int64_t>(i));
      match.instances.push_back(columns[static_cast<std::size_t>(found->column_of[i])]);
    }
  return match;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
