// Definitions of pack.hpp.
#pragma once

#include <s2d/cuda/pack.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/pack.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template <class T>
void launch_pack(const batch_view<const T>& masks, float threshold, const bits_view& out,
                 stream_view stream) {
  pack_on(device_executor{stream}, masks, foreground_test<T>{threshold}, out);
}

S2D_CUDA_INLINE void launch_unpack(const const_bits_view& masks,
                                   const batch_view<std::uint8_t>& out, stream_view stream) {
  unpack_on(device_executor{stream}, masks, out);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
