// Pictures and masks under an affine map, bilinear, fast enough to hide behind a training step.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Where pixel (x, y) of a result lies in the source: (xx x + xy y + x0, yx x + yy y + y0).
/// Pixel centres are integers.
struct affine_map {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  /// First `inner`, then `outer`.
  [[nodiscard]] friend constexpr affine_map operator*(const affine_map& outer,
                                                      const affine_map& inner) noexcept {
    return {outer.xx * inner.xx + outer.xy * inner.yx,
            outer.xx * inner.xy + outer.xy * inner.yy,
            outer.xx * inner.x0 + outer.xy * inner.y0 + outer.x0,
            outer.yx * inner.xx + outer.yy * inner.yx,
            outer.yx * inner.xy + outer.yy * inner.yy,
            outer.yx * inner.x0 + outer.yy * inner.y0 + outer.y0};
  }
  friend bool operator==(const affine_map&, const affine_map&) = default;
};

/// What lies outside the source.
enum class outside {
  zero,    ///< zeros
  reflect  ///< the source mirrored at its edges, again and again
};

/// An RGB picture as one 32-bit word a pixel (red in the low byte), which is read in one go.
struct packed_picture {
  matrix<std::uint32_t> pixels;

  packed_picture() = default;
  explicit packed_picture(image_view picture) : pixels(picture.height, picture.width) {
    for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
      const std::uint8_t* in = picture.row(y);
      std::uint32_t* out = pixels.row(y);
      for (std::ptrdiff_t x = 0; x < picture.width; ++x)
        out[x] = static_cast<std::uint32_t>(in[3 * x]) |
                 static_cast<std::uint32_t>(in[3 * x + 1]) << 8 |
                 static_cast<std::uint32_t>(in[3 * x + 2]) << 16;
    }
  }
};

namespace detail {

/// Positions and weights of a stretch of a row: four neighbours each.
struct sample_block {
  static constexpr std::ptrdiff_t length = 64;
  std::int32_t at[4][length];  // elements from the first of the source
  float weight[4][length];
};

struct sample_grid {
  affine_map map;
  std::int32_t height, width;  // of the source
  std::int32_t row_stride;
};

/// Mirrors a coordinate at -0.5 and n - 0.5; the result lies in [0, n - 1].
inline float reflected(float s, float n, float inverse) noexcept {
  const float u = std::fabs(s + 0.5f);
  const float turns = u * inverse;
  // What is too far away for an integer has no position left in its bits either.
  const auto k = static_cast<std::int32_t>(turns < 1e9f ? turns : 0.0f);
  const float rest = u - static_cast<float>(k) * n;
  float r = ((k & 1) != 0 ? n - rest : rest) - 0.5f;
  r = r > 0 ? r : 0.0f;
  return r < n - 1 ? r : n - 1;
}

template <outside Outside>
void locate(const sample_grid& grid, std::ptrdiff_t y, std::ptrdiff_t first, std::ptrdiff_t n,
            sample_block& block) noexcept {
  const affine_map& m = grid.map;
  const auto fy = static_cast<double>(y), fx = static_cast<double>(first);
  const auto bx = static_cast<float>(m.xx * fx + m.xy * fy + m.x0);
  const auto by = static_cast<float>(m.yx * fx + m.yy * fy + m.y0);
  const auto dx = static_cast<float>(m.xx), dy = static_cast<float>(m.yx);
  const auto w = static_cast<float>(grid.width), h = static_cast<float>(grid.height);
  const float iw = 1 / w, ih = 1 / h;
  const std::int32_t right = grid.width - 1, bottom = grid.height - 1, stride = grid.row_stride;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(n); ++i) {
    float sx = bx + dx * static_cast<float>(i);
    float sy = by + dy * static_cast<float>(i);
    std::int32_t left, top, left1, top1;
    float wx0, wx1, wy0, wy1;
    if constexpr (Outside == outside::reflect) {
      sx = reflected(sx, w, iw);
      sy = reflected(sy, h, ih);
      left = static_cast<std::int32_t>(sx);
      top = static_cast<std::int32_t>(sy);
      wx1 = sx - static_cast<float>(left);
      wy1 = sy - static_cast<float>(top);
      wx0 = 1 - wx1;
      wy0 = 1 - wy1;
      left1 = left < right ? left + 1 : right;
      top1 = top < bottom ? top + 1 : bottom;
    } else {
      // Clamping to just outside gives weights of zero there.
      sx = sx > -1 ? sx : -1.0f;
      sx = sx < w ? sx : w;
      sy = sy > -1 ? sy : -1.0f;
      sy = sy < h ? sy : h;
      left = static_cast<std::int32_t>(sx + 1) - 1;
      top = static_cast<std::int32_t>(sy + 1) - 1;
      const float ax = sx - static_cast<float>(left), ay = sy - static_cast<float>(top);
      wx0 = left >= 0 && left <= right ? 1 - ax : 0.0f;
      wx1 = left < right ? ax : 0.0f;
      wy0 = top >= 0 && top <= bottom ? 1 - ay : 0.0f;
      wy1 = top < bottom ? ay : 0.0f;
      left1 = left < right ? left + 1 : right;
      top1 = top < bottom ? top + 1 : bottom;
      left = left > 0 ? left : 0;
      left = left < right ? left : right;
      top = top > 0 ? top : 0;
      top = top < bottom ? top : bottom;
    }
    block.at[0][i] = top * stride + left;
    block.at[1][i] = top * stride + left1;
    block.at[2][i] = top1 * stride + left;
    block.at[3][i] = top1 * stride + left1;
    block.weight[0][i] = wy0 * wx0;
    block.weight[1][i] = wy0 * wx1;
    block.weight[2][i] = wy1 * wx0;
    block.weight[3][i] = wy1 * wx1;
  }
}

