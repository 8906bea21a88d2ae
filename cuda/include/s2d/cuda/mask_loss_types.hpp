// Mask logits of a clip and the loss of its masks: plain types.
#pragma once

#include <cstdint>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// Logits [count, frames, height, width] in device memory, C order.
struct clip_logits {
  const float* data = nullptr;
  std::int64_t count = 0;
  std::int64_t frames = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// As s2d::mask_loss, in device memory.
struct drop_loss_result {
  double mask = 0;
  double dice = 0;
  std::int64_t kept_masks = 0;
  double divisor = 1;
};

/// As the options of s2d::temporal_drop_loss.
struct drop_loss_options {
  bool drop_unlabelled = true;  ///< a frame without mask weighs nothing
  bool divide_by_kept = false;  ///< by the sum of the weights of the masks that count
  double divide_by = 0;         ///< if positive, divides instead
  double mask_weight = 5;       ///< of the cross entropy, in the gradient
  double dice_weight = 5;       ///< of the Dice loss, in the gradient
  bool deterministic = false;   ///< the gradient has the same bits in every run
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
