// ms_deform_attn for CUDA tensors: see cuda_kernels.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <torch/torch.h>
#include <ATen/Context.h>
#include <c10/cuda/CUDAGuard.h>

#include <s2d/core/error.hpp>
#include <s2d/cuda/ms_deform_attn.hpp>
#include <s2d/torch/ms_deform_attn.hpp>
#include <s2d/torch/detail/cuda_tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

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

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
