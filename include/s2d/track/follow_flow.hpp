// Point tracks along optical flow, chained from frame to frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/flow/field.hpp>
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

// Four neighbours of a place in a field and their weights; places outside clamp to the border.
struct bilinear_place {
  std::ptrdiff_t at, right, below;
  float wx, wy;

  bilinear_place(float x, float y, std::ptrdiff_t height, std::ptrdiff_t width) noexcept {
    const auto last_x = static_cast<float>(width - 1), last_y = static_cast<float>(height - 1);
    x = x > 0 ? (x < last_x ? x : last_x) : 0;
    y = y > 0 ? (y < last_y ? y : last_y) : 0;
    const auto left = static_cast<std::int32_t>(x), top = static_cast<std::int32_t>(y);
    wx = x - static_cast<float>(left);
    wy = y - static_cast<float>(top);
    at = top * width + left;
    right = left < width - 1 ? 1 : 0;
    below = top < height - 1 ? width : 0;
  }

  [[nodiscard]] float sample(const float* plane) const noexcept {
    const float* const p = plane + at;
    const float above = p[0] + wx * (p[right] - p[0]);
    const float under = p[below] + wx * (p[below + right] - p[below]);
    return above + wy * (under - above);
  }
};

// Points on their way through a video, in pixels of the flow grid.
struct flow_walk {
  std::vector<float> x, y;          // [N]
  std::vector<std::uint8_t> valid;  // [N] 0 once the flow was not finite: the point rests
  std::vector<std::uint8_t> seen;   // [N]

  explicit flow_walk(std::size_t n) : x(n), y(n), valid(n, 1), seen(n, 1) {}

  void step(const flow_field& there, const flow_field& back,
            const follow_options& options) noexcept {
    constexpr float far = 1e7f;  // further away than any frame is large
    const std::ptrdiff_t height = there.height(), width = there.width();
    const float right = static_cast<float>(width) - 0.5f;
    const float bottom = static_cast<float>(height) - 0.5f;
    for (std::size_t n = 0; n < x.size(); ++n) {
      const bilinear_place from{x[n], y[n], height, width};
      const float fu = from.sample(there.u.data()), fv = from.sample(there.v.data());
      const float nx = x[n] + fu, ny = y[n] + fv;
      const bool moved =
          valid[n] != 0 && nx > -far && nx < far && ny > -far && ny < far;  // false for NaN
      const bilinear_place to{nx, ny, height, width};
      const float bu = to.sample(back.u.data()), bv = to.sample(back.v.data());
      const float error = (fu + bu) * (fu + bu) + (fv + bv) * (fv + bv);
      const float length = fu * fu + fv * fv + bu * bu + bv * bv;
      const bool inside = nx >= -0.5f && nx <= right && ny >= -0.5f && ny <= bottom;
      const bool returns = error < options.tolerance + options.relative_tolerance * length;
      valid[n] = moved ? 1 : 0;
      seen[n] = moved && inside && returns ? 1 : 0;
      x[n] = moved ? nx : x[n];
      y[n] = moved ? ny : y[n];
    }
  }

  // From here on nothing is known.
  void lose() noexcept {
    for (std::uint8_t& v : valid) v = 0;
    for (std::uint8_t& s : seen) s = 0;
  }
};

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

inline void follow_direction(const video_flow& flow, const track_query& query, grid_scale scale,
                             bool forwards, const follow_options& options, point_tracks& tracks) {
  const std::size_t n = query.points.size();
  flow_walk points{n};
  for (std::size_t i = 0; i < n; ++i) {
    const point p = scale.to_grid(query.points[i]);
    points.x[i] = p.x;
    points.y[i] = p.y;
  }
  const auto& there = forwards ? flow.forward : flow.backward;
  const auto& back = forwards ? flow.backward : flow.forward;
  std::size_t t = query.frame;
  while (forwards ? t + 1 < flow.frames() : t > 0) {
    const std::size_t next = forwards ? t + 1 : t - 1;
    const std::size_t later = forwards ? next : t;
    if (later < options.cut_before.size() && options.cut_before[later])
      points.lose();
    else if (!there[t].empty() && !back[next].empty())
      points.step(there[t], back[next], options);
    t = next;
    for (std::size_t i = 0; i < n; ++i)
      tracks.positions(t)[i] = scale.to_frame(points.x[i], points.y[i]);
    for (std::size_t i = 0; i < n; ++i) tracks.visibility(t)[i] = points.seen[i];
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
/// @param query                      N points; its purpose and mask are not used
/// @param frame_height, frame_width  size of the frames that points refer to, at least 1
/// @return [T, N] positions in pixels of the frame. Without query.backward points rest before
///         query.frame and are not visible.
/// @throws invalid_input if forward and backward differ in length, fields differ in size, an
///         extent of the frame is below 1, query.frame is not in the video or a point not finite
/// Complexity: T * N steps.
[[nodiscard]] inline point_tracks follow_flow(const video_flow& flow, const track_query& query,
                                              std::ptrdiff_t frame_height,
                                              std::ptrdiff_t frame_width,
                                              const follow_options& options = {}) {
  require(frame_height >= 1 && frame_width >= 1, "follow_flow: the frame is ", frame_height, " x ",
          frame_width, ", expected at least 1 x 1");
  const flow_field* const field = detail::checked_fields(flow);
  require(query.frame < flow.frames(), "follow_flow: frame ", query.frame, " of ", flow.frames());
  for (const point p : query.points)
    require(p.x - p.x == 0 && p.y - p.y == 0, "follow_flow: a point of frame ", query.frame,
            " is not finite");
  detail::grid_scale scale;
  if (field != nullptr)
    scale = {static_cast<float>(frame_width) / static_cast<float>(field->width()),
             static_cast<float>(frame_height) / static_cast<float>(field->height())};
  point_tracks tracks(flow.frames(), query.points.size());
  for (std::size_t t = 0; t <= query.frame; ++t)
    for (std::size_t n = 0; n < tracks.points; ++n) {
      tracks.positions(t)[n] = query.points[n];
      tracks.visibility(t)[n] = t == query.frame ? 1 : 0;
    }
  detail::follow_direction(flow, query, scale, true, options, tracks);
  if (query.backward) detail::follow_direction(flow, query, scale, false, options, tracks);
  return tracks;
}

}  // namespace s2d::inline S2D_ABI
