// Multi-scale deformable attention (Deformable DETR, 2010.04159, eq. 3) with gradients.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <ATen/Parallel.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/detail/ms_deform_attn_cpu.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Height and width of the map of one level.
struct level_size {
  std::int64_t height = 0;
  std::int64_t width = 0;
  friend bool operator==(const level_size&, const level_size&) = default;
};

/// How one kind of device computes it; arguments as in ms_deform_attn, contiguous and checked.
struct ms_deform_attn_kernel {
  ::torch::Tensor (*forward)(const ::torch::Tensor& value, const std::vector<level_size>& levels,
                             const ::torch::Tensor& location,
                             const ::torch::Tensor& attention) = nullptr;
  /// Gradients of value, location and attention.
  std::array<::torch::Tensor, 3> (*backward)(const ::torch::Tensor& grad_out,
                                             const ::torch::Tensor& value,
                                             const std::vector<level_size>& levels,
                                             const ::torch::Tensor& location,
                                             const ::torch::Tensor& attention) = nullptr;
};

namespace detail {

inline deform_extents deform_extents_of(const ::torch::Tensor& value,
                                        const ::torch::Tensor& location) {
  return {value.size(0),    value.size(1),    value.size(2),   value.size(3),
          location.size(1), location.size(3), location.size(4)};
}

inline std::vector<deform_level> deform_levels(const std::vector<level_size>& levels) {
  std::vector<deform_level> placed;
  std::int64_t first = 0;
  for (const level_size& level : levels) {
    placed.push_back({level.height, level.width, first});
    first += level.height * level.width;
  }
  return placed;
}

template <class T>
void deform_forward_all(const ::torch::Tensor& value, const std::vector<level_size>& levels,
                        const ::torch::Tensor& location, const ::torch::Tensor& attention,
                        const ::torch::Tensor& out) {
  const deform_extents e = deform_extents_of(value, location);
  const auto placed = deform_levels(levels);
  const std::int64_t run = 256;  // queries that one task does
  const std::int64_t runs = (e.queries + run - 1) / run;
  with_deform_blocks<T>(e.channels, [&]<int Blocks>() {
    ::at::parallel_for(0, e.batch * e.heads * runs, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t q = task % runs * run, m = task / runs % e.heads;
        deform_forward<T, Blocks>(e, placed.data(), task / runs / e.heads, m, q,
                                  (std::min)(q + run, e.queries), value.const_data_ptr<T>(),
                                  location.const_data_ptr<T>(), attention.const_data_ptr<T>(),
                                  out.mutable_data_ptr<T>());
      }
    });
  });
}

template <class T>
void deform_backward_all(const ::torch::Tensor& grad_out, const ::torch::Tensor& value,
                         const std::vector<level_size>& levels, const ::torch::Tensor& location,
                         const ::torch::Tensor& attention,
                         const std::array<::torch::Tensor, 3>& grads) {
  const deform_extents e = deform_extents_of(value, location);
  const auto placed = deform_levels(levels);
  with_deform_blocks<T>(e.channels, [&]<int Blocks>() {
    ::at::parallel_for(0, e.batch * e.heads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task)
        deform_backward<T, Blocks>(e, placed.data(), task / e.heads, task % e.heads,
                                   value.const_data_ptr<T>(), location.const_data_ptr<T>(),
                                   attention.const_data_ptr<T>(), grad_out.const_data_ptr<T>(),
                                   grads[0].mutable_data_ptr<T>(), grads[1].mutable_data_ptr<T>(),
                                   grads[2].mutable_data_ptr<T>());
    });
  });
}

inline ::torch::Tensor ms_deform_attn_forward_cpu(const ::torch::Tensor& value,
                                                  const std::vector<level_size>& levels,
                                                  const ::torch::Tensor& location,
                                                  const ::torch::Tensor& attention) {
  const auto out = ::torch::empty({value.size(0), location.size(1), value.size(2) * value.size(3)},
                                  value.options());
  if (value.scalar_type() == ::torch::kFloat)
    deform_forward_all<float>(value, levels, location, attention, out);
  else
    deform_forward_all<double>(value, levels, location, attention, out);
  return out;
}

