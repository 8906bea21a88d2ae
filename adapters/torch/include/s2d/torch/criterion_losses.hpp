// Losses of predicted masks and classes, with their gradients at once: nothing of the size of the
// points outlives the call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/mask_loss_kernel.hpp>
#include <s2d/torch/matcher_points.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Which points of a mask the losses look at.
struct point_options {
  std::int64_t points = 160'000;  ///< a mask; 0: every cell, against the mean of the target there
  double oversample = 3;          ///< candidates for every point
  double importance = 0.75;       ///< share taken from the candidates, most uncertain first
};

/// Losses of k masks, [k] each.
struct mask_losses {
  ::torch::Tensor mask;  ///< mean binary cross entropy
  ::torch::Tensor dice;  ///< 1 - smoothed Dice coefficient
};

namespace detail {

/// Losses [k, 2] of values [k, p], mask then dice, and their gradients.
struct point_losses {
  ::torch::Tensor values;                // [k, 2]
  ::torch::Tensor mask_grad, dice_grad;  // [k, p]

  point_losses(const ::torch::Tensor& x, const ::torch::Tensor& y, bool with_grad) {
    const auto s = x.sigmoid();
    const auto bce = (::at::softplus(x) - x * y).mean(1);
    const auto numerator = 2 * (s * y).sum(1) + 1;
    const auto denominator = s.sum(1) + y.sum(1) + 1;
    values = ::torch::stack({bce, 1 - numerator / denominator}, 1);
    if (!with_grad) return;
    mask_grad = (s - y) / static_cast<double>((std::max)(x.size(1), std::int64_t{1}));
    const auto scale = denominator.square().reciprocal_();
    const auto level = (numerator * scale).unsqueeze(1);
    const auto slope = (-2 * denominator * scale).unsqueeze(1);
    dice_grad = ::torch::addcmul(level, y, slope).mul_(s).mul_(1 - s);
  }
};

/// Points [k, p, 2] of maps [k, 1, h, w]: first those of the candidates whose logit is nearest to
/// zero, then fresh ones.
inline ::torch::Tensor uncertain_points(const ::torch::Tensor& maps, const point_options& options,
                                        std::int64_t output, const point_source& source) {
  using purpose = point_request::purpose;
  const auto k = maps.size(0), p = options.points;
  const auto wanted = static_cast<std::int64_t>(options.importance * static_cast<double>(p));
  const auto candidates = static_cast<std::int64_t>(options.oversample * static_cast<double>(p));
  const auto from = source({purpose::candidates, output, 0, k, candidates});
  const auto doubt = sample_maps(maps, from).squeeze(1).abs_();
  const auto chosen = std::get<1>(doubt.topk(wanted, 1, false, false));
  const auto certain = from.gather(1, chosen.unsqueeze(2).expand({k, wanted, 2}));
  if (wanted == p) return certain;
  return ::torch::cat({certain, source({purpose::fresh, output, 0, k, p - wanted})}, 1);
}

/// [k, 2] losses of logits [k, h, w] against targets [k, H, W].
struct mask_loss_function : ::torch::autograd::Function<mask_loss_function> {
  static ::torch::Tensor forward(::torch::autograd::AutogradContext* context,
                                 const ::torch::Tensor& logits, const ::torch::Tensor& targets,
                                 const point_options* options, std::int64_t output,
                                 const point_source* source) {
    const bool with_grad = logits.requires_grad();
    const auto k = logits.size(0), h = logits.size(1), w = logits.size(2);
    ::torch::Tensor values, grads;
    if (k == 0) {
      values = logits.new_empty({0, 2});
      if (with_grad) grads = logits.new_empty({0, 2, h * w});
    } else if (options->points == 0) {
      const point_losses losses{logits.flatten(1), targets.flatten(1), with_grad};
      values = losses.values;
      if (with_grad) grads = ::torch::stack({losses.mask_grad, losses.dice_grad}, 1);
    } else {
      values = logits.new_empty({k, 2});
      if (with_grad) grads = logits.new_empty({k, 2, h * w});
      const auto drawn =
          static_cast<std::int64_t>(options->oversample * static_cast<double>(options->points));
      const auto step = (std::max)(std::int64_t{1}, values_per_piece / (drawn + 1));
      for (std::int64_t begin = 0; begin < k; begin += step) {
        const auto end = (std::min)(begin + step, k);
        const auto maps = logits.slice(0, begin, end).unsqueeze(1);
        const auto points = uncertain_points(maps, *options, output, *source);
        if (const auto fused = mask_loss_kernel_of(logits.device().type()).losses;
            fused != nullptr) {
          const auto found = fused(maps.squeeze(1).contiguous(),
                                   targets.slice(0, begin, end).to(::torch::kFloat).contiguous(),
                                   points.to(::torch::kFloat).contiguous(), with_grad);
          values.slice(0, begin, end).copy_(found[0]);
          if (with_grad) grads.slice(0, begin, end).copy_(found[1].flatten(2));
          continue;
        }
        const point_losses losses{
            sample_maps(maps, points).squeeze(1),
            sample_maps(targets.slice(0, begin, end).unsqueeze(1), points).squeeze(1), with_grad};
        values.slice(0, begin, end).copy_(losses.values);
        if (!with_grad) continue;
        // Two channels of one grid: what the map holds does not matter to this gradient.
        const auto back = ::at::grid_sampler_2d_backward(
            ::torch::stack({losses.mask_grad, losses.dice_grad}, 1).unsqueeze(2),
            maps.expand({end - begin, 2, h, w}), (points * 2 - 1).unsqueeze(1), 0, 0, false,
            {true, false});
        grads.slice(0, begin, end).copy_(std::get<0>(back).flatten(2));
      }
    }
    if (with_grad) context->save_for_backward({grads});
    context->saved_data["h"] = h;
    context->saved_data["w"] = w;
    return values;
  }

