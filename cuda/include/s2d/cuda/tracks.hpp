// Points followed along the flow of a video, and in which frames sets of them are seen, on a
// device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/tracks_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/tracks.hpp>
#include <s2d/flow/consistency.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_follow_flow(const video_flow_view& flow, const track_starts& starts,
                        const tracks_view& out, const follow_settings& set, stream_view stream);
void launch_count_visible(const const_tracks_view& tracks, const point_sets& sets,
                          std::uint32_t* out, stream_view stream);
void launch_visible_frames(const std::uint32_t* visible, const point_sets& sets,
                           std::int64_t frames, double threshold, std::uint64_t* out,
                           stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

/// The flow of a video in device memory, with its links.
struct device_video_flow {
  std::int64_t frames = 0, height = 0, width = 0;
  device_buffer<float> planes;     ///< [4, T, h, w] forward u and v, backward u and v
  device_buffer<flow_link> links;  ///< [T]

  [[nodiscard]] video_flow_view view() const {
    const auto plane = [&](std::int64_t i) {
      const std::int64_t gap = height * width > 0 ? i * frames * height * width : 0;
      return batch_view<const float>{planes.data() + gap, frames, height, width};
    };
    return {{plane(0), plane(1)}, {plane(2), plane(3)}, links.data()};
  }
};

/// The points of queries in device memory, one query after the other.
struct device_queries {
  std::int64_t points = 0, queries = 0;
  device_buffer<track_position> at;      ///< [P]
  device_buffer<std::int32_t> frame;     ///< [P]
  device_buffer<std::uint8_t> backward;  ///< [P]
  device_buffer<std::int64_t> offsets;   ///< [Q + 1]

  [[nodiscard]] track_starts starts() const {
    return {at.data(), frame.data(), backward.data(), points};
  }
  [[nodiscard]] point_sets sets() const { return {offsets.data(), queries}; }
};

/// P points through T frames in device memory.
struct device_tracks {
  std::int64_t frames = 0, points = 0;
  device_buffer<track_position> at;     ///< [T, P]
  device_buffer<std::uint8_t> visible;  ///< [T, P]

  device_tracks(std::int64_t t, std::int64_t p, stream_view stream = {})
      : frames{t}, points{p}, at(t * p, stream), visible(t * p, stream) {}
  [[nodiscard]] tracks_view view() { return {at.data(), visible.data(), frames, points}; }
  [[nodiscard]] const_tracks_view view() const {
    return {at.data(), visible.data(), frames, points};
  }
};

namespace checks {

inline void require_fields(const char* what, const video_flow_view& flow) {
  for (const flow_batch* fields : {&flow.forward, &flow.backward}) {
    require_view(what, fields->u);
    require_view(what, fields->v);
    require_same_extents(what, flow.forward.u, fields->u);
    require_same_extents(what, flow.forward.u, fields->v);
  }
  constexpr std::int64_t most = std::int64_t{1} << 24;
  require(flow.forward.u.height <= most && flow.forward.u.width <= most, what, ": the flow is ",
          flow.forward.u.height, " x ", flow.forward.u.width, ", expected sides up to 2^24");
  require_optional(what, flow.links, flow.forward.u.count);
}

inline void require_tracks(const char* what, const const_tracks_view& tracks) {
  const std::int64_t size = checked_product(what, tracks.frames, tracks.points);
  require_device(what, tracks.at, size);
  require_device(what, tracks.visible, size);
}

inline void require_sets(const char* what, const point_sets& sets) {
  require(sets.count >= 0 && sets.count < INT64_MAX / 16, what, ": ", sets.count,
          " sets of points, expected 0 to 2^59");
  require_device(what, sets.offsets, sets.count + 1);
}

}  // namespace checks

/// The flow of a video in device memory. Copies of what is not pinned are done when it returns.
/// @param cut_before  as in s2d::follow_options
/// @throws invalid_input if forward and backward differ in length or fields differ in size
[[nodiscard]] inline device_video_flow to_device(const s2d::video_flow& flow,
                                                 const std::vector<bool>& cut_before = {},
                                                 stream_view stream = {}) {
  const std::size_t frames = flow.frames();
  require(frames == flow.backward.size(), "to_device: ", frames, " forward and ",
          flow.backward.size(), " backward fields");
  device_video_flow result;
  result.frames = static_cast<std::int64_t>(frames);
  for (const auto* fields : {&flow.forward, &flow.backward})
    for (const flow_field& field : *fields) {
      s2d::detail::require_same_size("to_device: u and v", field.u, field.v);
      if (field.empty()) continue;
      if (result.height == 0) {
        result.height = field.height();
        result.width = field.width();
      }
      require(field.height() == result.height && field.width() == result.width,
              "to_device: a flow field is ", field.height(), " x ", field.width(), ", expected ",
              result.height, " x ", result.width, " as the first");
    }
  const std::int64_t field_size = result.height * result.width;
  result.planes = device_buffer<float>{
      checks::checked_product("to_device", 4, result.frames, result.height, result.width), stream};
  std::vector<flow_link> links(frames, flow_link::rest);
  float* to = result.planes.data();
  for (const auto* fields : {&flow.forward, &flow.backward})
    for (const auto plane : {&flow_field::u, &flow_field::v})
      for (const flow_field& field : *fields) {
        if (!field.empty())
          detail::copy_bytes(to, (field.*plane).data(),
                             static_cast<std::size_t>(field_size) * sizeof(float),
                             detail::copy_kind::to_device, stream);
        if (field_size > 0) to += field_size;
      }
  for (std::size_t t = 1; t < frames; ++t) {
    if (!flow.forward[t - 1].empty() && !flow.backward[t].empty()) links[t] = flow_link::follow;
    if (t < cut_before.size() && cut_before[t]) links[t] = flow_link::cut;
  }
  result.links = to_device(links, stream);
  return result;
}

/// The points of queries in device memory.
/// @param frames  of the video
/// @throws invalid_input if a query's frame is not in the video or a point not finite
[[nodiscard]] inline device_queries to_device(std::span<const track_query> queries,
                                              std::size_t frames, stream_view stream = {}) {
  std::vector<track_position> at;
  std::vector<std::int32_t> frame;
  std::vector<std::uint8_t> backward;
  std::vector<std::int64_t> offsets{0};
  for (const track_query& query : queries) {
    require(query.frame < frames && query.frame < INT32_MAX, "to_device: frame ", query.frame,
            " of ", frames);
    for (const point p : query.points) {
      require(p.x - p.x == 0 && p.y - p.y == 0, "to_device: a point of frame ", query.frame,
              " is not finite");
      at.push_back({p.x, p.y});
    }
    frame.resize(at.size(), static_cast<std::int32_t>(query.frame));
    backward.resize(at.size(), query.backward ? 1 : 0);
    offsets.push_back(static_cast<std::int64_t>(at.size()));
  }
  return {static_cast<std::int64_t>(at.size()),
          static_cast<std::int64_t>(queries.size()),
          to_device(at, stream),
          to_device(frame, stream),
          to_device(backward, stream),
          to_device(offsets, stream)};
}

/// Follows points along the flow of a video, from frame to frame, as s2d::follow_flow does.
///
/// Bit for bit what the core gives where its compiler joins no product with a sum that follows
/// (-ffp-contract=off, or a processor without such an instruction); elsewhere steps differ by units
/// in the last place, which add up from frame to frame, and a step whose two sides of the test
/// agree to as much may be seen otherwise.
///
/// A point that is not finite, or whose frame is not in the video, rests and is never visible.
/// @param flow    [T, h, w] with sides up to 2^24, any strides; the grid may be smaller than the
///                frame. With sides of 0 no link is followed.
/// @param starts  [P] positions in pixels of the frame
/// @param frame_height, frame_width  size of the frames that points refer to, at least 1
/// @param out     [T, P]
/// @param test    which steps return: |f + b|^2 < base + slope (|f|^2 + |b|^2)
/// One launch, a thread a point and direction of time. Nothing waits.
/// @throws invalid_input as s2d::follow_flow, but for what lies in device memory
inline void follow_flow(const video_flow_view& flow, const track_starts& starts,
                        std::int64_t frame_height, std::int64_t frame_width, const tracks_view& out,
                        const consistency_options& test = {}, stream_view stream = {}) {
  constexpr const char* what = "follow_flow";
  checks::require_fields(what, flow);
  require(frame_height >= 1 && frame_width >= 1, what, ": the frame is ", frame_height, " x ",
          frame_width, ", expected at least 1 x 1");
  require(test.base >= 0 && test.slope >= 0, what, ": base is ", test.base, " and slope ",
          test.slope, ", expected >= 0");
  require(out.frames == flow.forward.u.count && out.points == starts.count, what, ": tracks are ",
          out.frames, " x ", out.points, ", expected ", flow.forward.u.count, " x ", starts.count,
          " (frames x points)");
  checks::checked_product(what, 2, starts.count);
  checks::require_device(what, starts.at, starts.count);
  checks::require_device(what, starts.frame, starts.count);
  checks::require_optional(what, starts.backward, starts.count);
  checks::require_tracks("follow_flow: out", out);
  detail::follow_settings set{1, 1, test.base, test.slope};
  if (flow.forward.u.height > 0 && flow.forward.u.width > 0) {
    set.scale_x = static_cast<float>(frame_width) / static_cast<float>(flow.forward.u.width);
    set.scale_y = static_cast<float>(frame_height) / static_cast<float>(flow.forward.u.height);
  }
  detail::launch_follow_flow(flow, starts, out, set, stream);
}

/// How many points of every set are visible in every frame, as s2d::count_visible of each.
/// @param sets  of the tracks' points; offsets that do not ascend from 0 to P are not checked
/// @param out   [sets, T] in device memory
/// Two launches. Temporary memory: T * P / 8 bytes. Nothing waits.
inline void count_visible(const const_tracks_view& tracks, const point_sets& sets,
                          std::uint32_t* out, stream_view stream = {}) {
  checks::require_tracks("count_visible", tracks);
  checks::require_sets("count_visible: sets", sets);
  checks::require_device("count_visible: out", out,
                         checks::checked_product("count_visible", sets.count, tracks.frames));
  detail::launch_count_visible(tracks, sets, out, stream);
}

/// Sets x frames: bit (q, t) is set where more than `threshold` of the points of set q are visible
/// in frame t, as s2d::visible_frames; rows as s2d::cuda::dbscan takes them.
/// @param visible  [sets, T] as count_visible gives it
/// @param out      [sets, ceil(T / 64)] in device memory
/// @throws invalid_input if the threshold is outside [0, 1] or NaN. One launch. Nothing waits.
inline void visible_frames(const std::uint32_t* visible, const point_sets& sets,
                           std::int64_t frames, std::uint64_t* out, double threshold = 0.3,
                           stream_view stream = {}) {
  require(threshold >= 0.0 && threshold <= 1.0, "visible_frames: threshold is ", threshold,
          ", expected 0 to 1");
  checks::require_sets("visible_frames: sets", sets);
  checks::require_device("visible_frames: visible", visible,
                         checks::checked_product("visible_frames", sets.count, frames));
  checks::require_device("visible_frames: out", out,
                         checks::checked_product("visible_frames", sets.count, (frames + 63) / 64));
  detail::launch_visible_frames(visible, sets, frames, threshold, out, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
