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

/// The same to write to.
struct mutable_flow_batch {
  batch_view<float> u;
  batch_view<float> v;
  constexpr operator flow_batch() const { return {u, v}; }
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
