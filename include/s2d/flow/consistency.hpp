// Which pixels two opposite flow fields agree on, and which are therefore occluded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {

struct consistency_options {
  float base = 1.0f;    ///< a, in square pixels of the grid, >= 0
  float slope = 0.05f;  ///< b, >= 0
};

namespace detail {

/// One row of forward-backward tests: 1 where it is passed.
inline void consistent_row(const flow_field& f, const flow_field& b, std::ptrdiff_t y,
                           const consistency_options& options, std::int32_t* passed) {
  const auto width = static_cast<std::int32_t>(f.width());
  const auto last_x = static_cast<float>(f.width() - 1),
             last_y = static_cast<float>(f.height() - 1);
  const auto far_x = static_cast<std::int32_t>(f.width() > 1 ? f.width() - 2 : 0);
  const auto far_y = static_cast<std::int32_t>(f.height() > 1 ? f.height() - 2 : 0);
  const std::ptrdiff_t right = f.width() > 1 ? 1 : 0, below = f.height() > 1 ? f.width() : 0;
  const float* fu = f.u.row(y);
  const float* fv = f.v.row(y);
  const float* bu = b.u.data();
  const float* bv = b.v.data();
  for (std::int32_t x = 0; x < width; ++x) {
    const float u = fu[x], v = fv[x];
    const float px = static_cast<float>(x) + u, py = static_cast<float>(y) + v;
    // Not a number goes to 0 here and fails the test below.
    float cx = px > 0.0f ? px : 0.0f, cy = py > 0.0f ? py : 0.0f;
    cx = cx < last_x ? cx : last_x;
    cy = cy < last_y ? cy : last_y;
    auto ix = static_cast<std::int32_t>(cx), iy = static_cast<std::int32_t>(cy);
    ix = ix < far_x ? ix : far_x;
    iy = iy < far_y ? iy : far_y;
    const float sx = cx - static_cast<float>(ix), sy = cy - static_cast<float>(iy);
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(iy) * width + ix;
    const auto read = [&](const float* plane) {
      const float top = plane[at] + sx * (plane[at + right] - plane[at]);
      const float bottom = plane[at + below] + sx * (plane[at + below + right] - plane[at + below]);
      return top + sy * (bottom - top);
    };
    const float ru = read(bu), rv = read(bv);
    const float sum_u = u + ru, sum_v = v + rv;
    const float limit = options.base + options.slope * (u * u + v * v + ru * ru + rv * rv);
    passed[x] = (px >= -0.5f) & (py >= -0.5f) & (px < last_x + 0.5f) & (py < last_y + 0.5f) &
                (sum_u * sum_u + sum_v * sum_v < limit);
  }
}

}  // namespace detail

/// Pixels whose flow leads back to them: p + f(p) lies in the frame (half-pixel rule) and
/// |f(p) + b(p + f(p))|^2 < base + slope * (|f(p)|^2 + |b(p + f(p))|^2), b read bilinearly, its
/// border continued. Pixels where a vector is not finite fail.
/// @param forward [h, w] from one frame to the other   @param backward [h, w] back again
/// @throws invalid_input if sizes differ or an option is negative or not a number
/// O(pixels).
[[nodiscard]] inline bit_mask consistent_pixels(const flow_field& forward,
                                                const flow_field& backward,
                                                const consistency_options& options = {}) {
  require(forward.height() == backward.height() && forward.width() == backward.width(),
          "consistent_pixels: sizes differ, ", forward.height(), " x ", forward.width(), " and ",
          backward.height(), " x ", backward.width(), " (height x width)");
  require(options.base >= 0 && options.slope >= 0, "consistent_pixels: base is ", options.base,
          " and slope ", options.slope, ", expected >= 0");
  bit_mask out(forward.height(), forward.width());
  std::vector<std::int32_t> passed(static_cast<std::size_t>(out.width));
  for (std::ptrdiff_t y = 0; y < out.height; ++y) {
    detail::consistent_row(forward, backward, y, options, passed.data());
    for (std::ptrdiff_t x = 0; x < out.width; ++x) {
      out.row(y)[x / 64] |= static_cast<bit_mask::word>(passed[static_cast<std::size_t>(x)])
                            << (x % 64);
    }
  }
  return out;
}

/// Pixels that have no counterpart in the other frame: the complement of consistent_pixels.
[[nodiscard]] inline bit_mask occluded_pixels(const flow_field& forward, const flow_field& backward,
                                              const consistency_options& options = {}) {
  bit_mask out = consistent_pixels(forward, backward, options);
  const bit_mask::word last =
      out.width % 64 == 0 ? ~bit_mask::word{0} : (bit_mask::word{1} << (out.width % 64)) - 1;
  for (std::ptrdiff_t y = 0; y < out.height; ++y) {
    for (std::ptrdiff_t k = 0; k < out.words_per_row(); ++k)
      out.row(y)[k] = ~out.row(y)[k] & (k + 1 == out.words_per_row() ? last : ~bit_mask::word{0});
  }
  return out;
}

}  // namespace s2d::inline S2D_ABI
