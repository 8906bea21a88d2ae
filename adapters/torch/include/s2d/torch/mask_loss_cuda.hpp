// Matching costs and mask losses of CUDA tensors: see cuda_kernels.hpp.
#pragma once

#include <array>

#include <torch/torch.h>
#include <ATen/Context.h>
#include <c10/cuda/CUDAGuard.h>

#include <s2d/core/error.hpp>
#include <s2d/cuda/mask_loss.hpp>
#include <s2d/torch/detail/cuda_tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {
namespace detail {

inline void require_beside(const ::torch::Tensor& logits, const ::torch::Tensor& tensor,
                           const char* name) {
  require(tensor.device() == logits.device(), name, ": device is ", tensor.device().str(),
          ", that of the logits is ", logits.device().str());
}

inline std::array<::torch::Tensor, 2> matching_costs_cuda(const ::torch::Tensor& logits,
                                                          const ::torch::Tensor& targets,
                                                          const ::torch::Tensor& counted,
                                                          const ::torch::Tensor& points) {
  require_beside(logits, targets, "matching_costs: targets");
  require_beside(logits, counted, "matching_costs: counted");
  require_beside(logits, points, "matching_costs: points");
  const ::c10::cuda::CUDAGuard guard{logits.device()};
  const auto q = logits.size(0), n = targets.size(0), f = logits.size(1);
  const std::array<::torch::Tensor, 2> costs{::torch::empty({q, n}, logits.options()),
                                             ::torch::empty({q, n}, logits.options())};
  s2d::cuda::matching_costs({input<float>(logits), q, f, logits.size(2), logits.size(3)},
                            {input<float>(targets), n * f, targets.size(2), targets.size(3)},
                            input<float>(points), points.size(0), input<float>(counted),
                            output<float>(costs[0]), output<float>(costs[1]), stream_of(logits));
  return costs;
}

/// Deterministic where at::globalContext().deterministicAlgorithms() is on.
inline std::array<::torch::Tensor, 2> mask_losses_cuda(const ::torch::Tensor& logits,
                                                       const ::torch::Tensor& targets,
                                                       const ::torch::Tensor& points,
                                                       bool with_grad) {
  require_beside(logits, targets, "compare_masks: targets");
  require_beside(logits, points, "compare_masks: points");
  const ::c10::cuda::CUDAGuard guard{logits.device()};
  const auto k = logits.size(0), h = logits.size(1), w = logits.size(2);
  const auto losses = ::torch::empty({k, 2}, logits.options());
  ::torch::Tensor gradients;
  if (with_grad) gradients = ::torch::empty({k, 2, h, w}, logits.options());
  s2d::cuda::mask_losses({input<float>(logits), k, 1, h, w},
                         {input<float>(targets), k, targets.size(1), targets.size(2)},
                         input<float>(points), points.size(1), output<float>(losses),
                         with_grad ? output<float>(gradients) : nullptr,
                         ::at::globalContext().deterministicAlgorithms(), stream_of(logits));
  return {losses, gradients};
}

}  // namespace detail
}  // namespace torch
}  // namespace s2d::inline S2D_ABI
