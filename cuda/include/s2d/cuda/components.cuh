// Definitions of components.hpp.
#pragma once

#include <s2d/cuda/components.hpp>
#include <s2d/cuda/detail/components.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE component_batch launch_components(const const_bits_view& masks, bool corners_touch,
                                                  std::int32_t* labels, stream_view stream) {
  return components_on<device_buffer>(device_executor{stream}, masks, corners_touch, labels);
}
S2D_CUDA_INLINE void launch_fill_holes(const const_bits_view& masks, bool corners_touch,
                                       std::uint64_t* out, stream_view stream) {
  fill_holes_on<device_buffer>(device_executor{stream}, masks, corners_touch, out);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
