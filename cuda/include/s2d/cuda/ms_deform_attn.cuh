// Definitions of ms_deform_attn.hpp.
#pragma once

#include <s2d/cuda/ms_deform_attn.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/ms_deform_attn.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template <class T>
void launch_deform_forward(const deform_shape& shape, const T* value, const T* location,
                           const T* attention, T* out, stream_view stream) {
  deform_forward_on(device_executor{stream}, shape, value, location, attention, out);
}
template <class T>
void launch_deform_backward(const deform_shape& shape, const T* grad_out, const T* value,
                            const T* location, const T* attention, T* grad_value, T* grad_location,
                            T* grad_attention, bool deterministic, stream_view stream) {
  deform_backward_on<256>(device_executor{stream}, shape, grad_out, value, location, attention,
                          grad_value, grad_location, grad_attention, deterministic);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
