// s2d::cuda's kernels for CUDA tensors, on LibTorch's current stream and with its allocator. Needs
// s2d::cuda and a LibTorch with CUDA.
#pragma once

#include <torch/torch.h>

#include <s2d/torch/mask_loss_cuda.hpp>
#include <s2d/torch/mask_loss_kernel.hpp>
#include <s2d/torch/ms_deform_attn.hpp>
#include <s2d/torch/ms_deform_attn_cuda.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Puts s2d::cuda's kernels where the network and the criterion look for those of CUDA tensors; to
/// be called before the first use. Deformable attention: Float, Half and BFloat16, up to 64
/// channels a head and 8 levels. Matching costs and mask losses at points: Float.
inline void use_cuda_kernels() {
  ms_deform_attn_kernel_of(::torch::kCUDA) = {detail::ms_deform_attn_forward_cuda,
                                              detail::ms_deform_attn_backward_cuda};
  mask_loss_kernel_of(::torch::kCUDA) = {detail::matching_costs_cuda, detail::mask_losses_cuda};
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
