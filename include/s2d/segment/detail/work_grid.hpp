// The grid of small pictures on which the segmenters decide.
#pragma once

#include <cmath>
#include <cstddef>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/resize.hpp>

namespace s2d::inline S2D_ABI::detail {

struct work_grid {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;

  work_grid() = default;

  /// The frame scaled to longer_side, each side rounded and at least 16. The frame is not empty.
  work_grid(const image& frame, std::ptrdiff_t longer_side) {
    const double scale = static_cast<double>(longer_side) /
                         static_cast<double>(larger_of(frame.height, frame.width));
    const auto side = [&](std::ptrdiff_t length) {
      const std::ptrdiff_t rounded = std::lround(static_cast<double>(length) * scale);
      return rounded > 16 ? rounded : std::ptrdiff_t{16};
    };
    height = side(frame.height);
    width = side(frame.width);
  }

  [[nodiscard]] image picture(const image& frame) const {
    if (frame.height < height || frame.width < width)
      return resize_bilinear(frame.view(), height, width);
    return resize_area(frame.view(), height, width);
  }

  /// In pixels of this grid, whatever that of `field`; absent flow stays absent.
  [[nodiscard]] flow_field resized(const flow_field& field) const {
    if (field.empty()) return {};
    return field.height() < height || field.width() < width
               ? resize_bilinear(field, height, width, flow_unit::grid)
               : resize_area(field, height, width, flow_unit::grid);
  }

  /// In pixels of a grid of twice this size.
  [[nodiscard]] flow_field flow(const flow_field& field) const {
    flow_field doubled = resized(field);
    if (!doubled.empty()) scale_flow(doubled, 2, 2);
    return doubled;
  }
};

}  // namespace s2d::inline S2D_ABI::detail
