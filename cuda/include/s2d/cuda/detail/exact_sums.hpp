// Sums of floats that do not depend on the order: whole multiples of a power of two, in 64 bits.
#pragma once

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/detail/atomics.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// The number of steps in 1: the largest power of two with which no sum of magnitudes that reach
/// `most` together can overflow. 0 if `most` is not finite: then no sum is.
S2D_HD inline double exact_scale(double most) {
  if (!(most < 1.0e300)) return 0;
  if (most < 1.0e-200) most = 1.0e-200;
  double scale = 1;
  while (scale * most < 1.0e18) scale *= 2;
  while (scale * most > 4.0e18) scale /= 2;
  return scale;
}

/// Adds `value`, rounded to a step, atomically. Nothing where no sum is finite.
S2D_HD inline void add_exact(unsigned long long* sum, double value, double scale) {
  if (scale == 0) return;
  const double scaled = value * scale;
  const auto whole = static_cast<long long>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  // Unsigned sums wrap around as signed ones would.
  atomic_add(sum, static_cast<unsigned long long>(whole));
}

S2D_HD inline float exact_sum(unsigned long long sum, double scale) {
  if (scale == 0) return float_of(0x7fc00000u);
  return static_cast<float>(static_cast<double>(static_cast<long long>(sum)) / scale);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