  static ::torch::autograd::variable_list backward(::torch::autograd::AutogradContext* context,
                                                   ::torch::autograd::variable_list outer) {
    const auto grads = context->get_saved_variables()[0];
    const auto& scale = outer[0];
    auto result = grads.select(1, 0) * scale.narrow(1, 0, 1);
    result.addcmul_(grads.select(1, 1), scale.narrow(1, 1, 1));
    return {result.view({grads.size(0), context->saved_data["h"].toInt(),
                         context->saved_data["w"].toInt()}),
            {},
            {},
            {},
            {}};
  }

  static constexpr std::int64_t values_per_piece = 1 << 23;
};

}  // namespace detail

/// Losses of mask logits against targets, mask by mask. The gradient of both is computed on the
/// way, so that only two values a cell of the logits are kept for the backward pass; it cannot be
/// differentiated again.
/// @param logits   [k, h, w]
/// @param targets  [k, H, W] float in [0, 1]; without points H = h, W = w
/// @param output   goes to `source`
/// Memory: pieces of at most 2^23 candidates, or one mask.
[[nodiscard]] inline mask_losses compare_masks(const ::torch::Tensor& logits,
                                               const ::torch::Tensor& targets,
                                               const point_options& options, std::int64_t output,
                                               const point_source& source) {
  require_shape(logits, {any, any, any}, "compare_masks: logits");
  if (options.points == 0)
    require_shape(targets, {logits.size(0), logits.size(1), logits.size(2)},
                  "compare_masks: targets");
  else
    require_shape(targets, {logits.size(0), any, any}, "compare_masks: targets");
  require(options.points >= 0 && options.oversample >= 1 && options.importance >= 0 &&
              options.importance <= 1,
          "compare_masks: points, oversample and importance are ", options.points, ", ",
          options.oversample, " and ", options.importance,
          ", expected points >= 0, oversample >= 1 and importance in [0, 1]");
  const auto values = detail::mask_loss_function::apply(logits.to(::torch::kFloat), targets,
                                                        &options, output, &source);
  return {values.select(1, 0), values.select(1, 1)};
}

namespace detail {

/// 1 for every class, `no_object` for the last.
inline ::torch::Tensor class_weights(const ::torch::Tensor& logits, double no_object) {
  auto weight = ::torch::ones({logits.size(1)});
  weight[logits.size(1) - 1] = no_object;
  return weight.to(logits.device());
}

}  // namespace detail

/// Mean cross entropy of classes, "no object" counting `no_object` and the mean taken over weights.
/// @param logits   [m, classes + 1]
/// Without any weight (nothing but "no object", which counts 0) it is 0.
/// @param classes  [m] kLong; the last class is "no object"
[[nodiscard]] inline ::torch::Tensor class_loss(const ::torch::Tensor& logits,
                                                const ::torch::Tensor& classes, double no_object) {
  require_shape(logits, {any, any}, "class_loss: logits");
  require_shape(classes, {logits.size(0)}, "class_loss: classes");
  const auto wide = logits.to(::torch::kFloat);
  if (no_object == 0 && classes.eq(logits.size(1) - 1).all().item<bool>()) return wide.sum() * 0;
  return ::at::cross_entropy_loss(wide, classes, detail::class_weights(wide, no_object));
}

/// The mean over pixels of the entropy of the distribution over queries, probabilities not below
/// 1e-6.
/// @param mask_logits  [b, q, f, h, w]
[[nodiscard]] inline ::torch::Tensor query_entropy(const ::torch::Tensor& mask_logits) {
  require_shape(mask_logits, {any, any, any, any, any}, "query_entropy: mask_logits");
  const auto p = mask_logits.to(::torch::kFloat).softmax(1).clamp_min(1e-6);
  return -(p * p.log()).sum(1).mean();
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
