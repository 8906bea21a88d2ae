// The outlines of a mask: the plain type. Made in mask/contours.hpp, filled in mask/even_odd.hpp.
#pragma once

#include <vector>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

/// A region and its holes. An outline is a closed line of corners x0, y0, x1, y1, ... in pixels,
/// the last joined to the first; (0, 0) is the top left corner of the image and pixel (y, x) the
/// square from there to (x + 1, y + 1), as in COCO's files.
struct polygon {
  std::vector<double> outline;
  std::vector<std::vector<double>> holes;
  friend bool operator==(const polygon&, const polygon&) = default;
};

}  // namespace s2d::inline S2D_ABI
