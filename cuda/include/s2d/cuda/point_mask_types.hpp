// Masks of a video in device memory, and how points overlap them: plain types.
#pragma once

#include <cstdint>

#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// How many of a set of points lie in a mask, as s2d::point_overlap.
struct alignas(8) point_overlap {
  std::uint32_t inside = 0;
  std::uint32_t points = 0;

  /// The point-mask Jaccard index: inside / points, 0 where there is no point.
  [[nodiscard]] S2D_HD double ratio() const {
    return points == 0 ? 0.0 : static_cast<double>(inside) / static_cast<double>(points);
  }
  friend bool operator==(const point_overlap&, const point_overlap&) = default;
};

/// The masks of a video of T frames, frame by frame, as s2d::mask_table: the rows of frame t are
/// first_row[t] .. first_row[t + 1] - 1.
struct mask_table_view {
  const_bits_view masks;                    ///< [M, h, w]
  const std::int64_t* first_row = nullptr;  ///< [T + 1] ascending, from 0 to M
  std::int64_t frames = 0;                  ///< T
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
