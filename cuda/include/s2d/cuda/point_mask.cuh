// Definitions of point_mask.hpp.
#pragma once

#include <s2d/cuda/point_mask.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/point_mask.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_points_in_masks(const const_tracks_view& tracks,
                                            const mask_table_view& table, const bits_view& out,
                                            stream_view stream) {
  points_in_masks_on(device_executor{stream}, tracks, table, out);
}
S2D_CUDA_INLINE void launch_match_points(const const_tracks_view& tracks, const point_sets& sets,
                                         const mask_table_view& table, bool pixels,
                                         bool visible_only, point_overlap* out,
                                         stream_view stream) {
  match_points_on(device_executor{stream}, tracks, sets, table, pixels, visible_only, out);
}
S2D_CUDA_INLINE void launch_matching_masks(const point_overlap* overlaps, std::int64_t sets,
                                           std::int64_t masks, double ratio, std::uint64_t* out,
                                           stream_view stream) {
  matching_masks_on(device_executor{stream}, overlaps, sets, masks, ratio, out);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
