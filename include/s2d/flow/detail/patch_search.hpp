// Inverse search: where each patch of one picture stands in another, and the dense field of it.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/flow/detail/flow_pyramid.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::dense {

/// The pixels of a patch row that are treated at once.
template <std::ptrdiff_t Size>
inline constexpr std::ptrdiff_t patch_lanes = Size < lane_count ? Size : lane_count;

struct vector2 {
  float x = 0, y = 0;
};

/// A position in a padded plane: pointer to the pixel left above and the parts beyond it.
struct sample_origin {
  const float* at;
  float x, y;
};

/// Positions are held within the margin, so that a patch of `size` can be read there; NaN lies left
/// above.
inline sample_origin origin_of(const padded_plane& plane, float x, float y, std::ptrdiff_t size) {
  constexpr auto low = static_cast<float>(2 - padded_plane::margin);
  const auto high_x = static_cast<float>(plane.width + padded_plane::margin - size - 2);
  const auto high_y = static_cast<float>(plane.height + padded_plane::margin - size - 2);
  x = x > low ? (x < high_x ? x : high_x) : low;
  y = y > low ? (y < high_y ? y : high_y) : low;
  // Positive before the truncation, so that it rounds down.
  const int ix = static_cast<int>(x - low) + (2 - static_cast<int>(padded_plane::margin));
  const int iy = static_cast<int>(y - low) + (2 - static_cast<int>(padded_plane::margin));
  return {plane.row(iy) + ix, x - static_cast<float>(ix), y - static_cast<float>(iy)};
}

/// Bilinear samples of Size x Size pixels from `from` on: visit(row, column, samples) is called for
/// pieces of patch_lanes<Size> pixels.
template <std::ptrdiff_t Size, class Visit>
[[gnu::always_inline]] inline void sample_patch(const sample_origin& from, std::ptrdiff_t stride,
                                                const Visit& visit) {
  using row_type = floats<patch_lanes<Size>>;
  for (std::ptrdiff_t x = 0; x < Size; x += patch_lanes<Size>) {
    const float* at = from.at + x;
    auto upper = load<row_type>(at);
    upper += from.x * (load<row_type>(at + 1) - upper);
    for (std::ptrdiff_t y = 0; y < Size; ++y) {
      at += stride;
      auto lower = load<row_type>(at);
      lower += from.x * (load<row_type>(at + 1) - lower);
      visit(y, x, upper + from.y * (lower - upper));
      upper = lower;
    }
  }
}

/// How a patch differs from the picture at one place, both free of their means.
struct patch_match {
  float error;  ///< sum of squares
  float x, y;   ///< difference times gradient, summed
};

/// One patch of Size x Size pixels and all that stays the same while it is searched.
template <std::ptrdiff_t Size>
struct patch_matcher {
  using row_type = floats<patch_lanes<Size>>;
  const float* picture;
  const float* dx;
  const float* dy;
  std::ptrdiff_t stride;
  const patch_tensor* tensor;
  const padded_plane* other;
  float x, y;

  [[nodiscard]] patch_match operator()(vector2 flow) const {
    const sample_origin from = origin_of(*other, x + flow.x, y + flow.y, Size);
    row_type sum{}, square{}, by_x{}, by_y{};
    sample_patch<Size>(from, other->stride,
                       [&](std::ptrdiff_t i, std::ptrdiff_t j, const row_type& sample) {
                         const std::ptrdiff_t at = i * stride + j;
                         const row_type d = sample - load<row_type>(picture + at);
                         sum += d;
                         square += d * d;
                         by_x += d * load<row_type>(dx + at);
                         by_y += d * load<row_type>(dy + at);
                       });
    const float total = sum_of<patch_lanes<Size>>(sum);
    const float mean = total * (1.0f / static_cast<float>(Size * Size));
    return {sum_of<patch_lanes<Size>>(square) - mean * total,
            sum_of<patch_lanes<Size>>(by_x) - mean * tensor->sum_x,
            sum_of<patch_lanes<Size>>(by_y) - mean * tensor->sum_y};
  }
};

/// Gauss-Newton steps from `flow`, whose match is `at`, as long as the error falls.
template <std::ptrdiff_t Size>
vector2 descend(const patch_matcher<Size>& match, vector2 flow, patch_match at, int iterations) {
  constexpr float enough = 0.02f;
  const vector2 start = flow;
  for (int k = 0; k < iterations; ++k) {
    const patch_tensor& t = *match.tensor;
    const float step_x = t.xx * at.x + t.xy * at.y;
    const float step_y = t.xy * at.x + t.yy * at.y;
    const vector2 next{flow.x - step_x, flow.y - step_y};
    const patch_match there = match(next);
    if (!(there.error < at.error)) break;
    flow = next;
    at = there;
    if (step_x * step_x + step_y * step_y < enough * enough) break;
  }
  const float far_x = flow.x - start.x, far_y = flow.y - start.y;
  return far_x * far_x + far_y * far_y > static_cast<float>(Size * Size) ? start : flow;
}

