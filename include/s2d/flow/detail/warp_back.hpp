// Backward warping: where every pixel comes from, and the reading of it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/warp_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::warping {

inline constexpr int block_size = 256;

/// The sources of some pixels of a row. Whole and fractional parts of the displacement are kept
/// apart, so that positions are exact in pictures of any size.
template <class Index>
struct block {
  std::int32_t x[block_size], y[block_size];  // pixel at or left above the source
  float part_x[block_size], part_y[block_size];
  Index at[block_size];             // element of (y, x), 0 where it cannot be read directly
  std::int32_t direct[block_size];  // 1 where all pixels that are needed lie in the frame
  bool all_direct = false;
};

/// Not a number counts as far outside.
inline float bounded(float d) { return !(d > -1e9f) ? -1e9f : (d < 1e9f ? d : 1e9f); }

/// @param step elements from one row to the next
template <bool Nearest, class Index>
void locate(const float* u, const float* v, std::ptrdiff_t row, std::ptrdiff_t first, int count,
            std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t step, block<Index>& out) {
  const auto last_x = static_cast<std::int32_t>(width - (Nearest ? 1 : 2));
  const auto last_y = static_cast<std::int32_t>(height - (Nearest ? 1 : 2));
  const auto y0 = static_cast<std::int32_t>(row), x0 = static_cast<std::int32_t>(first);
  const auto stride = static_cast<Index>(step);
  std::int32_t all = 1;
  for (std::int32_t i = 0; i < count; ++i) {
    const float du = bounded(u[i]), dv = bounded(v[i]);
    std::int32_t whole_u = static_cast<std::int32_t>(du);
    std::int32_t whole_v = static_cast<std::int32_t>(dv);
    whole_u -= static_cast<float>(whole_u) > du ? 1 : 0;
    whole_v -= static_cast<float>(whole_v) > dv ? 1 : 0;
    const float part_u = du - static_cast<float>(whole_u);
    const float part_v = dv - static_cast<float>(whole_v);
    std::int32_t x = x0 + i + whole_u, y = y0 + whole_v;
    if constexpr (Nearest) {
      x += part_u >= 0.5f ? 1 : 0;
      y += part_v >= 0.5f ? 1 : 0;
    }
    const std::int32_t inside = (x >= 0) & (x <= last_x) & (y >= 0) & (y <= last_y);
    out.x[i] = x;
    out.y[i] = y;
    out.part_x[i] = part_u;
    out.part_y[i] = part_v;
    out.at[i] = inside != 0 ? static_cast<Index>(y) * stride + static_cast<Index>(x) : 0;
    out.direct[i] = inside;
    all &= inside;
  }
  out.all_direct = all != 0;
}

/// A picture of `Channels` interleaved channels and how it continues outside.
template <class T, std::ptrdiff_t Channels>
struct source {
  const T* data;
  std::ptrdiff_t height, width, stride;  // stride in elements
  warp_border border;
  T fill;

  [[nodiscard]] T operator()(std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t c) const {
    if (y < 0 || y >= height || x < 0 || x >= width) {
      if (border == warp_border::constant) return fill;
      y = y < 0 ? 0 : (y >= height ? height - 1 : y);
      x = x < 0 ? 0 : (x >= width ? width - 1 : x);
    }
    return data[y * stride + x * Channels + c];
  }
};

template <class T>
T rounded(float value) {
  if constexpr (std::is_floating_point_v<T>)
    return value;
  else
    return static_cast<T>(static_cast<std::int32_t>(value + 0.5f));
}

inline float blend(float a, float b, float c, float d, float x, float y) {
  const float top = a + x * (b - a);
  const float bottom = c + x * (d - c);
  return top + y * (bottom - top);
}

/// Pixels whose sources lie at or over the border.
template <bool Nearest, class T, std::ptrdiff_t Channels, class Index>
void warp_border_pixels(const source<T, Channels>& from, const float* u, const float* v,
                        const block<Index>& b, int count, T* out) {
  for (int i = 0; i < count; ++i) {
    if (b.direct[i] != 0) continue;
    const bool number = u[i] == u[i] && v[i] == v[i];
    for (std::ptrdiff_t c = 0; c < Channels; ++c) {
      T& to = out[i * Channels + c];
      const std::ptrdiff_t y = b.y[i], x = b.x[i];
      if (!number)
        to = from.fill;
      else if constexpr (Nearest)
        to = from(y, x, c);
      else {
        const auto tap = [&](std::ptrdiff_t j, std::ptrdiff_t k) {
          return static_cast<float>(from(y + j, x + k, c));
        };
        to =
            rounded<T>(blend(tap(0, 0), tap(0, 1), tap(1, 0), tap(1, 1), b.part_x[i], b.part_y[i]));
      }
    }
  }
}

