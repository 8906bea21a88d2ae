// Definitions of lab.hpp.
#pragma once

#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/detail/lab.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_to_lab(const rgb_batch& in, const light_table& table,
                                   const lab_batch& out, stream_view stream) {
  to_lab_on(device_executor{stream}, in, table, out);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
