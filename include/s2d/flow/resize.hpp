// Flow fields on a grid of another size.
#pragma once

#include <cstddef>

#include <s2d/core/resize.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {

/// What becomes of the vectors when the grid changes.
enum class flow_unit {
  keep,  ///< values stay in pixels of the old grid
  grid,  ///< u and v are multiplied with the ratio of widths and heights: pixels of the new grid
};

namespace detail {

inline void scale_flow(flow_field& flow, float x, float y) {
  for (float& u : flow.u.values) u *= x;
  for (float& v : flow.v.values) v *= y;
}

inline flow_field rescaled(flow_field resized, const flow_field& source, flow_unit unit) {
  if (unit == flow_unit::grid && !resized.empty()) {
    scale_flow(resized, static_cast<float>(resized.width()) / static_cast<float>(source.width()),
               static_cast<float>(resized.height()) / static_cast<float>(source.height()));
  }
  return resized;
}

}  // namespace detail

/// Area mean of a field (core/resize.hpp). An absent field stays absent.
/// @param flow [h, w]   @throws invalid_input if an extent is negative
[[nodiscard]] inline flow_field resize_area(const flow_field& flow, std::ptrdiff_t height,
                                            std::ptrdiff_t width, flow_unit unit) {
  if (flow.empty()) return {};
  flow_field out;
  out.u = resize_area(flow.u.view(), height, width);
  out.v = resize_area(flow.v.view(), height, width);
  return detail::rescaled(static_cast<flow_field&&>(out), flow, unit);
}

/// Bilinear interpolation of a field (core/resize.hpp). An absent field stays absent.
/// @param flow [h, w]   @throws invalid_input if an extent is negative
[[nodiscard]] inline flow_field resize_bilinear(const flow_field& flow, std::ptrdiff_t height,
                                                std::ptrdiff_t width, flow_unit unit) {
  if (flow.empty()) return {};
  flow_field out;
  out.u = resize_bilinear(flow.u.view(), height, width);
  out.v = resize_bilinear(flow.v.view(), height, width);
  return detail::rescaled(static_cast<flow_field&&>(out), flow, unit);
}

}  // namespace s2d::inline S2D_ABI
