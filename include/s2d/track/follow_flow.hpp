// Point tracks along optical flow, chained from frame to frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/flow/field.hpp>
#include <s2d/track/detail/flow_step.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {

struct follow_options {
  float tolerance = 1;               ///< squared pixels of the flow grid a step may fail to return
  float relative_tolerance = 0.05f;  ///< and the share of its squared lengths
  /// cut_before[t]: frame t begins a new shot, tracks end there. Shorter than the video: no cut in
  /// the rest.
  std::vector<bool> cut_before{};
};

namespace detail {

/// Throws unless both directions have the same number of fields and all fields are of one size.
/// @return the first field that is present, or null
inline const flow_field* checked_fields(const video_flow& flow) {
  require(flow.forward.size() == flow.backward.size(), "follow_flow: ", flow.forward.size(),
          " forward and ", flow.backward.size(), " backward fields");
  const flow_field* first = nullptr;
  for (const auto* fields : {&flow.forward, &flow.backward})
    for (const flow_field& field : *fields) {
      require_same_size("follow_flow: u and v", field.u, field.v);
      if (field.empty()) continue;
      if (first == nullptr) first = &field;
      require_same_size("follow_flow: fields", first->u, field.u);
    }
  return first;
}

// Pixels of the frame in one of the flow grid.
struct grid_scale {
  float x = 1, y = 1;

  [[nodiscard]] point to_grid(point p) const noexcept {
    return {(p.x + 0.5f) / x - 0.5f, (p.y + 0.5f) / y - 0.5f};
  }
  [[nodiscard]] point to_frame(float grid_x, float grid_y) const noexcept {
    return {(grid_x + 0.5f) * x - 0.5f, (grid_y + 0.5f) * y - 0.5f};
  }
};

// All queries go through the video together, so that a field is read while it is in the cache.
inline void follow_direction(const video_flow& flow, std::span<const track_query> queries,
                             grid_scale scale, bool forwards, const follow_options& options,
                             std::vector<point_tracks>& tracks) {
  std::vector<flow_walk> walks;
  walks.reserve(queries.size());
  for (const track_query& query : queries) {
    flow_walk& walk = walks.emplace_back(query.points.size());
    for (std::size_t n = 0; n < query.points.size(); ++n) {
      const point p = scale.to_grid(query.points[n]);
      walk.x[n] = p.x;
      walk.y[n] = p.y;
    }
  }
  const auto& there = forwards ? flow.forward : flow.backward;
  const auto& back = forwards ? flow.backward : flow.forward;
  for (std::size_t step = 1; step < flow.frames(); ++step) {
    const std::size_t to = forwards ? step : flow.frames() - 1 - step;
    const std::size_t from = forwards ? to - 1 : to + 1;
    const std::size_t later = forwards ? to : from;
    const bool cut = later < options.cut_before.size() && options.cut_before[later];
    for (std::size_t q = 0; q < queries.size(); ++q) {
      if (forwards ? queries[q].frame >= to : queries[q].frame <= to || !queries[q].backward)
        continue;
      flow_walk& walk = walks[q];
      if (cut)
        walk.lose();
      else if (!there[from].empty() && !back[to].empty())
        walk.step(there[from], back[to], options.tolerance, options.relative_tolerance);
      const std::span<point> at = tracks[q].positions(to);
      const std::span<std::uint8_t> visible = tracks[q].visibility(to);
      for (std::size_t n = 0; n < walk.size; ++n) at[n] = scale.to_frame(walk.x[n], walk.y[n]);
      for (std::size_t n = 0; n < walk.size; ++n)
        visible[n] = static_cast<std::uint8_t>(-walk.seen[n]);
    }
  }
}

}  // namespace detail

/// Follows points along the flow of a video, from frame to frame.
///
/// A point moves by the flow at its place, bilinear, the border continued. It is visible in a
/// frame if the last step into that frame returns, |f + b|^2 < 1 + 0.05 (|f|^2 + |b|^2) in pixels
/// of the flow grid with b the opposite flow where the step ends, and it lies in the frame. Steps
/// are judged one by one, so a point may reappear after an occlusion. At a cut tracks end: points
/// rest and are not visible beyond it; so does a point whose flow is not finite. Where the flow of
/// a step is absent in either direction and there is no cut, the frames are alike: points rest and
/// stay as visible as they were.
///
/// The flow may be on a smaller grid than the frames: frame x = (grid x + 1/2) * frame width /
/// grid width - 1/2.
///
/// @param flow                       [T]
/// @param queries                    [Q] points; their purpose and mask are not used. Together
///                                   they are faster than one by one.
/// @param frame_height, frame_width  size of the frames that points refer to, at least 1
/// @return [Q] tracks [T, N], positions in pixels of the frame. Without query.backward points rest
///         before query.frame and are not visible.
/// @throws invalid_input if forward and backward differ in length, fields differ in size, an
///         extent of the frame is below 1, a tolerance is negative, query.frame is not in the video
///         or a point not finite
/// Complexity: T * N steps a query.
[[nodiscard]] inline std::vector<point_tracks> follow_flow(const video_flow& flow,
                                                           std::span<const track_query> queries,
                                                           std::ptrdiff_t frame_height,
                                                           std::ptrdiff_t frame_width,
                                                           const follow_options& options = {}) {
  require(frame_height >= 1 && frame_width >= 1, "follow_flow: the frame is ", frame_height, " x ",
          frame_width, ", expected at least 1 x 1");
  require(options.tolerance >= 0 && options.relative_tolerance >= 0, "follow_flow: tolerance is ",
          options.tolerance, ", relative_tolerance ", options.relative_tolerance,
          "; expected >= 0");
  const flow_field* const field = detail::checked_fields(flow);
  detail::grid_scale scale;
  if (field != nullptr)
    scale = {static_cast<float>(frame_width) / static_cast<float>(field->width()),
             static_cast<float>(frame_height) / static_cast<float>(field->height())};
  std::vector<point_tracks> tracks;
  tracks.reserve(queries.size());
  for (const track_query& query : queries) {
    require(query.frame < flow.frames(), "follow_flow: frame ", query.frame, " of ", flow.frames());
    for (const point p : query.points)
      require(p.x - p.x == 0 && p.y - p.y == 0, "follow_flow: a point of frame ", query.frame,
              " is not finite");
    point_tracks& own = tracks.emplace_back(flow.frames(), query.points.size());
    for (std::size_t t = 0; t <= query.frame; ++t)
      for (std::size_t n = 0; n < own.points; ++n) {
        own.positions(t)[n] = query.points[n];
        own.visibility(t)[n] = t == query.frame ? 1 : 0;
      }
  }
  detail::follow_direction(flow, queries, scale, true, options, tracks);
  detail::follow_direction(flow, queries, scale, false, options, tracks);
  return tracks;
}

}  // namespace s2d::inline S2D_ABI
