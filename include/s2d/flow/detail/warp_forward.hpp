// Forward warping: pixels are carried along the flow and collected where they land.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/flow/detail/warp_back.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/warp_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::warping {

/// Calls visit(y, x, landing place) for every pixel whose displacement is a number.
template <class Visit>
void for_landings(const flow_field& flow, const Visit& visit) {
  for (std::ptrdiff_t y = 0; y < flow.height(); ++y) {
    for (std::ptrdiff_t x = 0; x < flow.width(); ++x) {
      const float u = flow.u(y, x), v = flow.v(y, x);
      if (u == u && v == v) visit(y, x, displaced(y, x, v, u));
    }
  }
}

/// value(y, x, channel) gives the source; `values` holds `fill` where nothing arrives.
template <std::ptrdiff_t Channels, class T, class Value>
void splat(const flow_field& flow, warp_filter filter, T* values, bit_mask& covered,
           const Value& value) {
  const std::ptrdiff_t height = flow.height(), width = flow.width();
  if (filter == warp_filter::nearest) {
    constexpr float far = (std::numeric_limits<float>::max)();
    matrix<float> nearest(height, width, far);
    for_landings(flow, [&](std::ptrdiff_t y, std::ptrdiff_t x, const place& p) {
      const auto [to_y, to_x, zero_y, zero_x] = nearest_pixel(p);
      (void)zero_y, (void)zero_x;
      if (to_y < 0 || to_y >= height || to_x < 0 || to_x >= width) return;
      const float dy = p.part_y >= 0.5f ? 1 - p.part_y : p.part_y;
      const float dx = p.part_x >= 0.5f ? 1 - p.part_x : p.part_x;
      const float distance = dx * dx + dy * dy;
      float& best = nearest(to_y, to_x);
      if (!(distance < best)) return;
      best = distance;
      for (std::ptrdiff_t c = 0; c < Channels; ++c)
        values[(to_y * width + to_x) * Channels + c] = value(y, x, c);
      covered.set(to_y, to_x);
    });
    return;
  }
  std::vector<float> sums(static_cast<std::size_t>(height * width * (Channels + 1)));
  for_landings(flow, [&](std::ptrdiff_t y, std::ptrdiff_t x, const place& p) {
    for (std::ptrdiff_t j = 0; j < 2; ++j) {
      for (std::ptrdiff_t i = 0; i < 2; ++i) {
        const std::ptrdiff_t py = p.y + j, px = p.x + i;
        if (py < 0 || py >= height || px < 0 || px >= width) continue;
        const float weight =
            (j != 0 ? p.part_y : 1 - p.part_y) * (i != 0 ? p.part_x : 1 - p.part_x);
        if (weight == 0) continue;
        float* to = sums.data() + (py * width + px) * (Channels + 1);
        for (std::ptrdiff_t c = 0; c < Channels; ++c)
          to[c] += weight * static_cast<float>(value(y, x, c));
        to[Channels] += weight;
      }
    }
  });
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      const float* from = sums.data() + (y * width + x) * (Channels + 1);
      if (from[Channels] < 0.25f) continue;
      for (std::ptrdiff_t c = 0; c < Channels; ++c)
        values[(y * width + x) * Channels + c] = rounded<T>(from[c] / from[Channels]);
      covered.set(y, x);
    }
  }
}

inline bit_mask scatter(const bit_mask& from, const flow_field& flow) {
  bit_mask out(from.height, from.width);
  for_landings(flow, [&](std::ptrdiff_t y, std::ptrdiff_t x, const place& p) {
    const place to = nearest_pixel(p);
    if (to.y >= 0 && to.y < from.height && to.x >= 0 && to.x < from.width && from(y, x))
      out.set(to.y, to.x);
  });
  return out;
}

}  // namespace detail::warping
}  // namespace s2d::inline S2D_ABI
