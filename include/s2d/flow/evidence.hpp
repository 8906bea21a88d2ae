// Flow that differs from the camera's motion only where the pictures say so.
#pragma once

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

/// Mean difference of either picture around each pixel, if the motion is `flow`.
inline matrix<float> differences(const matrix<float>& here, const matrix<float>& there,
                                 const flow_field& flow, std::ptrdiff_t radius) {
  matrix<float> moved = warp_back(there.view(), flow, {.border = warp_border::replicate});
  for (std::size_t i = 0; i < moved.values.size(); ++i)
    moved.values[i] = std::fabs(moved.values[i] - here.values[i]);
  return window_means(moved, radius);
}

}  // namespace detail

/// Draws a flow towards the motion of the camera (global_homography) wherever that explains the
/// pictures nearly as well: bare surfaces fit many motions, and the estimate of one is chance.
/// With the mean differences of the pictures in a window, d of the flow and c of the camera's
/// motion, a vector keeps the share (c / max(d, noise) - from) / ramp, limited to 0..1, of what it
/// differs from the camera's.
///
/// @param flow   [h, w] from `here` to `there`, in their pixels; absent flow stays absent, and so
/// do
///               vectors that are not finite
/// @param here   [h, w] gray values, 0 to 255
/// @param there  [h, w] likewise
/// @return [h, w] in the same pixels
/// @throws invalid_input if sizes differ or an option is out of range
/// O(h w): two warps and two window means.
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
  const matrix<float> by_camera = detail::differences(here, there, result, options.radius);
  const matrix<float> by_flow = detail::differences(here, there, flow, options.radius);
  for (std::size_t i = 0; i < by_flow.values.size(); ++i) {
    const float d = by_flow.values[i] > options.noise ? by_flow.values[i] : options.noise;
    float share = (by_camera.values[i] / d - options.from) / options.ramp;
    share = share > 0 ? share : 0;
    share = share < 1 ? share : 1;
    result.u.values[i] += share * (flow.u.values[i] - result.u.values[i]);
    result.v.values[i] += share * (flow.v.values[i] - result.v.values[i]);
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
