// Definitions of the steps that are Thrust's.
#pragma once

#include <cstddef>

#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system/system_error.h>

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

/// Calls step(policy), a step of Thrust's on a stream; what Thrust throws becomes cuda_error.
template <class Step, class... Parts>
void thrust_step(stream_view stream, const Step& step, const char* what, const Parts&... parts) {
  require_no_older_error(what);
  thrust_memory memory{stream};
  try {
    step(::thrust::cuda::par_nosync(memory).on(stream.handle));
  } catch (const ::thrust::system_error& error) {
    (void)cudaGetLastError();  // not the fault of the next call
    throw cuda_error{error.code().value(), concat(what, parts..., ": ", error.what())};
  }
}

S2D_CUDA_INLINE void device_executor::running_sums(const char* what, const std::uint32_t* counts,
                                                   std::int64_t n, std::uint64_t* sums) const {
  fill_zero(sums, 1);
  if (n <= 0) return;
  thrust_step(
      stream_, [&](const auto& policy) { inclusive_sums(policy, counts, n, sums + 1); }, what,
      ": running sums of ", n, " counts");
}

S2D_CUDA_INLINE void device_executor::sort_by_falling(const char* what, float* scores,
                                                      std::int64_t* indices, std::int64_t n) const {
  if (n <= 1) return;
  thrust_step(
      stream_, [&](const auto& policy) { stable_sort_by_falling(policy, scores, indices, n); },
      what, ": sorting ", n, " scores");
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
