// Polygons to masks, exactly: a pixel is foreground where its centre lies inside.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/mask/detail/crossings.hpp>
#include <s2d/mask/detail/exact_side.hpp>
#include <s2d/mask/detail/rle_string.hpp>
#include <s2d/mask/polygon_types.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Adds the place of the first pixel centre on or below the edge in every column whose centre line
/// it crosses; the left end of an edge belongs to it, the right end does not.
inline void cross_columns(double x0, double y0, double x1, double y1, std::ptrdiff_t height,
                          std::ptrdiff_t width, outline_changes& changes) {
  if (x0 > x1) {
    std::swap(x0, x1);
    std::swap(y0, y1);
  }
  const auto first_column = [&](double x) {  // whose centre is not left of x
    return static_cast<std::ptrdiff_t>(
        limited(std::ceil(x - 0.5), 0.0, static_cast<double>(width)));
  };
  const std::ptrdiff_t last = first_column(x1);
  for (std::ptrdiff_t column = first_column(x0); column < last; ++column) {
    const double x = static_cast<double>(column) + 0.5;
    const double crossing = y0 + (x - x0) / (x1 - x0) * (y1 - y0) - 0.5;  // off by less than 1e-8
    double row = std::ceil(crossing);
    const double near = std::floor(crossing + 0.5);
    if (std::abs(crossing - near) < 1e-6)
      row = on_or_below(x, near + 0.5, x0, y0, x1, y1) ? near : near + 1;
    changes.add(static_cast<std::uint32_t>(
        column * height +
        static_cast<std::ptrdiff_t>(limited(row, 0.0, static_cast<double>(height)))));
  }
  changes.end_edge();
}

inline void cross_columns(std::span<const double> corners, std::ptrdiff_t height,
                          std::ptrdiff_t width, outline_changes& changes) {
  require_corners(corners);
  for (std::size_t i = 0, before = corners.size() - 2; i < corners.size(); before = i, i += 2)
    cross_columns(corners[before], corners[before + 1], corners[i], corners[i + 1], height, width,
                  changes);
}

}  // namespace detail

/// The mask of one polygon by the even-odd rule, exact: pixel (y, x) is foreground where its centre
/// (x + 0.5, y + 0.5) lies inside, that is where a line from it upwards crosses the outline an odd
/// number of times. Of centres on the outline those on its left and upper side are inside, so that
/// two polygons with a common edge share no pixel and leave none out. Nothing is rounded, whatever
/// the corners, as long as they are 0 or not below 1e-100 in magnitude.
///
/// COCO's rule (encode_polygon in mask/polygon.hpp) differs by pixels along the outline.
/// @param corners  x0, y0, x1, y1, ... in pixels, (0, 0) the top left corner of the image; the last
///   corner is joined to the first; parts outside the image are cut off
/// @throws invalid_input if there are fewer than three corners, half a corner, or a coordinate that
///   is not within -1e6..1e6
/// Complexity: O(c log c) for c crossings of an edge with a column of the image; memory O(c), and
/// from a million of them on at most half a byte a pixel.
[[nodiscard]] inline rle encode_even_odd(std::span<const double> corners, std::ptrdiff_t height,
                                         std::ptrdiff_t width) {
  detail::checked_pixels("encode_even_odd: ", height, width);
  detail::outline_changes changes{height, width};
  detail::cross_columns(corners, height, width, changes);
  return changes.mask();
}

/// The same for several polygons with holes: all outlines count alike, so what lies inside an even
/// number of them is background. The inverse of to_polygons (mask/contours.hpp).
[[nodiscard]] inline rle encode_even_odd(std::span<const polygon> polygons, std::ptrdiff_t height,
                                         std::ptrdiff_t width) {
  detail::checked_pixels("encode_even_odd: ", height, width);
  detail::outline_changes changes{height, width};
  for (const polygon& one : polygons) {
    detail::cross_columns(one.outline, height, width, changes);
    for (const std::vector<double>& hole : one.holes)
      detail::cross_columns(hole, height, width, changes);
  }
  return changes.mask();
}

}  // namespace s2d::inline S2D_ABI
