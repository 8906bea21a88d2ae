// Definitions of what stream.hpp declares.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include <cuda_runtime.h>

#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/stream.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// A pool of our own for every device: what is given back stays for the next call. The device's
/// default pool would hand it to the system whenever the host waits.
class pool_memory final : public memory_resource {
 public:
  void* allocate(std::size_t bytes, CUstream_st* stream) override {
    int device = 0;
    require_success(cudaGetDevice(&device), "allocate: ", bytes, " bytes");
    void* memory = nullptr;
    require_success(cudaMallocFromPoolAsync(&memory, bytes, pool_of(device), stream),
                    "allocate: ", bytes, " bytes");
    return memory;
  }
  void deallocate(void* memory, std::size_t, CUstream_st* stream) noexcept override {
    if (cudaFreeAsync(memory, stream) != cudaSuccess) (void)cudaGetLastError();
  }

 private:
  cudaMemPool_t pool_of(int device) {
    const std::lock_guard lock{mutex_};
    const auto at = static_cast<std::size_t>(device);
    if (pools_.size() <= at) pools_.resize(at + 1);
    if (pools_[at] == nullptr) {
      cudaMemPoolProps properties{};
      properties.allocType = cudaMemAllocationTypePinned;
      properties.location.type = cudaMemLocationTypeDevice;
      properties.location.id = device;
      cudaMemPool_t pool = nullptr;
      require_success(cudaMemPoolCreate(&pool, &properties), "allocate: a pool of device ", device);
      std::uint64_t keep = ~std::uint64_t{0};
      require_success(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep),
                      "allocate: a pool of device ", device);
      pools_[at] = pool;
    }
    return pools_[at];
  }

  std::mutex mutex_;
  std::vector<cudaMemPool_t> pools_;  // by device; they live as long as the process
};

S2D_CUDA_INLINE void* allocate(std::size_t bytes, stream_view stream) {
  memory_resource& memory = stream.memory != nullptr ? *stream.memory : default_memory();
  return memory.allocate(bytes, stream.handle);
}

S2D_CUDA_INLINE void deallocate(void* memory, std::size_t bytes, stream_view stream) noexcept {
  (stream.memory != nullptr ? *stream.memory : default_memory())
      .deallocate(memory, bytes, stream.handle);
}

S2D_CUDA_INLINE void copy_bytes(void* to, const void* from, std::size_t bytes, copy_kind kind,
                                stream_view stream) {
  const auto direction = kind == copy_kind::to_device ? cudaMemcpyHostToDevice
                         : kind == copy_kind::to_host ? cudaMemcpyDeviceToHost
                                                      : cudaMemcpyDeviceToDevice;
  require_success(cudaMemcpyAsync(to, from, bytes, direction, stream.handle), "copy: ", bytes,
                  " bytes");
}

S2D_CUDA_INLINE void fill_bytes(void* to, int value, std::size_t bytes, stream_view stream) {
  require_success(cudaMemsetAsync(to, value, bytes, stream.handle), "fill: ", bytes, " bytes");
}

S2D_CUDA_INLINE int current_device() {
  int device = 0;
  require_success(cudaGetDevice(&device), "current_device");
  return device;
}

S2D_CUDA_INLINE void use_device(int device) {
  require_success(cudaSetDevice(device), "use_device: device ", device);
}

S2D_CUDA_INLINE bool is_device_memory(const void* address) noexcept {
  cudaPointerAttributes attributes{};
  if (cudaPointerGetAttributes(&attributes, address) != cudaSuccess) {
    (void)cudaGetLastError();
    return false;
  }
  return attributes.type != cudaMemoryTypeUnregistered;
}

}  // namespace detail

S2D_CUDA_INLINE memory_resource& default_memory() noexcept {
  static detail::pool_memory pool;
  return pool;
}

S2D_CUDA_INLINE int device_count() noexcept {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  (void)cudaGetLastError();
  return 0;
}

S2D_CUDA_INLINE void synchronize(stream_view stream) {
  detail::require_success(cudaStreamSynchronize(stream.handle), "synchronize");
}

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
