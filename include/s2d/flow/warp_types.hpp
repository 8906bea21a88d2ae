// Options of the warps.
#pragma once

#include <cstdint>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

enum class warp_filter : std::uint8_t {
  nearest,   ///< the pixel whose centre is nearest; halves go right and down
  bilinear,  ///< between the four nearest centres
};

enum class warp_border : std::uint8_t {
  constant,   ///< everything outside the frame has the value `fill`
  replicate,  ///< the nearest border pixel continues
};

struct warp_options {
  warp_filter filter = warp_filter::bilinear;
  warp_border border = warp_border::constant;
  float fill = 0;  ///< value of every channel; for masks 0 or 1
};

}  // namespace s2d::inline S2D_ABI
