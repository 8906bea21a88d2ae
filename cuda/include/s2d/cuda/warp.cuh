// Definitions of warp.hpp.
#pragma once

#include <s2d/cuda/warp.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/warp.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template <class T>
void launch_warp(const batch_view<const T>& in, const flow_batch& forward,
                 const flow_batch* backward, const batch_view<T>& out, std::uint64_t* consistent,
                 const warp_settings& set, stream_view stream) {
  warp_on(device_executor{stream}, in, forward, backward, out, consistent, set);
}
S2D_CUDA_INLINE void launch_warp_bits(const const_bits_view& in, const flow_batch& flow,
                                      const bits_view& out, const warp_settings& set,
                                      stream_view stream) {
  warp_bits_on(device_executor{stream}, in, flow, out, set);
}
S2D_CUDA_INLINE void launch_consistent(const flow_batch& forward, const flow_batch& backward,
                                       const bits_view& out, const warp_settings& set,
                                       stream_view stream) {
  consistent_on(device_executor{stream}, forward, backward, out, set);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
