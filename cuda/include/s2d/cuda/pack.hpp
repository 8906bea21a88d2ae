// Dense masks in device memory to packed bits and back.
#pragma once

#include <cstdint>
#include <type_traits>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// T: std::uint8_t (foreground differs from 0), float, float16, bfloat16 (foreground is above the
/// threshold).
template <class T>
void launch_pack(const batch_view<const T>& masks, float threshold, const bits_view& out,
                 stream_view stream);
void launch_unpack(const const_bits_view& masks, const batch_view<std::uint8_t>& out,
                   stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

/// The elements of logits: foreground is what lies above a threshold.
template <class T>
concept logit =
    std::is_same_v<T, float> || std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

/// Packs masks of bytes: a bit is set where the byte differs from zero. Any strides; fast where
/// rows or columns have no gaps between elements. One launch; reads [count, height, width] bytes
/// once, writes an eighth.
/// @param out  as many masks of the same size; may not overlap the input
/// @throws invalid_input if extents differ or an address cannot be device memory
inline void pack(const batch_view<const std::uint8_t>& masks, const bits_view& out,
                 stream_view stream = {}) {
  checks::require_view("pack", masks);
  checks::require_view("pack: out", out);
  checks::require_same_extents("pack", masks, out);
  detail::launch_pack(masks, 0, out, stream);
}

/// As above, of bool.
inline void pack(const batch_view<const bool>& masks, const bits_view& out,
                 stream_view stream = {}) {
  static_assert(sizeof(bool) == 1);
  pack(batch_view<const std::uint8_t>{reinterpret_cast<const std::uint8_t*>(masks.data),
                                      masks.count, masks.height, masks.width, masks.plane_stride,
                                      masks.row_stride, masks.column_stride},
       out, stream);
}

/// Packs logits: a bit is set where the value is above `threshold`; NaN is not.
template <logit T>
void pack(const batch_view<const T>& logits, float threshold, const bits_view& out,
          stream_view stream = {}) {
  checks::require_view("pack", logits);
  checks::require_view("pack: out", out);
  checks::require_same_extents("pack", logits, out);
  detail::launch_pack(logits, threshold, out, stream);
}

/// Writes 1 for foreground and 0 for background to every element of `out`, any strides; fast where
/// it has no gaps at all, or none between the elements of a column. One launch.
/// @throws invalid_input as pack
inline void unpack(const const_bits_view& masks, const batch_view<std::uint8_t>& out,
                   stream_view stream = {}) {
  checks::require_view("unpack", masks);
  checks::require_view("unpack: out", out);
  checks::require_same_extents("unpack", masks, out);
  detail::launch_unpack(masks, out, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
