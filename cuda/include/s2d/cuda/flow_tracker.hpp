// The built-in point tracker on a device: flow of the video, chained from frame to frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/tracks.hpp>
#include <s2d/track/follow_flow.hpp>

namespace s2d::cuda::inline S2D_ABI {

namespace steps {

/// The tracks of each query out of those of all, [T, P] one query beside the other.
inline std::vector<point_tracks> tracks_of(std::span<const track_query> queries, std::size_t frames,
                                           const std::vector<track_position>& at,
                                           const std::vector<std::uint8_t>& visible) {
  std::vector<point_tracks> all;
  all.reserve(queries.size());
  const std::size_t row = frames > 0 ? at.size() / frames : 0;
  std::size_t first = 0;
  for (const track_query& query : queries) {
    point_tracks& own = all.emplace_back(frames, query.points.size());
    for (std::size_t t = 0; t < frames; ++t) {
      const track_position* from = at.data() + t * row + first;
      for (point& p : own.positions(t)) {
        p = {from->x, from->y};
        ++from;
      }
      const std::uint8_t* seen = visible.data() + t * row + first;
      for (std::uint8_t& value : own.visibility(t)) value = *seen++;
    }
    first += query.points.size();
  }
  return all;
}

}  // namespace steps

/// Follows points along the flow of a video, as s2d::flow_tracker: a batch_point_tracker for
/// s2d::discover, with the flow in device memory. Tracks come back to the host, in pixels of the
/// frame. Calls wait for the stream; several threads may call at once if the stream's
/// memory_resource lets them, as the default one does, and use the device that was current when the
/// tracker was made.
///
/// Memory of the device: 16 bytes a pixel of the flow and frame; in a call 13 a point, and 9 a
/// point and frame. O(points * frames) a call, one launch.
class flow_tracker {
 public:
  /// Copies the flow to the device.
  /// @param flow                       [T]
  /// @param frame_height, frame_width  size of the frames that points refer to, at least 1
  /// @throws invalid_input if forward and backward differ in length or fields differ in size
  flow_tracker(const video_flow& flow, std::ptrdiff_t frame_height, std::ptrdiff_t frame_width,
               const follow_options& options = {}, stream_view stream = {})
      : flow_{to_device(flow, options.cut_before, stream)},
        height_{frame_height},
        width_{frame_width},
        test_{options.tolerance, options.relative_tolerance},
        stream_{stream},
        device_{detail::current_device()} {}

  /// @throws invalid_input as s2d::follow_flow
  [[nodiscard]] point_tracks operator()(const track_query& query) const {
    return std::move((*this)(std::span{&query, 1}).front());
  }
  [[nodiscard]] std::vector<point_tracks> operator()(std::span<const track_query> queries) const {
    const device_scope here{device_};  // threads of a caller begin at device 0
    const auto frames = static_cast<std::size_t>(flow_.frames);
    const device_queries points = to_device(queries, frames, stream_);
    device_tracks tracks{flow_.frames, points.points, stream_};
    follow_flow(flow_.view(), points.starts(), height_, width_, tracks.view(), test_, stream_);
    return steps::tracks_of(queries, frames, to_host(tracks.at, stream_),
                            to_host(tracks.visible, stream_));
  }

 private:
  device_video_flow flow_;
  std::ptrdiff_t height_, width_;
  consistency_options test_;
  stream_view stream_;
  int device_;
};

static_assert(batch_point_tracker<const flow_tracker>);

}  // namespace s2d::cuda::inline S2D_ABI
