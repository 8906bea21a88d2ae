// How far a mask of a video may be trusted, from the values it was cut from.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/segment/slic.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Number of foreground pixels in columns [begin, end) of a packed row.
inline std::ptrdiff_t count_in_row(const std::uint64_t* row, std::ptrdiff_t begin,
                                   std::ptrdiff_t end) noexcept {
  if (begin >= end) return 0;
  const std::ptrdiff_t first = begin / 64;
  const std::ptrdiff_t last = (end - 1) / 64;
  const std::uint64_t head = ~std::uint64_t{0} << (begin % 64);
  const std::uint64_t tail = ~std::uint64_t{0} >> (63 - (end - 1) % 64);
  if (first == last) return std::popcount(row[first] & head & tail);
  std::ptrdiff_t count = std::popcount(row[first] & head) + std::popcount(row[last] & tail);
  for (std::ptrdiff_t w = first + 1; w < last; ++w) count += std::popcount(row[w]);
  return count;
}

/// Share of foreground in each of height x width blocks of a mask; blocks are bounded by whole
/// pixels (slic.hpp: cell_begin), one that holds no pixel takes the pixel it begins in.
inline matrix<float> coverage(const bit_mask& mask, std::ptrdiff_t height, std::ptrdiff_t width) {
  matrix<float> share(height, width);
  for (std::ptrdiff_t i = 0; i < height; ++i) {
    std::ptrdiff_t y0 = i * mask.height / height;
    const std::ptrdiff_t y1 = larger_of((i + 1) * mask.height / height, y0 + 1);
    const auto rows = static_cast<float>(y1 - y0);
    for (; y0 < y1; ++y0)
      for (std::ptrdiff_t j = 0; j < width; ++j) {
        const std::ptrdiff_t x0 = j * mask.width / width;
        const std::ptrdiff_t x1 = larger_of((j + 1) * mask.width / width, x0 + 1);
        share(i, j) += static_cast<float>(count_in_row(mask.row(y0), x0, x1)) /
                       (rows * static_cast<float>(x1 - x0));
      }
  }
  return share;
}

/// plane(p + flow(p)), bilinear, 0 outside. The flow may live on another grid: of its vectors the
/// nearest one is taken and scaled.
inline matrix<float> warped_coverage(const matrix<float>& plane, const flow_field& flow) {
  matrix<float> result(plane.height, plane.width);
  const auto at = [&](std::ptrdiff_t y, std::ptrdiff_t x) {
    return y >= 0 && x >= 0 && y < plane.height && x < plane.width ? plane(y, x) : 0.0F;
  };
  const auto scale_y = static_cast<float>(plane.height) / static_cast<float>(flow.height());
  const auto scale_x = static_cast<float>(plane.width) / static_cast<float>(flow.width());
  for (std::ptrdiff_t y = 0; y < plane.height; ++y) {
    const std::ptrdiff_t from_y = (2 * y + 1) * flow.height() / (2 * plane.height);
    for (std::ptrdiff_t x = 0; x < plane.width; ++x) {
      const std::ptrdiff_t from_x = (2 * x + 1) * flow.width() / (2 * plane.width);
      const float sy = static_cast<float>(y) + scale_y * flow.v(from_y, from_x);
      const float sx = static_cast<float>(x) + scale_x * flow.u(from_y, from_x);
      if (!(sy > -1 && sx > -1 && sy < static_cast<float>(plane.height) &&
            sx < static_cast<float>(plane.width)))
        continue;
      const float fy = std::floor(sy);
      const float fx = std::floor(sx);
      const auto iy = static_cast<std::ptrdiff_t>(fy);
      const auto ix = static_cast<std::ptrdiff_t>(fx);
      const float wy = sy - fy;
      const float wx = sx - fx;
      result(y, x) = (at(iy, ix) * (1 - wx) + at(iy, ix + 1) * wx) * (1 - wy) +
                     (at(iy + 1, ix) * (1 - wx) + at(iy + 1, ix + 1) * wx) * wy;
    }
  }
  return result;
}

/// Sum of the smaller over the sum of the larger values, `a` taken only as far as `near` goes
/// (nullptr: everywhere); 1 if both are empty.
inline float soft_iou(const matrix<float>& a, const matrix<float>& b, const matrix<float>* near) {
  float both = 0;
  float any = 0;
  for (std::size_t p = 0; p < a.values.size(); ++p) {
    const float x =
        near == nullptr || a.values[p] < near->values[p] ? a.values[p] : near->values[p];
    const float y = b.values[p];
    both += x < y ? x : y;
    any += x < y ? y : x;
  }
  return any > 0 ? both / any : 1.0F;
}

/// Share of the pixels well above the threshold (`sure`) among those not far below it
/// (`possible`), within `near` (nullptr: everywhere).
inline float stability(const bit_mask& sure, const bit_mask& possible, const bit_mask* near) {
  std::ptrdiff_t certain = 0;
  std::ptrdiff_t any = 0;
  for (std::size_t w = 0; w < sure.words().size(); ++w) {
    const std::uint64_t here = near == nullptr ? ~std::uint64_t{0} : near->words()[w];
    certain += std::popcount(sure.words()[w] & here);
    any += std::popcount(possible.words()[w] & here);
  }
  return any > 0 ? static_cast<float>(certain) / static_cast<float>(any) : 0.0F;
}

/// Sum of the smaller over the sum of the larger of vote and mask, votes painted on superpixels and
/// taken within `near` (nullptr: everywhere).
inline float agreement(const matrix<float>& share, const matrix<float>* near,
                       const matrix<std::int32_t>& labels, std::span<const float> votes) {
  float both = 0;
  float any = 0;
  for (std::size_t p = 0; p < share.values.size(); ++p) {
    const float vote = votes[static_cast<std::size_t>(labels.values[p])];
    const float room = near == nullptr ? 1.0F : near->values[p];
    both += vote * share.values[p];
    any += share.values[p] + vote * (room - share.values[p]);
  }
  return any > 0 ? both / any : 0.0F;
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
