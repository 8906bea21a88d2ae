// Where the criterion looks for a device's kernels of mask losses at points.
#pragma once

#include <array>
#include <cstddef>

#include <torch/torch.h>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// How one kind of device compares masks at points: fused, where the composition of tensor
/// operations keeps values of all points. Arguments are contiguous Float tensors of fitting shapes.
struct mask_loss_kernel {
  /// See matching_costs: mask and dice, each [q, n].
  /// @param logits [q, f, h, w]   @param targets [n, f, H, W]   @param counted [n, f]
  /// @param points [p, 2]
  std::array<::torch::Tensor, 2> (*costs)(const ::torch::Tensor& logits,
                                          const ::torch::Tensor& targets,
                                          const ::torch::Tensor& counted,
                                          const ::torch::Tensor& points) = nullptr;
  /// See compare_masks: losses [k, 2], mask then dice, and their gradients [k, 2, h, w], undefined
  /// unless wanted.
  /// @param logits [k, h, w]   @param targets [k, H, W]   @param points [k, p, 2]
  std::array<::torch::Tensor, 2> (*losses)(const ::torch::Tensor& logits,
                                           const ::torch::Tensor& targets,
                                           const ::torch::Tensor& points, bool with_grad) = nullptr;
};

/// Where a device's kernels are put: assign them once, before the first call. A device without any
/// is served by tensor operations.
inline mask_loss_kernel& mask_loss_kernel_of(::torch::DeviceType device) {
  static std::array<mask_loss_kernel, ::c10::COMPILE_TIME_MAX_DEVICE_TYPES> kernels{};
  return kernels[static_cast<std::size_t>(device)];
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
