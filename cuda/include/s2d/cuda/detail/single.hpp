// Floats whose operations are each rounded: a product and a sum are never contracted into one.
#pragma once

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// A float for formulas whose bits have to be those of the core. nvcc contracts where it can; a
/// host compiler may where the processor can (-ffp-contract=off forbids it, there and in the core).
struct single {
  float value = 0;

  single() = default;
  S2D_HD constexpr single(float x) : value{x} {}

#if defined(__CUDA_ARCH__)
  S2D_HD friend single operator+(single a, single b) { return __fadd_rn(a.value, b.value); }
  S2D_HD friend single operator-(single a, single b) { return __fsub_rn(a.value, b.value); }
  S2D_HD friend single operator*(single a, single b) { return __fmul_rn(a.value, b.value); }
  S2D_HD friend single operator/(single a, single b) { return __fdiv_rn(a.value, b.value); }
#else
  S2D_HD friend single operator+(single a, single b) { return a.value + b.value; }
  S2D_HD friend single operator-(single a, single b) { return a.value - b.value; }
  S2D_HD friend single operator*(single a, single b) { return a.value * b.value; }
  S2D_HD friend single operator/(single a, single b) { return a.value / b.value; }
#endif
  S2D_HD friend single operator-(single a) { return -a.value; }
  S2D_HD friend single& operator+=(single& a, single b) { return a = a + b; }
  S2D_HD friend bool operator<(single a, single b) { return a.value < b.value; }
  S2D_HD friend bool operator>(single a, single b) { return a.value > b.value; }
};

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
