// Flow fields of a batch in device memory.
#pragma once

#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// `count` flow fields, as s2d::flow_field: two planes each, in pixels, u to the right, v down.
struct flow_batch {
  batch_view<const float> u;
  batch_view<const float> v;
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
