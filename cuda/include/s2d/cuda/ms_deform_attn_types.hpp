// Extents of multi-scale deformable attention: plain types.
#pragma once

#include <cstdint>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

struct deform_level {
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// Extents of one call.
struct deform_shape {
  static constexpr int most_levels = 8;

  std::int64_t batch = 0;     ///< n
  std::int64_t tokens = 0;    ///< s, the pixels of all levels together
  std::int64_t heads = 0;     ///< m
  std::int64_t channels = 0;  ///< d, per head, 64 at most
  std::int64_t queries = 0;   ///< q
  std::int64_t points = 0;    ///< p, per level
  int level_count = 0;        ///< l
  deform_level levels[most_levels];

  [[nodiscard]] S2D_HD std::int64_t items() const { return batch * queries * heads; }
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
