// Polygons and boxes to masks by the rule of COCO.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/mask/detail/column_runs.hpp>
#include <s2d/mask/detail/crossings.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// The value as a double of its own: no compiler fuses the product that made it with the sum that
/// follows, which rounds once instead of twice. COCO's programs round twice.
[[nodiscard]] inline double rounded(double value) noexcept {
#if defined(__GNUC__)
  asm("" : "+m"(value));
#endif
  return value;
}

/// Where the outline of a polygon crosses the centre lines of pixel columns. COCO draws it on a
/// grid five times finer, step by step; of five fine columns the middle one is the centre of a
/// pixel, and only the steps across it are made here, with the same arithmetic.
class polygon_crossings {
 public:
  polygon_crossings(std::ptrdiff_t height, std::ptrdiff_t width)
      : height_{height}, width_{width}, changes_{height, width} {}

  /// Corners are in fine pixels.
  void add_edge(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1) {
    const bool flat = std::abs(x1 - x0) >= std::abs(y1 - y0);
    if (flat ? x0 > x1 : y0 > y1) {
      std::swap(x0, x1);
      std::swap(y0, y1);
    }
    const std::int64_t left = smaller_of(x0, x1), right = larger_of(x0, x1);
    if (left == right) return;
    const std::int64_t first = larger_of(left - 2 + 4, std::int64_t{0}) / 5;
    const std::int64_t last = smaller_of((right + 2) / 5, std::int64_t{width_});
    if (flat) {
      const double slope = static_cast<double>(y1 - y0) / static_cast<double>(x1 - x0);
      for (std::int64_t column = first; column < last; ++column) {
        const std::int64_t step = 5 * column + 2 - x0;  // and the step behind it
        add(column, smaller_of(drawn(y0, slope, step), drawn(y0, slope, step + 1)));
      }
    } else {
      const std::int64_t steps = y1 - y0;
      const double slope = static_cast<double>(x1 - x0) / static_cast<double>(steps);
      for (std::int64_t column = first; column < last; ++column) {
        // The first step at the far side of the centre line: estimated, then found.
        const std::int64_t fine = 5 * column + 2 + (slope > 0 ? 1 : 0);
        const auto passed = [&](std::int64_t step) {
          return slope > 0 ? drawn(x0, slope, step) >= fine : drawn(x0, slope, step) <= fine;
        };
        const double guess =
            (5 * static_cast<double>(column) + 2.5 - static_cast<double>(x0)) / slope;
        std::int64_t step = limited(static_cast<std::int64_t>(guess), std::int64_t{1}, steps);
        while (step > 1 && passed(step - 1)) --step;
        while (step < steps && !passed(step)) ++step;
        add(column, y0 + step - 1);
      }
    }
    changes_.end_edge();
  }

  [[nodiscard]] rle close() { return changes_.mask(); }

 private:
  [[nodiscard]] static std::int64_t drawn(std::int64_t from, double slope, std::int64_t step) {
    return static_cast<std::int64_t>(static_cast<double>(from) +
                                     rounded(slope * static_cast<double>(step)) + 0.5);
  }

  void add(std::int64_t column, std::int64_t fine_row) {
    const double row = (static_cast<double>(fine_row) + 0.5) / 5 - 0.5;
    const double clamped = std::ceil(limited(row, 0.0, static_cast<double>(height_)));
    changes_.add(static_cast<std::uint32_t>(column * height_ + static_cast<std::int64_t>(clamped)));
  }

  std::ptrdiff_t height_;
  std::ptrdiff_t width_;
  outline_changes changes_;
};

}  // namespace detail

/// The mask of one polygon, pixel for pixel as pycocotools makes it.
/// @param corners x0, y0, x1, y1, ... in pixels, (0, 0) the top left corner of the image; the last
/// corner is joined to the first; parts outside the image are cut off
/// @throws invalid_input if there are fewer than three corners, half a corner, or a coordinate that
/// is not within -1e6..1e6
/// Complexity: O(c log c) for c crossings of an edge with a column of the image; memory O(c), and
/// from a million of them on at most half a byte a pixel.
[[nodiscard]] inline rle encode_polygon(std::span<const double> corners, std::ptrdiff_t height,
                                        std::ptrdiff_t width) {
  detail::checked_pixels("encode_polygon: ", height, width);
  detail::require_corners(corners);
  const auto fine = [&](std::size_t i) {
    return static_cast<std::int64_t>(detail::rounded(5 * corners[i % corners.size()]) + 0.5);
  };
  detail::polygon_crossings crossings{height, width};
  for (std::size_t i = 0; i < corners.size(); i += 2)
    crossings.add_edge(fine(i), fine(i + 1), fine(i + 2), fine(i + 3));
  return crossings.close();
}

/// The mask of a box, pixel for pixel as pycocotools makes it: that of its four corners as a
/// polygon. Parts outside the image are cut off.
/// @param x, y, box_width, box_height  in pixels, as COCO writes "bbox"
/// @throws invalid_input if a corner is not within -1e6..1e6
[[nodiscard]] inline rle encode_box(double x, double y, double box_width, double box_height,
                                    std::ptrdiff_t height, std::ptrdiff_t width) {
  const double right = x + box_width, bottom = y + box_height;
  const double corners[] = {x, y, x, bottom, right, bottom, right, y};
  return encode_polygon(corners, height, width);
}

/// The mask of a box of whole pixels, exactly; parts outside the image are cut off. O(columns).
[[nodiscard]] inline rle encode_box(const box& bounds, std::ptrdiff_t height,
                                    std::ptrdiff_t width) {
  detail::checked_pixels("encode_box: ", height, width);
  require(bounds.width >= 0 && bounds.height >= 0, "encode_box: box is ", bounds.width, " x ",
          bounds.height, " (width x height), expected non-negative");
  // Begin and end of an interval inside 0 .. size, without sums that could overflow.
  const auto inside = [](std::ptrdiff_t begin, std::ptrdiff_t length, std::ptrdiff_t size) {
    const std::ptrdiff_t first = detail::limited(begin, std::ptrdiff_t{0}, size);
    const std::ptrdiff_t left = begin < 0 ? length + begin : length;
    return std::pair{first, first + detail::limited(left, std::ptrdiff_t{0}, size - first)};
  };
  const auto [left, right] = inside(bounds.x, bounds.width, width);
  const auto [top, bottom] = inside(bounds.y, bounds.height, height);
  detail::run_writer out{static_cast<std::size_t>(right - left)};
  for (std::ptrdiff_t x = left; x < right; ++x)
    out.add(static_cast<std::uint64_t>(x * height + top),
            static_cast<std::uint64_t>(x * height + bottom));
  return out.finish(height, width);
}

}  // namespace s2d::inline S2D_ABI
