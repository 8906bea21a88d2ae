// Definitions of pixels.hpp.
#pragma once

#include <s2d/cuda/pixels.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/pixels.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_threshold_pixels(const rgb_batch& pictures, const light_table& table,
                                             const superpixel_item* items, const float* values,
                                             const pixel_settings& set, const float* thresholds,
                                             std::int64_t count, const bits_view& out,
                                             stream_view stream) {
  threshold_pixels_on(device_executor{stream}, pictures, table, items, values, set, thresholds,
                      count, out);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
