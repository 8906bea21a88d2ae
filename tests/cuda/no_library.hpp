// What checks ask the compiled library, answered where there is none: all memory will do.
#pragma once

#include <s2d/cuda/stream.hpp>

#if !defined(S2D_TEST_CUDA_LIBRARY)
namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {
inline bool is_device_memory(const void*) noexcept { return true; }
}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
#endif
