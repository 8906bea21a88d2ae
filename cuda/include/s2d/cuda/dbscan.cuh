// Definitions of dbscan.hpp.
#pragma once

#include <s2d/cuda/dbscan.hpp>
#include <s2d/cuda/detail/dbscan.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_dbscan(const std::uint64_t* rows, std::int64_t n, std::int64_t words,
                                   std::uint32_t limit, std::uint32_t min_samples,
                                   std::int32_t* labels, std::int32_t* count, stream_view stream) {
  dbscan_on(device_executor{stream}, {rows, n, words, limit}, min_samples, labels, count);
}
S2D_CUDA_INLINE void launch_rasterize(const float* points, std::int64_t per_set,
                                      const bits_view& out, stream_view stream) {
  rasterize_on(device_executor{stream}, points, per_set, out);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