/// Two passes over all patches, the second backwards. Every patch begins at the best of its own
/// start and what its two neighbours met before it have found.
/// @param flows [grid.count()] in: starts, out: displacements
template <std::ptrdiff_t Size>
void search_patches(const flow_level& here, const flow_level& there, int iterations,
                    std::vector<vector2>& flows) {
  const patch_grid& grid = here.grid;
  for (int pass = 0; pass < 2; ++pass) {
    const std::ptrdiff_t to_row = pass == 0 ? -grid.columns : grid.columns;
    const std::ptrdiff_t to_column = pass == 0 ? -1 : 1;
    for (std::ptrdiff_t n = 0; n < grid.count(); ++n) {
      const std::ptrdiff_t at = pass == 0 ? n : grid.count() - 1 - n;
      const std::ptrdiff_t i = at / grid.columns, j = at % grid.columns;
      const std::ptrdiff_t y = grid.y(i), x = grid.x(j);
      const patch_matcher<Size> match{here.picture.row(y) + x,
                                      here.dx.row(y) + x,
                                      here.dy.row(y) + x,
                                      here.picture.stride,
                                      &here.tensors[static_cast<std::size_t>(at)],
                                      &there.picture,
                                      static_cast<float>(x),
                                      static_cast<float>(y)};
      vector2& flow = flows[static_cast<std::size_t>(at)];
      patch_match best = match(flow);
      const auto offer = [&](std::ptrdiff_t neighbour) {
        const vector2 candidate = flows[static_cast<std::size_t>(neighbour)];
        if (candidate.x == flow.x && candidate.y == flow.y) return;
        const patch_match found = match(candidate);
        if (found.error < best.error) {
          best = found;
          flow = candidate;
        }
      };
      if (j + to_column >= 0 && j + to_column < grid.columns) offer(at + to_column);
      if (at + to_row >= 0 && at + to_row < grid.count()) offer(at + to_row);
      flow = descend<Size>(match, flow, best, iterations / 2 + (pass == 0 ? iterations % 2 : 0));
    }
  }
}

/// Mean of the displacements of all patches over a pixel, weighted with 1 / max(1, |difference|).
template <std::ptrdiff_t Size>
void densify(const flow_level& here, const flow_level& there, const std::vector<vector2>& flows,
             padded_plane& u, padded_plane& v, padded_plane& weight) {
  using row_type = floats<patch_lanes<Size>>;
  for (padded_plane* plane : {&u, &v, &weight})
    *plane = padded_plane(here.picture.height, here.picture.width);
  const patch_grid& grid = here.grid;
  std::size_t at = 0;
  for (std::ptrdiff_t row = 0; row < grid.rows; ++row) {
    for (std::ptrdiff_t column = 0; column < grid.columns; ++column, ++at) {
      const std::ptrdiff_t y = grid.y(row), x = grid.x(column);
      const vector2 flow = flows[at];
      const sample_origin from = origin_of(there.picture, static_cast<float>(x) + flow.x,
                                           static_cast<float>(y) + flow.y, Size);
      sample_patch<Size>(from, there.picture.stride,
                         [&](std::ptrdiff_t i, std::ptrdiff_t j, const row_type& sample) {
                           const std::ptrdiff_t to = (y + i) * u.stride + x + j;
                           const row_type d = sample - load<row_type>(here.picture.row(0) + to);
                           const row_type square = d * d;
                           const row_type one = row_type{} + 1.0f;
                           const row_type w =
                               square > 1.0f ? inverse_sqrt<patch_lanes<Size>>(square) : one;
                           store(u.row(0) + to, load<row_type>(u.row(0) + to) + w * flow.x);
                           store(v.row(0) + to, load<row_type>(v.row(0) + to) + w * flow.y);
                           store(weight.row(0) + to, load<row_type>(weight.row(0) + to) + w);
                         });
    }
  }
  for (std::ptrdiff_t y = 0; y < u.height; ++y) {
    float* to_u = u.row(y);
    float* to_v = v.row(y);
    const float* w = weight.row(y);
    for (std::ptrdiff_t x = 0; x < u.width; ++x) {
      const float scale = 1.0f / w[x];
      to_u[x] *= scale;
      to_v[x] *= scale;
    }
  }
}

}  // namespace detail::dense
}  // namespace s2d::inline S2D_ABI
