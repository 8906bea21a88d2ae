// Matching costs, mask losses and Temporal DropLoss from logits and targets, on a device.
#pragma once

#include <cmath>
#include <cstdint>

#include <s2d/cuda/mask_loss_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_matching_cost(const clip_logits& logits, const const_bits_view& targets,
                          const float* points, std::int64_t count, const float* labelled,
                          float mask_weight, float dice_weight, float* cost, stream_view stream);
void launch_matching_costs(const clip_logits& logits, const batch_view<const float>& targets,
                           const float* points, std::int64_t count, const float* labelled,
                           float* mask, float* dice, stream_view stream);
void launch_mask_losses(const clip_logits& logits, const batch_view<const float>& targets,
                        const float* points, std::int64_t count, float* losses, float* gradients,
                        bool deterministic, stream_view stream);
void launch_drop_loss(const clip_logits& logits, const const_bits_view& targets,
                      const std::int32_t* queries, const std::int32_t* of_target,
                      std::int64_t pairs, const float* points, std::int64_t count,
                      const float* weights, const drop_loss_options& options,
                      drop_loss_result* result, float* gradient, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

template <class Targets>
void require_clip(const char* what, const clip_logits& logits, const Targets& targets) {
  require_device(what, logits.data,
                 checked_product(what, logits.count, logits.frames, logits.height, logits.width));
  require_view(what, targets);
  require(logits.frames > 0 && targets.count % logits.frames == 0, what, ": ", targets.count,
          " target masks in clips of ", logits.frames, " frames, expected a multiple");
  constexpr std::int64_t longest = std::int64_t{1} << 24;
  require(logits.height <= longest && logits.width <= longest && targets.height <= longest &&
              targets.width <= longest,
          what, ": planes of ", logits.height, " x ", logits.width, " and ", targets.height, " x ",
          targets.width, ", expected at most ", longest, " a side");
}

}  // namespace checks

/// What it costs to give each query to each target, as s2d::matching_cost of a clip sampled at
/// `points`: mask_weight * mean binary cross entropy + dice_weight * Dice loss; a class cost is the
/// caller's to add. Within 1e-5 of the core's, relative to the weights; a query with logits that
/// are not finite gets costs that are not.
///
/// Nothing of the size of queries or targets times points is kept: no temporary memory at all. The
/// same bits in every run. One launch. Nothing waits.
/// @param targets   [n * frames] packed masks, target by target; of any size
/// @param points    [count, 2] x and y in [0, 1], in device memory
/// @param labelled  [n, frames] or null: frames that are 0 do not count for the target
/// @param cost      [logits.count, n] in device memory
/// @throws invalid_input if extents do not fit or a weight is not finite
inline void matching_cost(const clip_logits& logits, const const_bits_view& targets,
                          const float* points, std::int64_t count, const float* labelled,
                          float* cost, float mask_weight = 5, float dice_weight = 5,
                          stream_view stream = {}) {
  constexpr const char* what = "matching_cost";
  checks::require_clip(what, logits, targets);
  require(std::isfinite(mask_weight) && std::isfinite(dice_weight), "matching_cost: weights are ",
          mask_weight, " and ", dice_weight, ", expected finite");
  checks::require_device("matching_cost: points", points, checks::checked_product(what, count, 2));
  checks::require_optional("matching_cost: labelled", labelled, targets.count);
  const std::int64_t n = targets.count / logits.frames;
  checks::require_device("matching_cost: cost", cost,
                         checks::checked_product(what, logits.count, n));
  detail::launch_matching_cost(logits, targets, points, count, labelled, mask_weight, dice_weight,
                               cost, stream);
}

/// The same against targets that are planes of numbers in [0, 1], with both parts apart: the mean
/// binary cross entropy and the Dice loss. Where no frame counts both are 0.
/// @param targets     [n * frames] planes, target by target; any size and strides
/// @param mask, dice  [logits.count, n] in device memory
/// @throws as matching_cost. One launch. Nothing waits.
inline void matching_costs(const clip_logits& logits, const batch_view<const float>& targets,
                           const float* points, std::int64_t count, const float* labelled,
                           float* mask, float* dice, stream_view stream = {}) {
  constexpr const char* what = "matching_costs";
  checks::require_clip(what, logits, targets);
  checks::require_device("matching_costs: points", points, checks::checked_product(what, count, 2));
  checks::require_optional("matching_costs: labelled", labelled, targets.count);
  const std::int64_t size = checks::checked_product(what, logits.count, targets.count);
  checks::require_device("matching_costs: mask", mask, size / logits.frames);
  checks::require_device("matching_costs: dice", dice, size / logits.frames);
  detail::launch_matching_costs(logits, targets, points, count, labelled, mask, dice, stream);
}

