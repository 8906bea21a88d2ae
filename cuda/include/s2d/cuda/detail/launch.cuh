// How kernels are started, and what happens when CUDA refuses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <cuda_runtime.h>

#include <s2d/core/error.hpp>
#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/error.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/block.cuh>

// Hidden, because two shared libraries may hold the same template: the runtime would register both
// under one name and start the one of the other library.
#define S2D_KERNEL __global__ __attribute__((visibility("hidden")))

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Whether only a kernel that runs can fail so: CUDA hands such an error to whatever call comes
/// later, and to every call after that one.
constexpr bool is_of_earlier_work(cudaError_t code) {
  switch (code) {
    case cudaErrorECCUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
      return true;
    default:
      return false;
  }
}

/// Throws cuda_error unless `code` is success; `parts` say what was asked for.
template <class... Parts>
void require_success(cudaError_t code, const Parts&... parts) {
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();  // not the fault of the next call
  throw cuda_error{
      static_cast<int>(code),
      concat(parts..., is_of_earlier_work(code) ? ": found that earlier work failed" : "", ": ",
             cudaGetErrorName(code), " (", cudaGetErrorString(code), ")")};
}

/// Before a launch, whose own error CUDA tells in the same place: takes away what an earlier call
/// of anyone's on this thread left there unasked for. An error that stays (no driver, a device that
/// is lost) is for the launch to meet. @throws cuda_error if something was taken away
inline void require_no_older_error(const char* what) {
  const cudaError_t older = cudaGetLastError();
  if (cudaPeekAtLastError() == cudaSuccess)
    require_success(older, what, ": not started, an earlier CUDA call had failed");
}

template <class F>
S2D_KERNEL void __launch_bounds__(256) for_each_kernel(const F f, std::int64_t n) {
  const std::int64_t step = std::int64_t{gridDim.x} * 256;
  for (std::int64_t i = std::int64_t{blockIdx.x} * 256 + threadIdx.x; i < n; i += step) f(i);
}

template <class Body>
S2D_KERNEL void __launch_bounds__(Body::threads)
    for_each_block_kernel(const Body body, std::int64_t blocks) {
  __shared__ alignas(32) unsigned char memory[sizeof(typename Body::shared)];
  __shared__ alignas(16) unsigned char scratch[device_block::scratch_bytes];
  device_block block{memory, scratch};
  for (std::int64_t i = blockIdx.x; i < blocks; i += gridDim.x) {
    body(block, i);
    __syncthreads();
  }
}

/// Runs the steps of an algorithm on a device. Tests have a second model on the processor
/// (tests/cuda/host_executor.hpp), so that the same composition of steps runs without a device.
class device_executor {
 public:
  explicit device_executor(stream_view stream) : stream_{stream} {}

  template <class T>
  [[nodiscard]] device_buffer<T> allocate(std::int64_t n) const {
    return device_buffer<T>{n, stream_};
  }

  /// f(i) for 0 <= i < n, in any order. F is copied to the device.
  template <class F>
  void for_each(const char* what, std::int64_t n, const F& f) const {
    if (n <= 0) return;
    require_no_older_error(what);
    const std::int64_t blocks = (std::min<std::int64_t>)((n + 255) / 256, 0x7fffffff);
    for_each_kernel<<<static_cast<unsigned>(blocks), 256, 0, stream_.handle>>>(f, n);
    require_success(cudaGetLastError(), what, ": kernel over ", n, " elements");
  }

  /// body(block, i) for 0 <= i < blocks by Body::threads threads each, which share a
  /// Body::shared.
  template <class Body>
  void for_each_block(const char* what, std::int64_t blocks, const Body& body) const {
    if (blocks <= 0) return;
    require_no_older_error(what);
    const std::int64_t grid = (std::min<std::int64_t>)(blocks, 0x7fffffff);
    for_each_block_kernel<<<static_cast<unsigned>(grid), Body::threads, 0, stream_.handle>>>(
        body, blocks);
    require_success(cudaGetLastError(), what, ": kernel of ", blocks, " blocks of ", Body::threads,
                    " threads");
  }

  template <class T>
  void fill_zero(T* to, std::int64_t n) const {
    if (n > 0) fill_bytes(to, 0, static_cast<std::size_t>(n) * sizeof(T), stream_);
  }

  /// The one thing here that waits for the stream.
  template <class T>
  void fetch(T* to, const T* from, std::int64_t n) const {
    if (n > 0)
      copy_bytes(to, from, static_cast<std::size_t>(n) * sizeof(T), copy_kind::to_host, stream_);
    synchronize(stream_);
  }

  /// sums[0] = 0, sums[i + 1] = sums[i] + counts[i].
  void running_sums(const char* what, const std::uint32_t* counts, std::int64_t n,
                    std::uint64_t* sums) const;

  /// Orders `indices` by falling scores; equal scores keep their order. Scores are ordered too.
  void sort_by_falling(const char* what, float* scores, std::int64_t* indices,
                       std::int64_t n) const;

 private:
  stream_view stream_;
};

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