inline std::array<::torch::Tensor, 3> ms_deform_attn_backward_cpu(
    const ::torch::Tensor& grad_out, const ::torch::Tensor& value,
    const std::vector<level_size>& levels, const ::torch::Tensor& location,
    const ::torch::Tensor& attention) {
  std::array<::torch::Tensor, 3> grads{::torch::zeros_like(value), ::torch::empty_like(location),
                                       ::torch::empty_like(attention)};
  if (value.scalar_type() == ::torch::kFloat)
    deform_backward_all<float>(grad_out, value, levels, location, attention, grads);
  else
    deform_backward_all<double>(grad_out, value, levels, location, attention, grads);
  return grads;
}

}  // namespace detail

/// Where a device's kernel is put: assign it once, before the first call. The CPU has its own;
/// a device without one is served by ms_deform_attn_composed.
inline ms_deform_attn_kernel& ms_deform_attn_kernel_of(::torch::DeviceType device) {
  static std::array<ms_deform_attn_kernel, ::c10::COMPILE_TIME_MAX_DEVICE_TYPES> kernels = [] {
    std::array<ms_deform_attn_kernel, ::c10::COMPILE_TIME_MAX_DEVICE_TYPES> all{};
    all[static_cast<std::size_t>(::torch::kCPU)] = {detail::ms_deform_attn_forward_cpu,
                                                    detail::ms_deform_attn_backward_cpu};
    return all;
  }();
  return kernels[static_cast<std::size_t>(device)];
}

/// The same value as ms_deform_attn, composed of LibTorch's grid_sample. Any device and floating
/// dtype, differentiable any number of times; about five times the time and memory.
[[nodiscard]] inline ::torch::Tensor ms_deform_attn_composed(const ::torch::Tensor& value,
                                                             const std::vector<level_size>& levels,
                                                             const ::torch::Tensor& location,
                                                             const ::torch::Tensor& attention) {
  namespace functional = ::torch::nn::functional;
  const auto n = value.size(0), m = value.size(2), d = value.size(3);
  const auto q = location.size(1), p = location.size(4);
  const auto options = functional::GridSampleFuncOptions()
                           .mode(::torch::kBilinear)
                           .padding_mode(::torch::kZeros)
                           .align_corners(false);
  std::vector<::torch::Tensor> samples;
  std::int64_t first = 0;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const auto [height, width] = levels[l];
    const auto map = value.narrow(1, first, height * width)
                         .permute({0, 2, 3, 1})
                         .reshape({n * m, d, height, width});
    first += height * width;
    const auto grid = (location.select(3, static_cast<std::int64_t>(l)) * 2 - 1)
                          .transpose(1, 2)
                          .reshape({n * m, q, p, 2});
    samples.push_back(functional::grid_sample(map, grid, options));  // [n * m, d, q, p]
  }
  const auto weights = attention.transpose(1, 2).reshape({n * m, 1, q, -1});
  const auto sum = (::torch::stack(samples, 3).flatten(3) * weights).sum(-1);
  return sum.view({n, m * d, q}).transpose(1, 2).contiguous();
}

namespace detail {

struct ms_deform_attn_function : ::torch::autograd::Function<ms_deform_attn_function> {
  using context = ::torch::autograd::AutogradContext;

  static ::torch::Tensor forward(context* saved, const ::torch::Tensor& value,
                                 const ::torch::Tensor& location, const ::torch::Tensor& attention,
                                 const std::vector<level_size>& levels) {
    const auto v = value.contiguous(), x = location.contiguous(), a = attention.contiguous();
    saved->save_for_backward({v, x, a});
    std::vector<std::int64_t> sizes;
    for (const level_size& level : levels) {
      sizes.push_back(level.height);
      sizes.push_back(level.width);
    }
    saved->saved_data["levels"] = std::move(sizes);
    return ms_deform_attn_kernel_of(v.device().type()).forward(v, levels, x, a);
  }

