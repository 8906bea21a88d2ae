// Flow that differs from the camera's motion only where the pictures say so.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>
#include <s2d/core/detail/window_means.hpp>
#include <s2d/flow/evidence_types.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/global_motion.hpp>
#include <s2d/flow/warp.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Differences of the pictures at each pixel, if the motion is `flow`.
inline matrix<float> differences(const matrix<float>& here, const matrix<float>& there,
                                 const flow_field& flow) {
  matrix<float> moved = warp_back(there.view(), flow, {.border = warp_border::replicate});
  for (std::size_t i = 0; i < moved.values.size(); ++i)
    moved.values[i] = std::fabs(moved.values[i] - here.values[i]);
  return moved;
}

}  // namespace detail

/// Draws a flow towards the motion of the camera (global_homography) wherever that explains the
/// pictures nearly as well: bare surfaces fit many motions, and the estimate of one is chance.
/// With the mean differences of the pictures in a window, d of the flow and c of the camera's
/// motion, a vector keeps the share (c / max(d, noise) - from) / ramp, limited to 0..1, of what it
/// differs from the camera's.
///
/// @param flow   [h, w] from `here` to `there`, in their pixels; absent flow stays absent, and so
///               do vectors that are not finite
/// @param here   [h, w] gray values, 0 to 255
/// @param there  [h, w] likewise
/// @return [h, w] in the same pixels
/// @throws invalid_input if sizes differ or an option is out of range
/// O(h w): two warps and the window means of two planes.
[[nodiscard]] inline flow_field evident_flow(const flow_field& flow, const matrix<float>& here,
                                             const matrix<float>& there,
                                             const evidence_options& options = {}) {
  require(options.radius >= 0 && options.noise > 0 && options.from >= 0 && options.ramp > 0,
          "evident_flow: radius is ", options.radius, ", noise ", options.noise, ", from ",
          options.from, ", ramp ", options.ramp, "; expected >= 0, > 0, >= 0, > 0");
  detail::require_same_size("evident_flow", here, there);
  if (flow.empty()) return {};
  detail::require_same_size("evident_flow", flow.u, here);
  detail::require_same_size("evident_flow", flow.v, here);
  const homography camera = global_homography(flow, 4);
  flow_field result(flow.height(), flow.width());
  for (std::ptrdiff_t y = 0; y < flow.height(); ++y)
    for (std::ptrdiff_t x = 0; x < flow.width(); ++x) {
      const point at{static_cast<float>(x), static_cast<float>(y)};
      const point to = camera(at);
      result.u(y, x) = to.x - at.x;
      result.v(y, x) = to.y - at.y;
    }
  const matrix<float> by_camera = detail::differences(here, there, result);
  const matrix<float> by_flow = detail::differences(here, there, flow);
  using pair = std::array<float, 2>;
  detail::window_means<2>(
      flow.height(), flow.width(), options.radius,
      [&](std::ptrdiff_t y, pair* to) {
        for (std::ptrdiff_t x = 0; x < flow.width(); ++x) to[x] = {by_camera(y, x), by_flow(y, x)};
      },
      [&](std::ptrdiff_t y, const pair* around) {
        for (std::ptrdiff_t x = 0; x < flow.width(); ++x) {
          const auto [c, d] = around[x];
          float share = (c / (d > options.noise ? d : options.noise) - options.from) / options.ramp;
          share = share > 0 ? share : 0;
          share = share < 1 ? share : 1;
          result.u(y, x) += share * (flow.u(y, x) - result.u(y, x));
          result.v(y, x) += share * (flow.v(y, x) - result.v(y, x));
        }
      });
  return result;
}

}  // namespace s2d::inline S2D_ABI
