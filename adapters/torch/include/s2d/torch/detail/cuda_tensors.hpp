// CUDA tensors as s2d::cuda takes them: their stream, their memory.
#pragma once

#include <cstddef>

#include <torch/torch.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>

#include <s2d/cuda/stream.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Temporary memory out of LibTorch's caching allocator.
class torch_memory final : public s2d::cuda::memory_resource {
 public:
  void* allocate(std::size_t bytes, CUstream_st* stream) override {
    return ::c10::cuda::CUDACachingAllocator::raw_alloc_with_stream(bytes, stream);
  }
  void deallocate(void* memory, std::size_t, CUstream_st*) noexcept override {
    ::c10::cuda::CUDACachingAllocator::raw_delete(memory);
  }
};

namespace detail {

/// Work on the current stream of a tensor's device.
inline s2d::cuda::stream_view stream_of(const ::torch::Tensor& tensor) {
  static torch_memory memory;
  return {::c10::cuda::getCurrentCUDAStream(tensor.device().index()).stream(), &memory};
}

/// Memory of a tensor that is read, and of one that is written.
template <class T>
const T* input(const ::torch::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}
template <class T>
T* output(const ::torch::Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

}  // namespace detail
}  // namespace torch
}  // namespace s2d::inline S2D_ABI
