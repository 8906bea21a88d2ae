// Dense optical flow: a displacement for every pixel.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/geometry.hpp>
#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI {

/// What stands at pixel p of one frame stands at p + (u(p), v(p)) in the other. Unit: pixels of
/// the field's own grid, u to the right, v down. Two planes, so that loops over a row vectorise.
/// A field without pixels means "no flow": first and last frames, cuts, duplicated frames.
struct flow_field {
  matrix<float> u;  ///< [height, width]
  matrix<float> v;  ///< [height, width]

  flow_field() = default;
  flow_field(std::ptrdiff_t rows, std::ptrdiff_t columns) : u(rows, columns), v(rows, columns) {}

  [[nodiscard]] std::ptrdiff_t height() const noexcept { return u.height; }
  [[nodiscard]] std::ptrdiff_t width() const noexcept { return u.width; }
  [[nodiscard]] bool empty() const noexcept { return u.empty(); }

  friend bool operator==(const flow_field&, const flow_field&) = default;
};

/// Flow of a whole video of T frames, on one grid that may be smaller than the frames.
struct video_flow {
  std::vector<flow_field> forward;  ///< [T] frame t to t + 1; empty where absent (always the last)
  std::vector<flow_field>
      backward;  ///< [T] frame t to t - 1; empty where absent (always the first)

  [[nodiscard]] std::size_t frames() const noexcept { return forward.size(); }
};

}  // namespace s2d::inline S2D_ABI