/// The x in [0, width) for which begin + step * x can lie in (-1, extent), a little generous.
inline void narrow(double begin, double step, double extent, std::ptrdiff_t& first,
                   std::ptrdiff_t& last) noexcept {
  double low = -1.5 - begin, high = extent + 0.5 - begin;
  if (std::fabs(step) < 1e-12) {
    if (low > 0 || high < 0) last = first;
    return;
  }
  low /= step;
  high /= step;
  if (step < 0) {
    const double swapped = low;
    low = high;
    high = swapped;
  }
  const auto from = static_cast<double>(first), to = static_cast<double>(last);
  if (low > from) first = low < to ? static_cast<std::ptrdiff_t>(low) : last;
  if (high + 1 < to) {
    const auto end = high > -2 ? static_cast<std::ptrdiff_t>(std::floor(high)) + 1 : 0;
    last = end > first ? end : first;
  }
}

/// Calls use(y, x, n, block) for stretches that may touch the source, skip(y, x, n) for the rest.
template <outside Outside, class Use, class Skip>
void walk_samples(const sample_grid& grid, std::ptrdiff_t height, std::ptrdiff_t width,
                  std::size_t threads, const Use& use, const Skip& skip) {
  constexpr std::ptrdiff_t band = 16;
  parallel_for(static_cast<std::size_t>((height + band - 1) / band), threads, [&](std::size_t b) {
    sample_block block;
    const std::ptrdiff_t begin = static_cast<std::ptrdiff_t>(b) * band;
    for (std::ptrdiff_t y = begin; y < begin + band && y < height; ++y) {
      std::ptrdiff_t first = 0, last = width;
      if constexpr (Outside == outside::zero) {
        const auto fy = static_cast<double>(y);
        narrow(grid.map.xy * fy + grid.map.x0, grid.map.xx, grid.width, first, last);
        narrow(grid.map.yy * fy + grid.map.y0, grid.map.yx, grid.height, first, last);
        skip(y, std::ptrdiff_t{0}, first);
        skip(y, last, width - last);
      }
      for (std::ptrdiff_t x = first; x < last; x += sample_block::length) {
        const std::ptrdiff_t left = last - x;
        const std::ptrdiff_t n = left < sample_block::length ? left : sample_block::length;
        locate<Outside>(grid, y, x, n, block);
        use(y, x, n, block);
      }
    }
  });
}

inline sample_grid checked_grid(const char* what, std::ptrdiff_t height, std::ptrdiff_t width,
                                std::ptrdiff_t row_stride, const affine_map& map) {
  require(height > 0 && width > 0, what, ": the source is ", height, " x ", width,
          " (height x width), expected at least one pixel");
  require(row_stride >= 0 && height <= 0x7fffffff / (row_stride > width ? row_stride : width), what,
          ": the source of ", height, " rows of ", row_stride, " is too large");
  for (const double v : {map.xx, map.xy, map.x0, map.yx, map.yy, map.y0})
    require(std::isfinite(v), what, ": the map is not finite");
  return {map, static_cast<std::int32_t>(height), static_cast<std::int32_t>(width),
          static_cast<std::int32_t>(row_stride)};
}

}  // namespace detail

