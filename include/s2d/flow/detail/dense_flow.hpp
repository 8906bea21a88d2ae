// Coarse-to-fine flow between two pyramids.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/flow/detail/patch_search.hpp>
#include <s2d/flow/detail/refine.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::dense {

struct dense_flow_settings {
  int finest = 1;
  int search_iterations = 25;
  int refine_rounds = 5;
  refine_weights weights;
};

/// Memory that calls of dense_flow use one after another.
struct flow_scratch {
  struct level {
    std::vector<vector2> patches;
    padded_plane u, v, weight;
    refine_scratch refining;
  };
  std::vector<level> levels;
};

/// Patches of a level begin at the flow of the next coarser one, read at their centres.
inline void start_patches(const patch_grid& grid, std::ptrdiff_t size, const padded_plane& u,
                          const padded_plane& v, std::vector<vector2>& flows) {
  std::size_t at = 0;
  for (std::ptrdiff_t i = 0; i < grid.rows; ++i) {
    for (std::ptrdiff_t j = 0; j < grid.columns; ++j, ++at) {
      const float y =
          0.5f * (static_cast<float>(grid.y(i)) + 0.5f * static_cast<float>(size)) - 0.5f;
      const float x =
          0.5f * (static_cast<float>(grid.x(j)) + 0.5f * static_cast<float>(size)) - 0.5f;
      const auto iy = static_cast<std::ptrdiff_t>(y), ix = static_cast<std::ptrdiff_t>(x);
      const float fy = y - static_cast<float>(iy), fx = x - static_cast<float>(ix);
      const auto read = [&](const padded_plane& plane) {
        const float* a = plane.row(iy) + ix;
        const float* b = plane.row(iy + 1) + ix;
        const float top = a[0] + fx * (a[1] - a[0]);
        const float bottom = b[0] + fx * (b[1] - b[0]);
        return 2.0f * (top + fy * (bottom - top));
      };
      flows[at] = {read(u), read(v)};
    }
  }
}

/// Bilinear interpolation of the finest field to the frame: positions and values grow by 2^scale.
inline void enlarge_rows(const padded_plane& plane, int scale, matrix<float>& out) {
  const auto factor = static_cast<float>(1 << scale);
  const std::ptrdiff_t period = std::ptrdiff_t{1} << scale;
  std::vector<float> line(static_cast<std::size_t>(plane.width + 2));
  float* middle = line.data() + 1;
  for (std::ptrdiff_t y = 0; y < out.height; ++y) {
    // Source row of this one, in 1 / (2 period) rows.
    const std::ptrdiff_t at = 2 * y + 1 - period + 2 * period;
    const std::ptrdiff_t row = at / (2 * period) - 1;
    const float part = static_cast<float>(at % (2 * period)) / static_cast<float>(2 * period);
    const float* a = plane.row(row);
    const float* b = plane.row(row + 1);
    for (std::ptrdiff_t x = -1; x <= plane.width; ++x)
      middle[x] = factor * (a[x] + part * (b[x] - a[x]));
    float* to = out.row(y);
    for (std::ptrdiff_t phase = 0; phase < period; ++phase) {
      const std::ptrdiff_t begin = 2 * phase + 1 - period + 2 * period;
      const std::ptrdiff_t shift = begin / (2 * period) - 1;
      const float weight =
          static_cast<float>(begin % (2 * period)) / static_cast<float>(2 * period);
      const float* from = middle + shift;
      const std::ptrdiff_t count = (out.width - phase + period - 1) / period;
      for (std::ptrdiff_t k = 0; k < count; ++k)
        to[k * period + phase] = from[k] + weight * (from[k + 1] - from[k]);
    }
  }
}

template <std::ptrdiff_t Size>
flow_field dense_flow(const flow_pyramid& from, const flow_pyramid& to,
                      const dense_flow_settings& settings, flow_scratch& scratch) {
  flow_field out(from.height, from.width);
  const std::size_t count = from.levels.size();
  scratch.levels.resize(count);
  for (std::size_t n = count; n-- > 0;) {
    const flow_level& here = from.levels[n];
    const flow_level& there = to.levels[n];
    flow_scratch::level& work = scratch.levels[n];
    work.patches.assign(here.tensors.size(), vector2{});
    if (n + 1 < count) {
      const flow_scratch::level& coarser = scratch.levels[n + 1];
      start_patches(here.grid, Size, coarser.u, coarser.v, work.patches);
    }
    search_patches<Size>(here, there, settings.search_iterations, work.patches);
    densify<Size>(here, there, work.patches, work.u, work.v, work.weight);
    refine(here.picture, there.picture, settings.weights, settings.refine_rounds, work.u, work.v,
           work.refining);
    work.u.fill_margin();
    work.v.fill_margin();
  }
  enlarge_rows(scratch.levels[0].u, settings.finest, out.u);
  enlarge_rows(scratch.levels[0].v, settings.finest, out.v);
  return out;
}

}  // namespace detail::dense
}  // namespace s2d::inline S2D_ABI
