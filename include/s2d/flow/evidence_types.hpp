// Settings of flow/evidence.hpp.
#pragma once

#include <cstddef>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

struct evidence_options {
  std::ptrdiff_t radius = 2;  ///< windows are 2 radius + 1 pixels wide, >= 0
  float noise = 0.5F;         ///< differences below do not count, in gray values of 0 to 255, > 0
  float from = 1;     ///< the camera's motion has to fit so many times worse than the flow, >= 0
  float ramp = 0.5F;  ///< and so much more until the flow is believed as it is, > 0
};

}  // namespace s2d::inline S2D_ABI
