// Definitions of flow.hpp.
#pragma once

#include <s2d/cuda/flow.hpp>
#include <s2d/cuda/detail/flow.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_flow(const char* what, const flow_frames& frames,
                                 const flow_outputs& out, const flow_settings& set,
                                 stream_view stream) {
  flow_on(device_executor{stream}, what, frames, out, set);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