  static ::torch::autograd::variable_list backward(context* saved,
                                                   ::torch::autograd::variable_list grads) {
    require(!::torch::GradMode::is_enabled(),
            "ms_deform_attn: has no second derivative, use ms_deform_attn_composed");
    const auto tensors = saved->get_saved_variables();
    const auto sizes = saved->saved_data["levels"].toIntVector();
    std::vector<level_size> levels;
    for (std::size_t i = 0; i + 1 < sizes.size(); i += 2)
      levels.push_back({sizes[i], sizes[i + 1]});
    auto [value, location, attention] =
        ms_deform_attn_kernel_of(tensors[0].device().type())
            .backward(grads[0].contiguous(), tensors[0], levels, tensors[1], tensors[2]);
    return {value, location, attention, ::torch::Tensor{}};
  }
};

inline void require_deform_arguments(const ::torch::Tensor& value,
                                     const std::vector<level_size>& levels,
                                     const ::torch::Tensor& location,
                                     const ::torch::Tensor& attention) {
  require_shape(value, {any, any, any, any}, "ms_deform_attn: value");
  std::int64_t tokens = 0;
  for (const level_size& level : levels) {
    require(level.height > 0 && level.width > 0, "ms_deform_attn: a level is ", level.height, " x ",
            level.width, " (height x width), expected positive extents");
    tokens += level.height * level.width;
  }
  require(tokens == value.size(1), "ms_deform_attn: value has ", value.size(1),
          " tokens, the levels have ", tokens);
  const auto count = static_cast<std::int64_t>(levels.size());
  require_shape(location, {value.size(0), any, value.size(2), count, any, 2},
                "ms_deform_attn: location");
  require_shape(attention,
                {value.size(0), location.size(1), value.size(2), count, location.size(4)},
                "ms_deform_attn: attention");
  for (const auto& [tensor, name] : {std::pair{&location, "ms_deform_attn: location"},
                                     std::pair{&attention, "ms_deform_attn: attention"}}) {
    require_dtype(*tensor, value.scalar_type(), name);
    require(tensor->device() == value.device(), name, ": device is ", tensor->device().str(),
            ", that of value is ", value.device().str());
  }
}

}  // namespace detail

/// For every query and head the weighted sum of bilinear samples of all levels.
/// out[n, q, m*d..] = sum over l, p of attention[n,q,m,l,p] * value of level l at
/// location[n,q,m,l,p]
///
/// Gradients flow to value, location and attention. Pixel (y, x) of a level lies at
/// ((x + 0.5) / width, (y + 0.5) / height); outside the level the value is 0, and a point more than
/// a pixel outside, or NaN, gives 0 and no gradient. On the CPU: float and double, threads by
/// at::parallel_for, the same bits for any number of them; backward uses at most n * m threads.
/// Beside the gradients nothing is allocated. O(n q m l p d).
/// @param value      [n, s, m, d], s tokens: the levels one after the other, each row-major
/// @param levels     height and width of each level, together s pixels
/// @param location   [n, q, m, l, p, 2], x then y, 0 to 1 from border to border
/// @param attention  [n, q, m, l, p], softmaxed over l, p by the caller
/// @return [n, q, m * d]
/// @throws invalid_input if shapes, dtypes or devices do not fit
[[nodiscard]] inline ::torch::Tensor ms_deform_attn(const ::torch::Tensor& value,
                                                    const std::vector<level_size>& levels,
                                                    const ::torch::Tensor& location,
                                                    const ::torch::Tensor& attention) {
  detail::require_deform_arguments(value, levels, location, attention);
  if (ms_deform_attn_kernel_of(value.device().type()).forward == nullptr)
    return ms_deform_attn_composed(value, levels, location, attention);
  const bool known = !value.device().is_cpu() || value.scalar_type() == ::torch::kFloat ||
                     value.scalar_type() == ::torch::kDouble;
  require(known, "ms_deform_attn: value: dtype is ", ::c10::toString(value.scalar_type()),
          ", expected Float or Double");
  return detail::ms_deform_attn_function::apply(value, location, attention, levels);
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
