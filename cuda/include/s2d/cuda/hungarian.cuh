// Definitions of hungarian.hpp.
#pragma once

#include <s2d/cuda/hungarian.hpp>
#include <s2d/cuda/detail/hungarian.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_hungarian(const float* cost, std::int64_t count, std::int64_t rows,
                                      std::int64_t columns, bool maximize, std::int32_t* column_of,
                                      double* totals, std::int32_t* status, stream_view stream) {
  hungarian_on(device_executor{stream}, cost, count, rows, columns, maximize, column_of, totals,
               status);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
