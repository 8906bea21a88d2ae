// Definitions of diffusion.hpp.
#pragma once

#include <s2d/cuda/diffusion.hpp>
#include <s2d/cuda/detail/diffusion.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_diffuse(const graph_view& graph, const float* seeds, float* out,
                                    const diffusion_settings& set, stream_view stream) {
  diffuse_on(device_executor{stream}, graph, seeds, out, set);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
