// How far optical flow halves a frame.
#pragma once

#include <cstddef>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::dense {

/// The number of halvings after which a frame shows a displacement of a quarter of its longer
/// side within one patch and is still at least a patch high.
inline int coarsest_scale(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t size) {
  const std::ptrdiff_t longer = height > width ? height : width;
  const std::ptrdiff_t shorter = height > width ? width : height;
  int scale = 0;
  // longer / 2^(scale + 1) >= 4 size / sqrt(2), without logarithms: compare squares.
  while ((longer * longer >> (2 * (scale + 1))) * 2 >= 16 * size * size &&
         (shorter >> (scale + 1)) >= size)
    ++scale;
  return scale;
}

}  // namespace detail::dense
}  // namespace s2d::inline S2D_ABI
