// The connected components of a batch of masks in device memory: plain types.
#pragma once

#include <cstdint>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/rle_types.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// As s2d::component.
struct component_item {
  std::int64_t area = 0;
  mask_box bounds;
  friend bool operator==(const component_item&, const component_item&) = default;
};

/// The components of mask i are items[offsets[i]] .. items[offsets[i + 1] - 1], in scan order: the
/// order of their first pixels, row by row.
template <template <class> class Buffer>
struct basic_component_batch {
  std::int64_t count = 0;
  Buffer<component_item> items{};   ///< at least offsets[count]; what follows is undefined
  Buffer<std::uint64_t> offsets{};  ///< [count + 1]
};
using component_batch = basic_component_batch<device_buffer>;

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
