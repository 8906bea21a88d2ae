// Multi-scale deformable attention (Deformable DETR, 2010.04159, eq. 3) with gradients, on a
// device.
#pragma once

#include <cstdint>
#include <type_traits>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/ms_deform_attn_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/check.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// T: float, float16, bfloat16.
template <class T>
void launch_deform_forward(const deform_shape& shape, const T* value, const T* location,
                           const T* attention, T* out, stream_view stream);
template <class T>
void launch_deform_backward(const deform_shape& shape, const T* grad_out, const T* value,
                            const T* location, const T* attention, T* grad_value, T* grad_location,
                            T* grad_attention, bool deterministic, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

/// Numbers that attention is computed of; sums are floats.
template <class T>
concept attention_number =
    std::is_same_v<T, float> || std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

namespace checks {

inline void require_deform_shape(const char* what, const deform_shape& shape) {
  require(shape.level_count >= 0 && shape.level_count <= deform_shape::most_levels, what, ": ",
          shape.level_count, " levels, expected 0 to ", deform_shape::most_levels);
  require(shape.channels >= 0 && shape.channels <= 64, what, ": ", shape.channels,
          " channels a head, expected 0 to 64");
  std::int64_t tokens = 0;
  for (int l = 0; l < shape.level_count; ++l) {
    const deform_level& level = shape.levels[l];
    require(level.height > 0 && level.width > 0, what, ": level ", l, " is ", level.height, " x ",
            level.width, " (height x width), expected positive extents");
    tokens += checked_product(what, level.height, level.width);
  }
  require(tokens == shape.tokens, what, ": value has ", shape.tokens, " tokens, the levels have ",
          tokens);
  checked_product(what, shape.batch, shape.tokens, shape.heads, shape.channels);
  checked_product(what, shape.batch, shape.queries, shape.heads,
                  static_cast<std::int64_t>(shape.level_count) * 2, shape.points);
  checked_product(what, shape.batch, shape.queries, shape.heads, shape.channels);
}

template <class T>
void require_deform(const char* what, const deform_shape& shape, const T* value, const T* location,
                    const T* attention) {
  require_deform_shape(what, shape);
  const std::int64_t samples = shape.items() * shape.level_count * shape.points;
  require_device(what, value, shape.batch * shape.tokens * shape.heads * shape.channels);
  require_device(what, location, 2 * samples);
  require_device(what, attention, samples);
}

}  // namespace checks

/// For every query and head the weighted sum of bilinear samples of all levels:
/// out[n, q, m, :] = sum over l, p of attention[n, q, m, l, p] * value of level l at
/// location[n, q, m, l, p]. As s2d::torch::ms_deform_attn, on device memory in C order.
///
/// Pixel (y, x) of a level lies at ((x + 0.5) / width, (y + 0.5) / height); outside the level the
/// value is 0, and a point more than a pixel outside, or NaN, gives 0. Sums are floats.
/// One launch, no temporary memory, the same bits in every run. 64-bit indices throughout.
/// @param value      [n, s, m, d]     @param location  [n, q, m, l, p, 2], x then y
/// @param attention  [n, q, m, l, p]  @param out       [n, q, m, d]
/// @throws invalid_input if extents do not fit each other, or an address cannot be device memory
template <attention_number T>
void ms_deform_attn(const deform_shape& shape, const T* value, const T* location,
                    const T* attention, T* out, stream_view stream = {}) {
  checks::require_deform("ms_deform_attn", shape, value, location, attention);
  checks::require_device("ms_deform_attn: out", out, shape.items() * shape.channels);
  detail::launch_deform_forward(shape, value, location, attention, out, stream);
}

/// All gradients, from grad_out [n, q, m, d]; each of the shape of its variable. A point that gives
/// 0 has none.
/// @param deterministic  gradients of values are summed as whole multiples of a small step (at most
///                       2^-39 of the largest sum that can be), which gives the same bits in every
///                       run; otherwise by atomic additions of floats in any order
/// Temporary memory: none for float, 4 bytes a value for 16-bit numbers, 8 if deterministic.
template <attention_number T>
void ms_deform_attn_backward(const deform_shape& shape, const T* grad_out, const T* value,
                             const T* location, const T* attention, T* grad_value, T* grad_location,
                             T* grad_attention, bool deterministic = false,
                             stream_view stream = {}) {
  constexpr const char* what = "ms_deform_attn_backward";
  checks::require_deform(what, shape, value, location, attention);
  checks::require_deform(what, shape, static_cast<const T*>(grad_value),
                         static_cast<const T*>(grad_location),
                         static_cast<const T*>(grad_attention));
  checks::require_device(what, grad_out, shape.items() * shape.channels);
  detail::launch_deform_backward(shape, grad_out, value, location, attention, grad_value,
                                 grad_location, grad_attention, deterministic, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
