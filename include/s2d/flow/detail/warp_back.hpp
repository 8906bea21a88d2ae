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
#include <s2d/flow/detail/lanes.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/warp_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::warping {

inline constexpr int block_size = 256;

/// The sources of some pixels of a row. Whole and fractional parts of the displacement are kept
/// apart, so that positions are exact in pictures of any size.
template <class Index>
struct block {
  alignas(64) float u[block_size], v[block_size];         // zero behind the last pixel
  alignas(64) std::int32_t x[block_size], y[block_size];  // pixel at or left above the source
  alignas(64) float part_x[block_size], part_y[block_size];
  alignas(64) Index at[block_size];  // element of (y, x), 0 where it cannot be read directly
  alignas(64) std::int32_t direct[block_size];  // not 0 where all needed pixels lie in the frame
  bool all_direct = false;

  void take(const float* from_u, const float* from_v, int count) {
    const auto bytes = static_cast<std::size_t>(count) * sizeof(float);
    std::memcpy(u, from_u, bytes);
    std::memcpy(v, from_v, bytes);
    for (int i = count; i % dense::lane_count != 0; ++i) u[i] = v[i] = 0.0f;
  }
};

/// Not a number counts as far outside.
inline float bounded(float d) { return !(d > -1e9f) ? -1e9f : (d < 1e9f ? d : 1e9f); }

/// Fills the rest of a block from its displacements. Pixels right and below are needed too unless
/// Nearest.
/// @param step elements from one row to the next
template <bool Nearest, class Index>
void locate(std::ptrdiff_t row, std::ptrdiff_t first, int count, std::ptrdiff_t height,
            std::ptrdiff_t width, std::ptrdiff_t step, block<Index>& out) {
  using real = dense::lanes;
  using whole = dense::integers<dense::lane_count>;
  const auto last_x = static_cast<std::int32_t>(width - (Nearest ? 1 : 2));
  const auto last_y = static_cast<std::int32_t>(height - (Nearest ? 1 : 2));
  const whole y0 = whole{} + static_cast<std::int32_t>(row);
  whole x0 = whole{} + static_cast<std::int32_t>(first);
  for (int k = 0; k < dense::lane_count; ++k) x0[k] += k;
  const real low = real{} - 1e9f, high = real{} + 1e9f;
  whole all = whole{} - 1;
  for (int i = 0; i < count; i += static_cast<int>(dense::lane_count)) {
    const auto split = [&](const float* from, real& part) {
      auto d = dense::load<real>(from);
      d = d > low ? d : low;
      d = d < high ? d : high;
      whole w = __builtin_convertvector(d, whole);
      w += __builtin_convertvector(w, real) > d;
      part = d - __builtin_convertvector(w, real);
      return w;
    };
    real part_x, part_y;
    whole x = x0 + split(out.u + i, part_x);
    whole y = y0 + split(out.v + i, part_y);
    if constexpr (Nearest) {
      x -= part_x >= 0.5f;
      y -= part_y >= 0.5f;
    }
    const whole inside = (x >= 0) & (x <= last_x) & (y >= 0) & (y <= last_y);
    std::memcpy(out.x + i, &x, sizeof x);
    std::memcpy(out.y + i, &y, sizeof y);
    dense::store(out.part_x + i, part_x);
    dense::store(out.part_y + i, part_y);
    std::memcpy(out.direct + i, &inside, sizeof inside);
    if constexpr (sizeof(Index) == sizeof(std::int32_t)) {
      const whole at = (y * static_cast<std::int32_t>(step) + x) & inside;
      std::memcpy(out.at + i, &at, sizeof at);
    }
    if (i + dense::lane_count <= count) all &= inside;
    x0 += static_cast<std::int32_t>(dense::lane_count);
  }
  std::int32_t every = -1;
  for (int k = 0; k < dense::lane_count; ++k) every &= all[k];
  for (int i = count - count % static_cast<int>(dense::lane_count); i < count; ++i)
    every &= out.direct[i];
  out.all_direct = every != 0;
  if constexpr (sizeof(Index) != sizeof(std::int32_t)) {
    for (int i = 0; i < count; ++i)
      out.at[i] = out.direct[i] != 0 ? static_cast<Index>(out.y[i]) * step + out.x[i] : 0;
  }
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
void warp_border_pixels(const source<T, Channels>& from, const block<Index>& b, int count, T* out) {
  for (int i = 0; i < count; ++i) {
    if (b.direct[i] != 0) continue;
    const bool number = b.u[i] == b.u[i] && b.v[i] == b.v[i];
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
    alignas(64) std::uint32_t taps[block_size];
    for (int i = 0; i < count; ++i) {
      const T* at = from.data + b.at[i];
      std::uint16_t top, bottom;
      std::memcpy(&top, at, 2);
      std::memcpy(&bottom, at + from.stride, 2);
      taps[i] = top | static_cast<std::uint32_t>(bottom) << 16;
    }
    constexpr int left = std::endian::native == std::endian::little ? 0 : 8, right = 8 - left;
    const float* part_x = b.part_x;
    const float* part_y = b.part_y;
    alignas(64) T values[block_size];
    for (int i = 0; i < count; ++i) {
      const auto tap = [&](int shift) {
        return static_cast<float>(static_cast<std::int32_t>((taps[i] >> shift) & 255u));
      };
      values[i] = rounded<T>(
          blend(tap(left), tap(right), tap(16 + left), tap(16 + right), part_x[i], part_y[i]));
    }
    std::memcpy(out, values, static_cast<std::size_t>(count));
  } else if constexpr (Channels == 1 && std::is_same_v<T, float>) {
    alignas(64) float top[2 * block_size], bottom[2 * block_size], values[block_size];
    for (int i = 0; i < count; ++i) {
      const float* at = from.data + b.at[i];
      std::memcpy(top + 2 * i, at, 2 * sizeof(float));
      std::memcpy(bottom + 2 * i, at + from.stride, 2 * sizeof(float));
    }
    for (int i = 0; i < count; ++i) {
      values[i] = blend(top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1], b.part_x[i],
                        b.part_y[i]);
    }
    std::memcpy(out, values, static_cast<std::size_t>(count) * sizeof(float));
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
      b.take(flow.u.row(y) + x, flow.v.row(y) + x, count);
      locate<Nearest>(y, x, count, from.height, from.width, from.stride, b);
      if constexpr (Channels > 1) {
        for (int i = 0; i < count; ++i)
          if (b.direct[i] != 0) b.at[i] += static_cast<Index>(b.x[i]) * (Channels - 1);
      }
      T* to = out + x * Channels;
      // Element 0 stands for the pixels that are not direct; it has neighbours only if there are
      // two rows and columns.
      if (b.all_direct || Nearest || (from.height > 1 && from.width > 1))
        warp_block<Nearest>(from, b, count, to);
      if (!b.all_direct) warp_border_pixels<Nearest>(from, b, count, to);
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
      b.take(flow.u.row(y) + x, flow.v.row(y) + x, count);
      locate<true>(y, x, count, from.height, from.width, step, b);
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
        if (options.border == warp_border::replicate && b.u[i] == b.u[i] && b.v[i] == b.v[i]) {
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
