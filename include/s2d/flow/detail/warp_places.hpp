// Where the pixels of a backward warp come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::warping {

inline constexpr int block_size = 256;

/// Not a number counts as far outside.
inline float bounded(float d) { return !(d > -1e9f) ? -1e9f : (d < 1e9f ? d : 1e9f); }

/// A displaced position: the pixel at or left above it, and the parts beyond. Whole and fractional
/// parts of the displacement are kept apart, so that positions are exact in pictures of any size.
struct place {
  std::ptrdiff_t y, x;
  float part_y, part_x;
};

inline place displaced(std::ptrdiff_t y, std::ptrdiff_t x, float v, float u) {
  const float du = bounded(u), dv = bounded(v);
  auto whole_u = static_cast<std::int32_t>(du), whole_v = static_cast<std::int32_t>(dv);
  whole_u -= static_cast<float>(whole_u) > du ? 1 : 0;
  whole_v -= static_cast<float>(whole_v) > dv ? 1 : 0;
  return {y + whole_v, x + whole_u, dv - static_cast<float>(whole_v),
          du - static_cast<float>(whole_u)};
}

inline place nearest_pixel(place p) {
  return {p.y + (p.part_y >= 0.5f ? 1 : 0), p.x + (p.part_x >= 0.5f ? 1 : 0), 0, 0};
}

/// The sources of some pixels of a row.
template <class Index>
struct block {
  alignas(64) float part_x[block_size], part_y[block_size];
  alignas(64) Index at[block_size];  // element, or -1 where a needed pixel lies outside
  bool all_inside = false;
};

/// Where the `count` pixels from (row, first) on have their sources. Pixels right and below are
/// needed too unless Nearest.
/// @param step elements from one row to the next   @param channels elements of a pixel
template <bool Nearest, class Index>
void locate(const float* u, const float* v, std::ptrdiff_t row, std::ptrdiff_t first, int count,
            std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t step,
            std::ptrdiff_t channels, block<Index>& out) {
  using real = float_lanes;
  using whole = integers<lane_count>;
  constexpr int lanes = static_cast<int>(lane_count);
  const auto last_x = static_cast<std::int32_t>(width - (Nearest ? 1 : 2));
  const auto last_y = static_cast<std::int32_t>(height - (Nearest ? 1 : 2));
  int i = 0;
  whole all = whole{} - 1;
  if constexpr (sizeof(Index) == sizeof(std::int32_t)) {
    const whole y0 = whole{} + static_cast<std::int32_t>(row);
    whole x0 = whole{} + static_cast<std::int32_t>(first);
    for (int k = 0; k < lanes; ++k) x0[k] += k;
    const real low = real{} - 1e9f, high = real{} + 1e9f;
    const auto split = [&](const float* from, real& part) {
      auto d = load<real>(from);
      d = d > low ? d : low;
      d = d < high ? d : high;
      whole w = __builtin_convertvector(d, whole);
      w += __builtin_convertvector(w, real) > d;
      part = d - __builtin_convertvector(w, real);
      return w;
    };
    for (; i + lanes <= count; i += lanes) {
      real part_x, part_y;
      whole x = x0 + split(u + i, part_x);
      whole y = y0 + split(v + i, part_y);
      if constexpr (Nearest) {
        x -= part_x >= 0.5f;
        y -= part_y >= 0.5f;
      } else {
        store(out.part_x + i, part_x);
        store(out.part_y + i, part_y);
      }
      const whole inside = (x >= 0) & (x <= last_x) & (y >= 0) & (y <= last_y);
      const whole at = ((y & inside) * static_cast<std::int32_t>(step) +
                        (x & inside) * static_cast<std::int32_t>(channels)) |
                       ~inside;
      std::memcpy(out.at + i, &at, sizeof at);
      all &= inside;
      x0 += lanes;
    }
  }
  bool rest = true;
  for (; i < count; ++i) {
    place p = displaced(row, first + i, v[i], u[i]);
    if constexpr (Nearest) p = nearest_pixel(p);
    out.part_x[i] = p.part_x;
    out.part_y[i] = p.part_y;
    const bool inside = p.x >= 0 && p.x <= last_x && p.y >= 0 && p.y <= last_y;
    out.at[i] = inside ? static_cast<Index>(p.y * step + p.x * channels) : Index{-1};
    rest = rest && inside;
  }
  std::int32_t every = -1;
  for (int k = 0; k < lanes; ++k) every &= all[k];
  out.all_inside = rest && every != 0;
}

/// Every run of pixels of a block whose sources can be read directly, and each of the others.
template <class Index, class Run, class Other>
void for_runs(const block<Index>& b, int count, const Run& run, const Other& other) {
  if (b.all_inside) return run(0, count);
  for (int i = 0; i < count;) {
    int end = i;
    while (end < count && b.at[end] >= 0) ++end;
    if (end > i) run(i, end);
    for (i = end; i < count && b.at[i] < 0; ++i) other(i);
  }
}

}  // namespace detail::warping
}  // namespace s2d::inline S2D_ABI
