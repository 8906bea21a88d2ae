// Settings of the affine motion fit: plain types. See flow/affine_motion.hpp.
#pragma once

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

struct affine_motion_options {
  int rounds = 8;           ///< reweighted least squares, > 0
  double scale = 2;         ///< residuals of `scale` robust deviations get a quarter of the weight
  double min_scale = 0.15;  ///< smallest such residual, in the unit of the displacements, > 0
};

}  // namespace s2d::inline S2D_ABI
