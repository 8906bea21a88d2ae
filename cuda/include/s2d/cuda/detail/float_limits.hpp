// Infinity, on both sides and under hostile macros.
#pragma once

#include <limits>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