/// Samples a plane at the positions that `map` gives to the pixels of `out`, bilinear between
/// pixel centres, in single precision. With outside::zero what the map does not touch costs only
/// the writing of zeros; so a mask may be passed as the part of it that is not zero.
/// @param source  [any, any], float or bytes, columns next to each other
/// @param out     [any, any], columns next to each other
/// @param factor  multiplies every value
/// @throws invalid_input if the source is empty or has gaps between columns, or the map is not
/// finite
/// O(pixels of out). Deterministic for any number of threads.
template <class T>
requires std::same_as<T, float> || std::same_as<T, std::uint8_t>
void sample_affine(plane_view<const T> source, const affine_map& map, plane_view<float> out,
                   outside beyond = outside::zero, float factor = 1, std::size_t threads = 1) {
  require(source.column_stride == 1 && out.column_stride == 1,
          "sample_affine: columns must lie next to each other");
  const auto grid =
      detail::checked_grid("sample_affine", source.height, source.width, source.row_stride, map);
  const T* const from = source.data;
  const auto use = [&](std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t n,
                       const detail::sample_block& b) {
    float* const to = out.row(y) + x;
    for (std::ptrdiff_t i = 0; i < n; ++i)
      to[i] = factor * (b.weight[0][i] * static_cast<float>(from[b.at[0][i]]) +
                        b.weight[1][i] * static_cast<float>(from[b.at[1][i]]) +
                        b.weight[2][i] * static_cast<float>(from[b.at[2][i]]) +
                        b.weight[3][i] * static_cast<float>(from[b.at[3][i]]));
  };
  const auto skip = [&](std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t n) {
    float* const to = out.row(y) + x;
    for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = 0;
  };
  if (beyond == outside::zero)
    detail::walk_samples<outside::zero>(grid, out.height, out.width, threads, use, skip);
  else
    detail::walk_samples<outside::reflect>(grid, out.height, out.width, threads, use, skip);
}

/// Samples a picture as above into three planes, value * gain[c] + offset[c]: normalisation and
/// changes of colour come for nothing. Outside is black with outside::zero.
/// @param out  [3], one for each of red, green, blue, all of one size
/// @throws invalid_input as above, or sizes of `out` differ
inline void sample_affine(const packed_picture& source, const affine_map& map,
                          const std::array<plane_view<float>, 3>& out, outside beyond,
                          const std::array<float, 3>& gain = {1, 1, 1},
                          const std::array<float, 3>& offset = {0, 0, 0}, std::size_t threads = 1) {
  for (const auto& plane : out) {
    s2d::detail::require_same_size("sample_affine", plane, out[0]);
    require(plane.column_stride == 1, "sample_affine: columns must lie next to each other");
  }
  const auto grid = detail::checked_grid("sample_affine", source.pixels.height, source.pixels.width,
                                         source.pixels.width, map);
  const std::uint32_t* const from = source.pixels.data();
  const auto use = [&](std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t n,
                       const detail::sample_block& b) {
    float* const red = out[0].row(y) + x;
    float* const green = out[1].row(y) + x;
    float* const blue = out[2].row(y) + x;
    std::uint32_t corner[4][detail::sample_block::length];
    for (std::size_t k = 0; k < 4; ++k)
      for (std::ptrdiff_t i = 0; i < n; ++i) corner[k][i] = from[b.at[k][i]];
    const auto channel = [&](float* to, int shift, float scale, float shifted) {
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        const auto value = [&](std::size_t k) {
          return b.weight[k][i] *
                 static_cast<float>(static_cast<std::int32_t>((corner[k][i] >> shift) & 255U));
        };
        to[i] = scale * (value(0) + value(1) + value(2) + value(3)) + shifted;
      }
    };
    channel(red, 0, gain[0], offset[0]);
    channel(green, 8, gain[1], offset[1]);
    channel(blue, 16, gain[2], offset[2]);
  };
  const auto skip = [&](std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t n) {
    for (std::size_t c = 0; c < 3; ++c)
      for (std::ptrdiff_t i = 0; i < n; ++i) out[c].row(y)[x + i] = offset[c];
  };
  if (beyond == outside::zero)
    detail::walk_samples<outside::zero>(grid, out[0].height, out[0].width, threads, use, skip);
  else
    detail::walk_samples<outside::reflect>(grid, out[0].height, out[0].width, threads, use, skip);
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
