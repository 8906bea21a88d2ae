// Polygons to masks by the rule of COCO.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Where the outline of a polygon crosses the centre lines of pixel columns, as offsets in
/// column-major order. The outline is drawn on a grid five times finer, edge by edge.
class polygon_crossings {
 public:
  polygon_crossings(std::ptrdiff_t height, std::ptrdiff_t width) : height_{height}, width_{width} {}

  void add_edge(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1) {
    const std::int64_t across = std::abs(x1 - x0);
    const std::int64_t down = std::abs(y1 - y0);
    const bool flat = across >= down;
    const bool turned = flat ? x0 > x1 : y0 > y1;
    if (turned) {
      std::swap(x0, x1);
      std::swap(y0, y1);
    }
    const std::int64_t steps = flat ? across : down;
    const double slope = steps == 0 ? 0.0
                         : flat     ? static_cast<double>(y1 - y0) / static_cast<double>(steps)
                                    : static_cast<double>(x1 - x0) / static_cast<double>(steps);
    const auto rounded = [](double value) { return static_cast<std::int64_t>(value + 0.5); };
    for (std::int64_t step = 0; step <= steps; ++step) {
      const std::int64_t t = turned ? steps - step : step;
      if (flat)
        add_point(x0 + t, rounded(static_cast<double>(y0) + slope * static_cast<double>(t)));
      else
        add_point(rounded(static_cast<double>(x0) + slope * static_cast<double>(t)), y0 + t);
    }
  }

  /// The mask: background and foreground change at every crossing.
  [[nodiscard]] rle close() {
    const std::int64_t pixels = height_ * width_;
    sort_stably(offsets_);
    rle mask{height_, width_, {}};
    std::int64_t start = 0;
    for (std::size_t i = 0; i < offsets_.size();) {
      // Two changes at one place cancel.
      if (i + 1 < offsets_.size() && offsets_[i + 1] == offsets_[i]) {
        i += 2;
        continue;
      }
      mask.counts.push_back(static_cast<std::uint32_t>(offsets_[i] - start));
      start = offsets_[i++];
    }
    if (start < pixels || mask.counts.empty())
      mask.counts.push_back(static_cast<std::uint32_t>(pixels - start));
    return mask;
  }

 private:
  void add_point(std::int64_t x, std::int64_t y) {
    const std::int64_t before_x = std::exchange(x_, x);
    const std::int64_t before_y = std::exchange(y_, y);
    const bool first = std::exchange(first_, false);
    if (first || x == before_x) return;
    // Of five fine columns the middle one is the centre of a pixel.
    const std::int64_t fine = x < before_x ? x : x - 1;
    if (fine < 0 || fine % 5 != 2) return;
    const std::int64_t column = fine / 5;
    if (column >= width_) return;
    const double row = (static_cast<double>(smaller_of(y, before_y)) + 0.5) / 5 - 0.5;
    const auto clamped = std::ceil(limited(row, 0.0, static_cast<double>(height_)));
    offsets_.push_back(column * height_ + static_cast<std::int64_t>(clamped));
  }

  std::int64_t height_;
  std::int64_t width_;
  std::int64_t x_ = 0;
  std::int64_t y_ = 0;
  bool first_ = true;
  std::vector<std::int64_t> offsets_;
};

}  // namespace detail

/// The mask of one polygon, pixel for pixel as pycocotools makes it.
/// @param corners x0, y0, x1, y1, ... in pixels, (0, 0) the top left corner of the image; the last
/// corner is joined to the first; parts outside the image are cut off
/// @throws invalid_input if there are fewer than three corners, half a corner, or a coordinate that
/// is not within -1e6..1e6
[[nodiscard]] inline rle encode_polygon(std::span<const double> corners, std::ptrdiff_t height,
                                        std::ptrdiff_t width) {
  detail::checked_pixels("encode_polygon: ", height, width);
  require(corners.size() >= 6 && corners.size() % 2 == 0, "polygon of ", corners.size(),
          " numbers, expected x and y of at least 3 corners");
  for (std::size_t i = 0; i < corners.size(); ++i)
    require(corners[i] >= -1e6 && corners[i] <= 1e6, "polygon: number ", i, " is ", corners[i],
            ", expected -1e6 to 1e6");
  const auto fine = [&](std::size_t i) {
    return static_cast<std::int64_t>(5 * corners[i % corners.size()] + 0.5);
  };
  detail::polygon_crossings crossings{height, width};
  for (std::size_t i = 0; i < corners.size(); i += 2)
    crossings.add_edge(fine(i), fine(i + 1), fine(i + 2), fine(i + 3));
  return crossings.close();
}

}  // namespace s2d::inline S2D_ABI
