// Flow of a video, points to follow and their tracks in device memory: plain types.
#pragma once

#include <cstdint>
#include <type_traits>

#include <s2d/cuda/flow_types.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// A position in pixels of the frame, as s2d::point.
struct alignas(8) track_position {
  float x = 0;
  float y = 0;
  friend bool operator==(const track_position&, const track_position&) = default;
};

/// What lies between a frame and the one before it.
enum class flow_link : std::uint8_t {
  follow,  ///< flow, in both directions
  rest,    ///< none in one of them: the frames are alike
  cut,     ///< a new shot begins
};

/// Flow of a video of T frames, as s2d::video_flow. The last forward and the first backward field
/// are not read, nor those of a link that is not followed.
struct video_flow_view {
  flow_batch forward;                ///< [T, h, w] frame t to t + 1
  flow_batch backward;               ///< [T, h, w] frame t to t - 1
  const flow_link* links = nullptr;  ///< [T] between frames t - 1 and t; null: all are followed
};

/// Points to be followed, those of a mask one after the other.
struct track_starts {
  const track_position* at = nullptr;      ///< [P]
  const std::int32_t* frame = nullptr;     ///< [P] in which the point stands there
  const std::uint8_t* backward = nullptr;  ///< [P] 0: only frames from `frame` on are wanted
                                           ///< null: all are
  std::int64_t count = 0;                  ///< P
};

/// Sets of points: set q has the points offsets[q] .. offsets[q + 1] - 1.
struct point_sets {
  const std::int64_t* offsets = nullptr;  ///< [count + 1] ascending, from 0 to P
  std::int64_t count = 0;
};

/// P points followed through T frames, as s2d::point_tracks.
template <class Position>
struct basic_tracks_view {
  static_assert(std::is_same_v<std::remove_const_t<Position>, track_position>);
  using byte = std::conditional_t<std::is_const_v<Position>, const std::uint8_t, std::uint8_t>;
  Position* at = nullptr;   ///< [T, P] may lie outside the frame
  byte* visible = nullptr;  ///< [T, P] 1 where the point is seen, else 0
  std::int64_t frames = 0;  ///< T
  std::int64_t points = 0;  ///< P

  constexpr basic_tracks_view() = default;
  constexpr basic_tracks_view(Position* positions, byte* seen, std::int64_t t, std::int64_t p)
      : at{positions}, visible{seen}, frames{t}, points{p} {}
  template <class U>
  requires(std::is_same_v<const U, Position>) constexpr basic_tracks_view(
      const basic_tracks_view<U>& other)
      : basic_tracks_view(other.at, other.visible, other.frames, other.points) {}

  [[nodiscard]] S2D_HD constexpr std::int64_t size() const { return frames * points; }
};
using tracks_view = basic_tracks_view<track_position>;
using const_tracks_view = basic_tracks_view<const track_position>;

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
