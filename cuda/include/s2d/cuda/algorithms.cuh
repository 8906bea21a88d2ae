// Definitions of the steps that are Thrust's.
#pragma once

#include <cstddef>

#include <thrust/system/cuda/execution_policy.h>

#include <s2d/cuda/detail/algorithms.hpp>
#include <s2d/cuda/detail/launch.cuh>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Thrust's temporary memory out of the caller's resource.
class thrust_memory {
 public:
  using value_type = char;
  explicit thrust_memory(stream_view stream) : stream_{stream} {}
  [[nodiscard]] char* allocate(std::ptrdiff_t bytes) {
    return static_cast<char*>(detail::allocate(static_cast<std::size_t>(bytes), stream_));
  }
  void deallocate(char* memory, std::size_t bytes) { detail::deallocate(memory, bytes, stream_); }

 private:
  stream_view stream_;
};

S2D_CUDA_INLINE void device_executor::running_sums(const std::uint32_t* counts, std::int64_t n,
                                                   std::uint64_t* sums) const {
  fill_zero(sums, 1);
  if (n <= 0) return;
  thrust_memory memory{stream_};
  inclusive_sums(::thrust::cuda::par_nosync(memory).on(stream_.handle), counts, n, sums + 1);
}

S2D_CUDA_INLINE void device_executor::sort_by_falling(float* scores, std::int64_t* indices,
                                                      std::int64_t n) const {
  if (n <= 1) return;
  thrust_memory memory{stream_};
  stable_sort_by_falling(::thrust::cuda::par_nosync(memory).on(stream_.handle), scores, indices, n);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
