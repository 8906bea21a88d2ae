// Superpixels of a batch of pictures in device memory: plain types.
#pragma once

#include <cstdint>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// Mean colour and position of a superpixel and its pixels; of an empty one the last means.
struct alignas(8) superpixel_item {
  float l = 0;
  float a = 0;
  float b = 0;
  float y = 0;
  float x = 0;
  std::int32_t count = 0;
  friend bool operator==(const superpixel_item&, const superpixel_item&) = default;
};

/// The superpixels of `count` pictures of one size, as s2d::superpixels numbers them.
/// Buffer: where they lie.
template <template <class> class Buffer>
struct basic_superpixel_batch {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t rows = 0;  ///< of the grid
  std::int64_t columns = 0;
  Buffer<std::int32_t> labels{};    ///< [count, height, width] 0 .. rows * columns - 1
  Buffer<superpixel_item> items{};  ///< [count, rows * columns]

  /// Superpixels of each picture.
  [[nodiscard]] std::int64_t size() const { return rows * columns; }
};
using superpixel_batch = basic_superpixel_batch<device_buffer>;

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
