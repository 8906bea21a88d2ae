// ms_deform_attn for CUDA tensors: s2d::cuda's kernels on LibTorch's current stream. Needs
// s2d::cuda and a LibTorch with CUDA; include it once and call use_cuda_kernels before the first
// call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <torch/torch.h>
#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <s2d/core/error.hpp>
#include <s2d/cuda/ms_deform_attn.hpp>
#include <s2d/torch/ms_deform_attn.hpp>

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

inline s2d::cuda::deform_shape deform_shape_of(const ::torch::Tensor& value,
                                               const std::vector<level_size>& levels,
                                               const ::torch::Tensor& location) {
  constexpr auto most = static_cast<std::size_t>(s2d::cuda::deform_shape::most_levels);
  require(levels.size() <= most, "ms_deform_attn: ", levels.size(), " levels, expected at most ",
          most, " on CUDA");
  s2d::cuda::deform_shape shape;
  shape.batch = value.size(0);
  shape.tokens = value.size(1);
  shape.heads = value.size(2);
  shape.channels = value.size(3);
  shape.queries = location.size(1);
  shape.points = location.size(4);
  for (const level_size& level : levels)
    shape.levels[shape.level_count++] = {level.height, level.width};
  return shape;
}

/// Calls use(T{}) with the number type of a tensor.
template <class Use>
void with_attention_number(const ::torch::Tensor& value, const Use& use) {
  const auto dtype = value.scalar_type();
  if (dtype == ::torch::kFloat) return use(float{});
  if (dtype == ::torch::kHalf) return use(s2d::cuda::float16{});
  if (dtype == ::torch::kBFloat16) return use(s2d::cuda::bfloat16{});
  require(false, "ms_deform_attn: value: dtype is ", ::c10::toString(dtype),
          ", expected Float, Half or BFloat16 on CUDA");
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

inline ::torch::Tensor ms_deform_attn_forward_cuda(const ::torch::Tensor& value,
                                                   const std::vector<level_size>& levels,
                                                   const ::torch::Tensor& location,
                                                   const ::torch::Tensor& attention) {
  const ::c10::cuda::CUDAGuard guard{value.device()};
  const auto shape = deform_shape_of(value, levels, location);
  const auto out =
      ::torch::empty({shape.batch, shape.queries, shape.heads * shape.channels}, value.options());
  with_attention_number(value, [&]<class T>(T) {
    s2d::cuda::ms_deform_attn<T>(shape, input<T>(value), input<T>(location), input<T>(attention),
                                 output<T>(out), stream_of(value));
  });
  return out;
}

/// Deterministic where at::globalContext().deterministicAlgorithms() is on.
inline std::array<::torch::Tensor, 3> ms_deform_attn_backward_cuda(
    const ::torch::Tensor& grad_out, const ::torch::Tensor& value,
    const std::vector<level_size>& levels, const ::torch::Tensor& location,
    const ::torch::Tensor& attention) {
  const ::c10::cuda::CUDAGuard guard{value.device()};
  const auto shape = deform_shape_of(value, levels, location);
  const std::array<::torch::Tensor, 3> grads{
      ::torch::empty_like(value), ::torch::empty_like(location), ::torch::empty_like(attention)};
  with_attention_number(value, [&]<class T>(T) {
    s2d::cuda::ms_deform_attn_backward<T>(
        shape, input<T>(grad_out), input<T>(value), input<T>(location), input<T>(attention),
        output<T>(grads[0]), output<T>(grads[1]), output<T>(grads[2]),
        ::at::globalContext().deterministicAlgorithms(), stream_of(value));
  });
  return grads;
}

}  // namespace detail

/// Puts s2d::cuda's kernels where ms_deform_attn looks for those of CUDA tensors. Float, Half and
/// BFloat16, up to 64 channels a head and 8 levels.
inline void use_cuda_kernels() {
  ms_deform_attn_kernel_of(::torch::kCUDA) = {detail::ms_deform_attn_forward_cuda,
                                              detail::ms_deform_attn_backward_cuda};
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
