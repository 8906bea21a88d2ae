// Which pixels two opposite flow fields agree on, and which are therefore occluded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/error.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {

struct consistency_options {
  float base = 1.0f;    ///< a, in square pixels of the grid, >= 0
  float slope = 0.05f;  ///< b, >= 0
};

namespace detail {

/// The forward-backward tests of up to 64 pixels of row y from x0 on, as bits.
inline bit_mask::word consistent_word(const flow_field& f, const flow_field& b, std::ptrdiff_t y,
                                      std::ptrdiff_t x0, const consistency_options& options) {
  using real = float_lanes;
  using whole = integers<lane_count>;
  constexpr int size = 64, step = static_cast<int>(lane_count);
  const int count = static_cast<int>(f.width() - x0 < size ? f.width() - x0 : size);
  const std::ptrdiff_t right = f.width() > 1 ? 1 : 0, below = f.height() > 1 ? f.width() : 0;
  alignas(64) float u[size] = {}, v[size] = {}, part_x[size], part_y[size];
  alignas(64) std::int32_t ix[size], iy[size], passed[size];
  alignas(64) float corners[8][size] = {};
  std::memcpy(u, f.u.row(y) + x0, static_cast<std::size_t>(count) * sizeof(float));
  std::memcpy(v, f.v.row(y) + x0, static_cast<std::size_t>(count) * sizeof(float));
  real at_x = real{} + static_cast<float>(x0);
  for (int k = 0; k < step; ++k) at_x[k] += static_cast<float>(k);
  // Clamps to the frame; not a number goes to 0 and fails the test below.
  const auto hold = [](const real& p, std::ptrdiff_t n, std::int32_t* index, float* part) {
    const real zero{}, last = zero + static_cast<float>(n - 1);
    real c = p > zero ? p : zero;
    c = c < last ? c : last;
    whole i = __builtin_convertvector(c, whole);
    const whole most = whole{} + static_cast<std::int32_t>(n > 1 ? n - 2 : 0);
    i = i < most ? i : most;
    std::memcpy(index, &i, sizeof i);
    store(part, c - __builtin_convertvector(i, real));
  };
  for (int i = 0; i < size; i += step) {
    hold(at_x + static_cast<float>(i) + load<real>(u + i), f.width(), ix + i, part_x + i);
    hold(static_cast<float>(y) + load<real>(v + i), f.height(), iy + i, part_y + i);
  }
  for (int i = 0; i < count; ++i) {
    const std::ptrdiff_t at = iy[i] * f.width() + ix[i];
    const float* bu = b.u.data() + at;
    const float* bv = b.v.data() + at;
    corners[0][i] = bu[0], corners[1][i] = bu[right];
    corners[2][i] = bu[below], corners[3][i] = bu[below + right];
    corners[4][i] = bv[0], corners[5][i] = bv[right];
    corners[6][i] = bv[below], corners[7][i] = bv[below + right];
  }
  for (int i = 0; i < size; i += step) {
    const real fu = load<real>(u + i), fv = load<real>(v + i);
    const real sx = load<real>(part_x + i), sy = load<real>(part_y + i);
    const auto read = [&](int first) {
      const auto corner = [&](int k) { return load<real>(corners[first + k] + i); };
      const real top = corner(0) + sx * (corner(1) - corner(0));
      const real bottom = corner(2) + sx * (corner(3) - corner(2));
      return top + sy * (bottom - top);
    };
    const real ru = read(0), rv = read(4);
    const real sum_u = fu + ru, sum_v = fv + rv;
    const real px = at_x + static_cast<float>(i) + fu, py = static_cast<float>(y) + fv;
    const real limit = options.base + options.slope * (fu * fu + fv * fv + ru * ru + rv * rv);
    const whole good = (px >= -0.5f) & (py >= -0.5f) & (px < static_cast<float>(f.width()) - 0.5f) &
                       (py < static_cast<float>(f.height()) - 0.5f) &
                       (sum_u * sum_u + sum_v * sum_v < limit);
    std::memcpy(passed + i, &good, sizeof good);
  }
  bit_mask::word bits = 0;
  for (int i = 0; i < count; ++i) bits |= static_cast<bit_mask::word>(passed[i] & 1) << i;
  return bits;
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
  detail::require_same_size("consistent_pixels", forward.u, forward.v);
  detail::require_same_size("consistent_pixels", backward.u, backward.v);
  require(forward.height() == backward.height() && forward.width() == backward.width(),
          "consistent_pixels: sizes differ, ", forward.height(), " x ", forward.width(), " and ",
          backward.height(), " x ", backward.width(), " (height x width)");
  require(options.base >= 0 && options.slope >= 0, "consistent_pixels: base is ", options.base,
          " and slope ", options.slope, ", expected >= 0");
  bit_mask out(forward.height(), forward.width());
  for (std::ptrdiff_t y = 0; y < out.height; ++y)
    for (std::ptrdiff_t k = 0; k < out.words_per_row(); ++k)
      out.row(y)[k] = detail::consistent_word(forward, backward, y, 64 * k, options);
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
