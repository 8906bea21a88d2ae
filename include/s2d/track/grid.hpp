// Which points of a mask to follow: a regular grid over the frame, kept where the mask is set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/mask/resize.hpp>

namespace s2d::inline S2D_ABI {

/// The grid points that fall into a mask, row by row.
struct grid_points {
  std::vector<std::uint32_t> index;  ///< [N] place in the size x size grid, row-major, ascending
  std::vector<point> at;             ///< [N] position in pixels of the frame
};

namespace detail {

// The plane on which the grid is laid out, whatever the size of the frame.
inline constexpr std::ptrdiff_t grid_height = 384, grid_width = 512;
inline constexpr std::ptrdiff_t grid_margin = grid_width / 64;

// Coordinate i of `size` equidistant ones from margin to extent - margin, as a fraction.
struct grid_coordinate {
  std::ptrdiff_t numerator, denominator;

  grid_coordinate(std::ptrdiff_t i, std::ptrdiff_t size, std::ptrdiff_t extent) noexcept
      : numerator{size == 1 ? extent : grid_margin * (size - 1) + (extent - 2 * grid_margin) * i},
        denominator{size == 1 ? 2 : size - 1} {}

  [[nodiscard]] double value() const noexcept {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
  }
  // Ties go to the even neighbour.
  [[nodiscard]] std::ptrdiff_t rounded() const noexcept {
    const std::ptrdiff_t below = numerator / denominator;
    const std::ptrdiff_t twice = 2 * (numerator % denominator);
    return below + (twice > denominator || (twice == denominator && below % 2 == 1) ? 1 : 0);
  }
};

}  // namespace detail

/// The points of a size x size grid that lie in `mask`, as CoTracker's predictor chooses them.
///
/// The grid is laid over a plane of 384 x 512 (height x width) with a margin of 8 on all sides;
/// a grid of size 1 is the centre. A point is kept if the mask, resized to the plane with
/// resize_nearest, is set at the point rounded half to even. Positions are given in pixels of the
/// frame: plane x * (frame_width - 1) / 511, plane y * (frame_height - 1) / 383.
///
/// @param mask                       any size, not empty
/// @param size                       points along either side of the grid, at least 1
/// @param frame_height, frame_width  size of the frame that the positions refer to, at least 1
/// @throws invalid_input if the mask has no pixel, size or an extent of the frame is below 1
/// Complexity: size^2.
/// Source: CoTracker3's predictor, facebookresearch/co-tracker at 82e02e8.
[[nodiscard]] inline grid_points points_in_mask(const bit_mask& mask, std::size_t size,
                                                std::ptrdiff_t frame_height,
                                                std::ptrdiff_t frame_width) {
  require(!mask.empty(), "points_in_mask: the mask is ", mask.height, " x ", mask.width,
          ", expected pixels");
  require(size >= 1 && size <= 65535, "points_in_mask: grid size is ", size,
          ", expected 1 to 65535");
  require(frame_height >= 1 && frame_width >= 1, "points_in_mask: the frame is ", frame_height,
          " x ", frame_width, ", expected at least 1 x 1");
  const auto side = static_cast<std::ptrdiff_t>(size);
  std::vector<std::ptrdiff_t> column(size);
  std::vector<float> x(size);
  for (std::ptrdiff_t i = 0; i < side; ++i) {
    const detail::grid_coordinate at{i, side, detail::grid_width};
    column[static_cast<std::size_t>(i)] =
        detail::nearest_source(at.rounded(), mask.width, detail::grid_width);
    x[static_cast<std::size_t>(i)] = static_cast<float>(
        at.value() * static_cast<double>(frame_width - 1) / (detail::grid_width - 1));
  }
  grid_points result;
  for (std::ptrdiff_t i = 0; i < side; ++i) {
    const detail::grid_coordinate at{i, side, detail::grid_height};
    const std::ptrdiff_t row =
        detail::nearest_source(at.rounded(), mask.height, detail::grid_height);
    const auto y = static_cast<float>(at.value() * static_cast<double>(frame_height - 1) /
                                      (detail::grid_height - 1));
    for (std::size_t j = 0; j < size; ++j) {
      if (!mask(row, column[j])) continue;
      result.index.push_back(static_cast<std::uint32_t>(static_cast<std::size_t>(i) * size + j));
      result.at.push_back({x[j], y});
    }
  }
  return result;
}

/// The grid for propagating a mask of `area` pixels: one row for every 800 pixels, 25 to 50.
[[nodiscard]] constexpr std::size_t matching_grid_size(std::size_t area) noexcept {
  const std::size_t rows = area / 800;
  return rows < 25 ? 25 : rows > 50 ? 50 : rows;
}

}  // namespace s2d::inline S2D_ABI
