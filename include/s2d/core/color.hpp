// Gray pictures from colour ones.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI {

/// Luma of every pixel, 0.299 R + 0.587 G + 0.114 B (BT.601) in 15-bit fixed point, rounded to
/// nearest, halves up. Gray pixels (R = G = B) keep their value.
/// O(pixels).
[[nodiscard]] inline matrix<std::uint8_t> to_gray(image_view picture) {
  matrix<std::uint8_t> gray(picture.height, picture.width);
  for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
    const std::uint8_t* rgb = picture.row(y);
    std::uint8_t* out = gray.row(y);
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      const std::uint32_t sum =
          9798u * rgb[3 * x] + 19235u * rgb[3 * x + 1] + 3735u * rgb[3 * x + 2];
      out[x] = static_cast<std::uint8_t>((sum + 16384u) >> 15);
    }
  }
  return gray;
}

/// The same luma without rounding, 0..255.
[[nodiscard]] inline matrix<float> to_gray_float(image_view picture) {
  matrix<float> gray(picture.height, picture.width);
  for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
    const std::uint8_t* rgb = picture.row(y);
    float* out = gray.row(y);
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      const std::int32_t sum = 9798 * rgb[3 * x] + 19235 * rgb[3 * x + 1] + 3735 * rgb[3 * x + 2];
      out[x] = static_cast<float>(sum) * (1.0f / 32768.0f);
    }
  }
  return gray;
}

}  // namespace s2d::inline S2D_ABI
