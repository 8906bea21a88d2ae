// The superpixels of one frame with all that grouping by motion asks of them.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/lab.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/segment/slic.hpp>

namespace s2d::inline S2D_ABI {

/// Means over the superpixels of a frame. Arrays have one entry a superpixel; those of an empty
/// one are: no deviation, its own colour as context, no motion.
struct motion_cells {
  superpixels grid;
  std::array<std::vector<float>, 3> deviation;  ///< standard deviation of l, a, b
  std::array<std::vector<float>, 3> context;    ///< l, a, b blurred widely
  std::array<std::vector<float>, 2> u;  ///< mean flow to the next [0] and previous [1] frame
  std::array<std::vector<float>, 2> v;  ///< both empty where the flow is absent

  [[nodiscard]] std::size_t size() const noexcept { return grid.count.size(); }
  [[nodiscard]] bool has_flow(std::size_t direction) const noexcept {
    return !u[direction].empty();
  }
};

namespace detail {

/// Position of p within 0..n-1 when the row is mirrored at its end pixels (n > 0).
[[nodiscard]] inline std::ptrdiff_t mirrored(std::ptrdiff_t p, std::ptrdiff_t n) noexcept {
  if (n == 1) return 0;
  const std::ptrdiff_t period = 2 * (n - 1);
  p %= period;
  if (p < 0) p += period;
  return p < n ? p : period - p;
}

/// out[x] = sum over t of kernel[t] * rows[t][x].
inline void weighted_rows(std::ptrdiff_t n, const std::vector<float>& kernel,
                          const std::vector<const float*>& rows, float* out) noexcept {
  constexpr std::ptrdiff_t registers = 8;  // sums that wait for an addition at the same time
  std::ptrdiff_t x = 0;
  for (; x + registers * lane_count <= n; x += registers * lane_count) {
    float_lanes sum[registers] = {};
    for (std::size_t t = 0; t < kernel.size(); ++t)
      for (std::ptrdiff_t r = 0; r < registers; ++r)
        sum[r] += kernel[t] * load<float_lanes>(rows[t] + x + r * lane_count);
    for (std::ptrdiff_t r = 0; r < registers; ++r) store(out + x + r * lane_count, sum[r]);
  }
  for (; x < n; x += lane_count) {
    const std::ptrdiff_t count = n - x < lane_count ? n - x : lane_count;
    float_lanes sum{};
    for (std::size_t t = 0; t < kernel.size(); ++t)
      sum += kernel[t] * load_first(rows[t] + x, count);
    store_first(out + x, count, sum);
  }
}

/// Gaussian blur, kernel of 8 sigma + 1 taps, borders mirrored.
inline matrix<float> gaussian_blur(const matrix<float>& plane, double sigma) {
  const auto radius = static_cast<std::ptrdiff_t>(std::lround(4 * sigma));
  const auto taps = static_cast<std::size_t>(2 * radius + 1);
  std::vector<float> kernel(taps);
  double total = 0;
  std::vector<double> exact(taps);
  for (std::size_t t = 0; t < taps; ++t) {
    const double d = static_cast<double>(static_cast<std::ptrdiff_t>(t) - radius) / sigma;
    total += exact[t] = std::exp(-d * d / 2);
  }
  for (std::size_t t = 0; t < taps; ++t) kernel[t] = static_cast<float>(exact[t] / total);

  const std::ptrdiff_t height = plane.height;
  const std::ptrdiff_t width = plane.width;
  matrix<float> across(height, width);
  std::vector<float> padded(static_cast<std::size_t>(width + 2 * radius));
  std::vector<const float*> rows(taps);
  for (std::size_t t = 0; t < taps; ++t) rows[t] = padded.data() + t;
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::ptrdiff_t x = -radius; x < width + radius; ++x)
      padded[static_cast<std::size_t>(x + radius)] = plane(y, mirrored(x, width));
    weighted_rows(width, kernel, rows, across.row(y));
  }
  matrix<float> result(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::size_t t = 0; t < taps; ++t)
      rows[t] = across.row(mirrored(y + static_cast<std::ptrdiff_t>(t) - radius, height));
    weighted_rows(width, kernel, rows, result.row(y));
  }
  return result;
}

