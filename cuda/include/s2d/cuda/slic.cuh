// Definitions of slic.hpp.
#pragma once

#include <s2d/cuda/slic.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/slic.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE superpixel_batch launch_slic(const const_lab_batch& in, const slic_settings& set,
                                             stream_view stream) {
  return slic_on<device_buffer>(device_executor{stream}, in, set);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
