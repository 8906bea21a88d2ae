// Definitions of rle.hpp.
#pragma once

#include <s2d/cuda/rle.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/rle.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template <class T>
rle_batch launch_encode(const batch_view<const T>& masks, float threshold, stream_view stream) {
  return encode_dense_on<device_buffer>(device_executor{stream}, masks,
                                        foreground_test<T>{threshold});
}

S2D_CUDA_INLINE rle_batch launch_encode(const const_bits_view& masks, stream_view stream) {
  return encode_on<device_buffer>(device_executor{stream}, bits_source{masks},
                                  {masks.count, masks.height, masks.width});
}

inline runs_view view_of(const rle_batch& masks) {
  return {masks.lengths.data(), masks.offsets.data(), masks.lengths.size()};
}

S2D_CUDA_INLINE void launch_decode(const rle_batch& masks, const bits_view& out,
                                   stream_view stream) {
  decode_on(device_executor{stream}, view_of(masks), out);
}
S2D_CUDA_INLINE void launch_decode(const rle_batch& masks, const batch_view<std::uint8_t>& out,
                                   stream_view stream) {
  decode_on(device_executor{stream}, view_of(masks), out);
}
/// What was called: areas or bounding_boxes.
inline const char* measured(const std::int64_t* areas) {
  return areas != nullptr ? "areas" : "bounding_boxes";
}
S2D_CUDA_INLINE void launch_measure(const const_bits_view& masks, std::int64_t* areas,
                                    mask_box* boxes, stream_view stream) {
  measure_on(device_executor{stream}, measured(areas), masks, areas, boxes);
}
S2D_CUDA_INLINE void launch_measure(const rle_batch& masks, std::int64_t* areas, mask_box* boxes,
                                    stream_view stream) {
  measure_on(device_executor{stream}, measured(areas), view_of(masks), masks.count(), masks.height,
             areas, boxes);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
