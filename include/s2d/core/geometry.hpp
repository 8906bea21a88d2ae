// Points and boxes in pixel coordinates. Pixel centres are at integers, x to the right, y down.
#pragma once

#include <cstddef>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

/// A position in pixels; (0, 0) is the centre of the top left pixel.
struct point {
  float x = 0;
  float y = 0;
  friend bool operator==(const point&, const point&) = default;
};

/// A box of whole pixels as COCO writes it: left and top edge, width and height. Empty: all zero.
struct box {
  std::ptrdiff_t x = 0;
  std::ptrdiff_t y = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t height = 0;
  friend bool operator==(const box&, const box&) = default;
};

}  // namespace s2d::inline S2D_ABI