/// @param grid  the superpixels of the picture
inline motion_cells measure_cells(const lab_image& picture, superpixels grid,
                                  const flow_field& forward, const flow_field& backward,
                                  double context_sigma) {
  motion_cells cells;
  cells.grid = std::move(grid);
  const matrix<float> context[3] = {gaussian_blur(picture.l, context_sigma),
                                    gaussian_blur(picture.a, context_sigma),
                                    gaussian_blur(picture.b, context_sigma)};
  const auto n = static_cast<std::size_t>(cells.grid.size());
  const std::ptrdiff_t height = picture.height();
  const std::ptrdiff_t width = picture.width();
  const std::vector<float> nothing(static_cast<std::size_t>(width));
  const flow_field* flow[2] = {&forward, &backward};

  struct sums {
    float v[16] = {};  // context, squared deviation, flow: 3 + 3 + 4, padded to one vector
  };
  std::vector<sums> total(n);
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    const float* u0 = flow[0]->empty() ? nothing.data() : flow[0]->u.row(y);
    const float* v0 = flow[0]->empty() ? nothing.data() : flow[0]->v.row(y);
    const float* u1 = flow[1]->empty() ? nothing.data() : flow[1]->u.row(y);
    const float* v1 = flow[1]->empty() ? nothing.data() : flow[1]->v.row(y);
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      const auto k = static_cast<std::size_t>(cells.grid.labels(y, x));
      const float dl = picture.l(y, x) - cells.grid.l[k];
      const float da = picture.a(y, x) - cells.grid.a[k];
      const float db = picture.b(y, x) - cells.grid.b[k];
      const float pixel[16] = {context[0](y, x),
                               context[1](y, x),
                               context[2](y, x),
                               dl * dl,
                               da * da,
                               db * db,
                               u0[x],
                               v0[x],
                               u1[x],
                               v1[x]};
      float* sum = total[k].v;
      for (int q = 0; q < 16; ++q) sum[q] += pixel[q];
    }
  }
  for (std::size_t c = 0; c < 3; ++c) {
    cells.deviation[c].resize(n);
    cells.context[c].resize(n);
  }
  for (std::size_t d = 0; d < 2; ++d)
    if (!flow[d]->empty()) {
      cells.u[d].resize(n);
      cells.v[d].resize(n);
    }
  for (std::size_t k = 0; k < n; ++k) {
    const auto count = static_cast<float>(cells.grid.count[k]);
    if (count == 0) {
      cells.context[0][k] = cells.grid.l[k];
      cells.context[1][k] = cells.grid.a[k];
      cells.context[2][k] = cells.grid.b[k];
      continue;
    }
    for (std::size_t c = 0; c < 3; ++c) {
      cells.context[c][k] = total[k].v[c] / count;
      cells.deviation[c][k] = std::sqrt(total[k].v[3 + c] / count);
    }
    for (std::size_t d = 0; d < 2; ++d)
      if (cells.has_flow(d)) {
        cells.u[d][k] = total[k].v[6 + 2 * d] / count;
        cells.v[d][k] = total[k].v[7 + 2 * d] / count;
      }
  }
  return cells;
}

}  // namespace detail

/// Superpixels of a frame (segment/slic.hpp) and their means of colour, context and flow.
///
/// @param picture            [h, w] CIE Lab
/// @param forward, backward  flow on the same grid, or empty where absent; any unit
/// @param context_sigma      deviation of the context blur in pixels, > 0
/// @throws invalid_input if sizes differ or an option is out of range
/// Complexity: O(pixels * (9 * iterations + 16 * context_sigma)).
[[nodiscard]] inline motion_cells describe_cells(const lab_image& picture,
                                                 const flow_field& forward,
                                                 const flow_field& backward,
                                                 const slic_options& slic_how = {},
                                                 double context_sigma = 8) {
  require(context_sigma > 0 && context_sigma < 1e4, "describe_cells: context_sigma is ",
          context_sigma, ", expected > 0");
  for (const flow_field* flow : {&forward, &backward}) {
    if (flow->empty()) continue;
    detail::require_same_size("describe_cells", picture.l, flow->u);
    detail::require_same_size("describe_cells", picture.l, flow->v);
  }
  return detail::measure_cells(picture, slic(picture, slic_how), forward, backward, context_sigma);
}

}  // namespace s2d::inline S2D_ABI
