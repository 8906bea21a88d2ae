// Definitions of tracks.hpp.
#pragma once

#include <s2d/cuda/tracks.hpp>
#include <s2d/cuda/detail/launch.cuh>
#include <s2d/cuda/detail/tracks.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

S2D_CUDA_INLINE void launch_follow_flow(const video_flow_view& flow, const track_starts& starts,
                                        const tracks_view& out, const follow_settings& set,
                                        stream_view stream) {
  follow_flow_on(device_executor{stream}, flow, starts, out, set);
}
S2D_CUDA_INLINE void launch_count_visible(const const_tracks_view& tracks, const point_sets& sets,
                                          std::uint32_t* out, stream_view stream) {
  count_visible_on(device_executor{stream}, tracks, sets, out);
}
S2D_CUDA_INLINE void launch_visible_frames(const std::uint32_t* visible, const point_sets& sets,
                                           std::int64_t frames, double threshold,
                                           std::uint64_t* out, stream_view stream) {
  visible_frames_on(device_executor{stream}, visible, sets, frames, threshold, out);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