template <bool Nearest, class T, std::ptrdiff_t Channels, class Index>
void warp_block(const source<T, Channels>& from, const block<Index>& b, int count, T* out) {
  if constexpr (Nearest) {
    for (int i = 0; i < count; ++i)
      for (std::ptrdiff_t c = 0; c < Channels; ++c)
        out[i * Channels + c] = from.data[static_cast<std::ptrdiff_t>(b.at[i]) + c];
  } else if constexpr (Channels == 1 && sizeof(T) == 1) {
    // Two bytes of either row at once; then everything is arithmetic.
    std::uint32_t taps[block_size];
    for (int i = 0; i < count; ++i) {
      const T* at = from.data + b.at[i];
      std::uint16_t top, bottom;
      std::memcpy(&top, at, 2);
      std::memcpy(&bottom, at + from.stride, 2);
      taps[i] = top | static_cast<std::uint32_t>(bottom) << 16;
    }
    constexpr int left = std::endian::native == std::endian::little ? 0 : 8, right = 8 - left;
    for (int i = 0; i < count; ++i) {
      const auto tap = [&](int shift) {
        return static_cast<float>(static_cast<std::int32_t>((taps[i] >> shift) & 255u));
      };
      out[i] = rounded<T>(
          blend(tap(left), tap(right), tap(16 + left), tap(16 + right), b.part_x[i], b.part_y[i]));
    }
  } else {
    for (int i = 0; i < count; ++i) {
      const T* at = from.data + b.at[i];
      const T* below = at + from.stride;
      for (std::ptrdiff_t c = 0; c < Channels; ++c) {
        out[i * Channels + c] =
            rounded<T>(blend(static_cast<float>(at[c]), static_cast<float>(at[c + Channels]),
                             static_cast<float>(below[c]), static_cast<float>(below[c + Channels]),
                             b.part_x[i], b.part_y[i]));
      }
    }
  }
}

template <bool Nearest, class Index, class T, std::ptrdiff_t Channels, class OutRow>
void warp_rows(const source<T, Channels>& from, const flow_field& flow, const OutRow& out_row) {
  block<Index> b;
  for (std::ptrdiff_t y = 0; y < flow.height(); ++y) {
    T* out = out_row(y);
    for (std::ptrdiff_t x = 0; x < flow.width(); x += block_size) {
      const int count =
          static_cast<int>(flow.width() - x < block_size ? flow.width() - x : block_size);
      const float* u = flow.u.row(y) + x;
      const float* v = flow.v.row(y) + x;
      locate<Nearest>(u, v, y, x, count, from.height, from.width, from.stride, b);
      if constexpr (Channels > 1) {
        for (int i = 0; i < count; ++i)
          if (b.direct[i] != 0) b.at[i] += static_cast<Index>(b.x[i]) * (Channels - 1);
      }
      T* to = out + x * Channels;
      // Element 0 stands for the pixels that are not direct; it has neighbours only if there are
      // two rows and columns.
      if (b.all_direct || Nearest || (from.height > 1 && from.width > 1))
        warp_block<Nearest>(from, b, count, to);
      if (!b.all_direct) warp_border_pixels<Nearest>(from, u, v, b, count, to);
    }
  }
}

/// Chooses filter and index type; 32-bit indices vectorise twice as wide.
template <class T, std::ptrdiff_t Channels, class OutRow>
void warp_picture(const source<T, Channels>& from, const flow_field& flow, warp_filter filter,
                  const OutRow& out_row) {
  const bool narrow =
      from.height * from.stride <= (std::numeric_limits<std::int32_t>::max)() && from.stride >= 0;
  const bool nearest = filter == warp_filter::nearest;
  if (nearest && narrow)
    warp_rows<true, std::int32_t>(from, flow, out_row);
  else if (nearest)
    warp_rows<true, std::int64_t>(from, flow, out_row);
  else if (narrow)
    warp_rows<false, std::int32_t>(from, flow, out_row);
  else
    warp_rows<false, std::int64_t>(from, flow, out_row);
}

/// Nearest pixels of a packed mask.
template <class Index>
void warp_bits(const bit_mask& from, const flow_field& flow, const warp_options& options,
               bit_mask& out) {
  const bit_mask::word* words = from.words().data();
  const std::ptrdiff_t step = from.words_per_row() * bit_mask::word_bits;
  block<Index> b;
  for (std::ptrdiff_t y = 0; y < flow.height(); ++y) {
    for (std::ptrdiff_t x = 0; x < flow.width(); x += block_size) {
      const int count =
          static_cast<int>(flow.width() - x < block_size ? flow.width() - x : block_size);
      const float* u = flow.u.row(y) + x;
      const float* v = flow.v.row(y) + x;
      locate<true>(u, v, y, x, count, from.height, from.width, step, b);
      for (int i = 0; i < count; i += 64) {
        const int end = count - i < 64 ? count - i : 64;
        bit_mask::word bits = 0;
        for (int k = 0; k < end; ++k) {
          const Index at = b.at[i + k];
          bits |= (words[at >> 6] >> (at & 63) & 1u) << k;
        }
        out.row(y)[(x + i) / 64] = bits;
      }
      if (b.all_direct) continue;
      for (int i = 0; i < count; ++i) {
        if (b.direct[i] != 0) continue;
        bool on = options.fill >= 0.5f;
        if (options.border == warp_border::replicate && u[i] == u[i] && v[i] == v[i]) {
          const std::ptrdiff_t py = b.y[i], px = b.x[i];
          on = from(py < 0 ? 0 : (py >= from.height ? from.height - 1 : py),
                    px < 0 ? 0 : (px >= from.width ? from.width - 1 : px));
        }
        out.set(y, x + i, on);
      }
    }
  }
}

}  // namespace detail::warping
}  // namespace s2d::inline S2D_ABI
