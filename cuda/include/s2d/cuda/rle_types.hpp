// Run lengths of a batch of masks in device memory: plain types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// A box of whole pixels in device memory, as s2d::box. Empty: all zero.
struct mask_box {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  friend bool operator==(const mask_box&, const mask_box&) = default;
};

/// Masks of one size as runs in COCO's order (see s2d::rle), one mask after the other: mask i has
/// the lengths [offsets[i], offsets[i + 1]). The lengths of each sum to height * width.
/// Buffer: where they lie.
template <template <class> class Buffer>
struct basic_rle_batch {
  std::int64_t height = 0;
  std::int64_t width = 0;
  Buffer<std::uint32_t> lengths{};          ///< [runs of all masks]
  Buffer<std::uint64_t> offsets{};          ///< [count + 1]
  std::vector<std::uint64_t> host_offsets;  ///< the same, on the host

  [[nodiscard]] std::int64_t count() const {
    return host_offsets.empty() ? 0 : static_cast<std::int64_t>(host_offsets.size()) - 1;
  }
};
using rle_batch = basic_rle_batch<device_buffer>;

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
