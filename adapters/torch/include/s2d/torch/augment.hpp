// Random changes of a clip that leave its labels true: one geometry and one colour for all frames.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include <s2d/core/error.hpp>
#include <s2d/core/random.hpp>
#include <s2d/torch/affine_sample.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// How far one affine map and one change of colour per clip may go: the preset tiny.
struct affine_augmentation {
  double least_scale = 0.8;     ///< objects become this much smaller
  double greatest_scale = 1.3;  ///< and larger; log-uniform between
  double aspect = 0.1;          ///< width times, height divided by exp(U(-aspect, aspect))
  double rotation = 5;          ///< degrees to either side
  double shift = 0.1;  ///< of half the size to either side; more where the clip is enlarged, so
                       ///< that every part may be seen
  double flip = 0.5;   ///< probability of left-right mirroring
  double gain = 0.2;   ///< normalised values times U(1 - gain, 1 + gain)
  double channel_offset = 0.2;  ///< plus U(-, +) for each channel
  double common_offset = 0.2;   ///< plus U(-, +) for all channels

  /// No change at all.
  [[nodiscard]] static constexpr affine_augmentation none() noexcept {
    return {1, 1, 0, 0, 0, 0, 0, 0, 0};
  }
};

/// What was drawn for one clip.
struct affine_change {
  affine_map map;  ///< pixels of the result to those of the frames
  float gain = 1;  ///< of normalised values
  std::array<float, 3> offset{};
};

namespace detail {

inline double draw_between(random_stream& random, double from, double to) noexcept {
  return from + (to - from) * random.uniform();
}

}  // namespace detail

/// Draws a change for a clip of frames [height, width], whose result has the same size.
/// @throws invalid_input if the scales are not positive and ordered
[[nodiscard]] inline affine_change draw_change(const affine_augmentation& limits,
                                               std::ptrdiff_t height, std::ptrdiff_t width,
                                               random_stream& random) {
  require(limits.least_scale > 0 && limits.greatest_scale >= limits.least_scale &&
              std::isfinite(limits.greatest_scale),
          "affine_augmentation: scales from ", limits.least_scale, " to ", limits.greatest_scale,
          ", expected positive and ascending");
  using detail::draw_between;
  const double scale =
      std::exp(draw_between(random, std::log(limits.least_scale), std::log(limits.greatest_scale)));
  const double aspect = std::exp(draw_between(random, -limits.aspect, limits.aspect));
  const double angle =
      draw_between(random, -limits.rotation, limits.rotation) * std::numbers::pi / 180;
  const double mirrored = random.uniform() < limits.flip ? -1 : 1;
  const double reach = limits.shift + (scale > 1 ? 1 - 1 / scale : 0);
  const double sx = draw_between(random, -reach, reach), sy = draw_between(random, -reach, reach);
  affine_change change;
  affine_map& m = change.map;
  m.xx = mirrored * std::cos(angle) / (scale * aspect);
  m.xy = -std::sin(angle) / scale;
  m.yx = mirrored * std::sin(angle) / scale;
  m.yy = std::cos(angle) * aspect / scale;
  const double cx = static_cast<double>(width - 1) / 2, cy = static_cast<double>(height - 1) / 2;
  m.x0 = cx - m.xx * cx - m.xy * cy + sx * static_cast<double>(width) / 2;
  m.y0 = cy - m.yx * cx - m.yy * cy + sy * static_cast<double>(height) / 2;
  change.gain = static_cast<float>(draw_between(random, 1 - limits.gain, 1 + limits.gain));
  for (float& offset : change.offset)
    offset =
        static_cast<float>(draw_between(random, -limits.channel_offset, limits.channel_offset));
  const double common = draw_between(random, -limits.common_offset, limits.common_offset);
  for (float& offset : change.offset) offset += static_cast<float>(common);
  return change;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
