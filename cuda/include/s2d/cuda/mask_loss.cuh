// Definitions of mask_loss.hpp.
#pragma once

#include <s2d/cuda/mask_loss.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/mask_loss.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_matching_cost(const clip_logits& logits, const const_bits_view& targets,
                                          const float* points, std::int64_t count,
                                          const float* labelled, float mask_weight,
                                          float dice_weight, float* cost, stream_view stream) {
  matching_cost_on(device_executor{stream},
                   sum_costs<const_bits_view>{logits, targets, points, count, labelled, mask_weight,
                                              dice_weight, cost, nullptr});
}
S2D_CUDA_INLINE void launch_matching_costs(const clip_logits& logits,
                                           const batch_view<const float>& targets,
                                           const float* points, std::int64_t count,
                                           const float* labelled, float* mask, float* dice,
                                           stream_view stream) {
  matching_cost_on(device_executor{stream},
                   sum_costs<batch_view<const float>>{logits, targets, points, count, labelled, 1,
                                                      1, mask, dice});
}
S2D_CUDA_INLINE void launch_mask_losses(const clip_logits& logits,
                                        const batch_view<const float>& targets, const float* points,
                                        std::int64_t count, float* losses, float* gradients,
                                        bool deterministic, stream_view stream) {
  mask_losses_on(device_executor{stream},
                 mask_pairs<batch_view<const float>>{logits, targets, nullptr, nullptr,
                                                     logits.count, points, count, nullptr, nullptr},
                 losses, gradients, deterministic);
}
S2D_CUDA_INLINE void launch_drop_loss(const clip_logits& logits, const const_bits_view& targets,
                                      const std::int32_t* queries, const std::int32_t* of_target,
                                      std::int64_t pairs, const float* points, std::int64_t count,
                                      const float* weights, const drop_loss_options& options,
                                      drop_loss_result* result, float* gradient,
                                      stream_view stream) {
  drop_loss_on(device_executor{stream},
               {logits, targets, queries, of_target, pairs, points, count, weights, nullptr},
               options, result, gradient);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
