// Point tracks through a video, and the concept of what produces them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/geometry.hpp>

namespace s2d::inline S2D_ABI {

/// N points followed through T frames.
struct point_tracks {
  std::size_t frames = 0;             ///< T
  std::size_t points = 0;             ///< N
  std::vector<point> at;              ///< [T, N] positions in image pixels; may lie outside
  std::vector<std::uint8_t> visible;  ///< [T, N] 1 where the point is seen, else 0

  point_tracks() = default;
  point_tracks(std::size_t t, std::size_t n) : frames{t}, points{n}, at(t * n), visible(t * n) {}

  /// The positions of all points in frame t.
  [[nodiscard]] std::span<const point> positions(std::size_t t) const noexcept {
    return {at.data() + t * points, points};
  }
  [[nodiscard]] std::span<point> positions(std::size_t t) noexcept {
    return {at.data() + t * points, points};
  }
  [[nodiscard]] std::span<const std::uint8_t> visibility(std::size_t t) const noexcept {
    return {visible.data() + t * points, points};
  }
  [[nodiscard]] std::span<std::uint8_t> visibility(std::size_t t) noexcept {
    return {visible.data() + t * points, points};
  }
};

/// Why tracks are asked for: tracks read from files differ by step, computed ones do not.
enum class track_purpose : std::uint8_t {
  visibility,  ///< method step 1: where is the mask seen
  matching,    ///< method step 3: which masks does it propagate to
};

/// Points of one mask to be followed through the whole video, forwards and backwards.
struct track_query {
  std::span<const point> points;  ///< [N] positions in image pixels, in frame `frame`
  std::size_t frame = 0;          ///< the frame the points are given in
  std::size_t mask = 0;           ///< index of the mask within its frame, from 0
  track_purpose purpose = track_purpose::visibility;
  bool backward = true;  ///< false: only frames from `frame` on are wanted, earlier ones may rest
};

/// Anything that follows points: flow chained from frame to frame, files, a learned tracker.
/// tracker(query) gives tracks of query.points.size() points through all frames; in query.frame
/// the points stand at the query and are visible.
template <class Tracker>
concept point_tracker = requires(Tracker& tracker, const track_query& query) {
  { tracker(query) } -> std::convertible_to<point_tracks>;
};

/// A point tracker that follows several queries at once faster than one by one:
/// tracker(queries) gives one point_tracks for each of them, in their order.
template <class Tracker>
concept batch_point_tracker = point_tracker<Tracker> &&
    requires(Tracker& tracker, std::span<const track_query> queries) {
  { tracker(queries) } -> std::convertible_to<std::vector<point_tracks>>;
};

}  // namespace s2d::inline S2D_ABI