/// The losses of each mask at points of its own, and their gradients: the mean binary cross entropy
/// and the Dice loss, as s2d::torch::compare_masks has them.
///
/// Losses have the same bits in every run; gradients too with `deterministic`, by exact sums
/// in 64 bits (those of a mask all NaN where one is not finite), otherwise they are added in any
/// order. Temporary memory: 40 bytes a mask; deterministic: 8 more, and 16 a logit. Two launches,
/// or five at most. Nothing waits.
/// @param logits     count * frames masks
/// @param targets    [count * frames] planes of numbers in [0, 1], one for each; any size and
/// strides
/// @param points     [count * frames, points, 2] in device memory, x and y in [0, 1]
/// @param losses     [count * frames, 2] in device memory: cross entropy, Dice
/// @param gradients  [count * frames, 2, height, width] in device memory: d of each by the logits
/// of
///                   its mask; null: not wanted
/// @throws invalid_input if extents do not fit
inline void mask_losses(const clip_logits& logits, const batch_view<const float>& targets,
                        const float* points, std::int64_t count, float* losses,
                        float* gradients = nullptr, bool deterministic = false,
                        stream_view stream = {}) {
  constexpr const char* what = "mask_losses";
  checks::require_clip(what, logits, targets);
  const std::int64_t masks = checks::checked_product(what, logits.count, logits.frames);
  require(targets.count == masks, what, ": ", targets.count, " targets for ", masks, " masks");
  checks::require_device("mask_losses: points", points,
                         checks::checked_product(what, masks, count, 2));
  checks::require_device("mask_losses: losses", losses, 2 * masks);
  checks::require_optional("mask_losses: gradients", gradients,
                           checks::checked_product(what, 2, masks, logits.height, logits.width));
  detail::launch_mask_losses(logits, targets, points, count, losses, gradients, deterministic,
                             stream);
}

/// The mask losses of one clip with Temporal DropLoss, and their gradient, as
/// s2d::temporal_drop_loss at given points: pairs of instance and frame without pseudo mask are
/// never looked at.
///
/// The loss has the same bits in every run. The gradient is added up by atomic float sums, in any
/// order; with options.deterministic by exact ones in 64 bits, rounded once: the same bits in every
/// run, all of them NaN where one is not finite. Temporary memory: 40 bytes a pair and frame, 8 a
/// target mask; deterministic: 8 bytes a logit more. Nothing waits.
/// @param targets    [n * frames] packed masks, target by target
/// @param queries    [pairs] and
/// @param of_target  [pairs] in device memory: what is matched; not checked to be in range
/// @param points     [pairs, frames, count, 2] in device memory
/// @param weights    [n, frames] >= 0 or null; in place of drop_unlabelled
/// @param result     [1] in device memory
/// @param gradient   as the logits, or null; mask_weight * d mask + dice_weight * d dice is added
/// @throws invalid_input if extents do not fit
inline void temporal_drop_loss(const clip_logits& logits, const const_bits_view& targets,
                               const std::int32_t* queries, const std::int32_t* of_target,
                               std::int64_t pairs, const float* points, std::int64_t count,
                               const float* weights, drop_loss_result* result,
                               float* gradient = nullptr, const drop_loss_options& options = {},
                               stream_view stream = {}) {
  constexpr const char* what = "temporal_drop_loss";
  checks::require_clip(what, logits, targets);
  checks::require_device("temporal_drop_loss: queries", queries, pairs);
  checks::require_device("temporal_drop_loss: targets", of_target, pairs);
  checks::require_device("temporal_drop_loss: points", points,
                         checks::checked_product(what, pairs, logits.frames, count, 2));
  checks::require_optional("temporal_drop_loss: weights", weights, targets.count);
  checks::require_device("temporal_drop_loss: result", result, 1);
  checks::require_optional("temporal_drop_loss: gradient", gradient,
                           logits.count * logits.frames * logits.height * logits.width);
  detail::launch_drop_loss(logits, targets, queries, of_target, pairs, points, count, weights,
                           options, result, gradient, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
