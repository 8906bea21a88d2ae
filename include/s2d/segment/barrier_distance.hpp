// Minimum barrier distance to the border of a grid.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI {

struct barrier_options {
  int passes = 3;  ///< raster scans, forward and backward by turns, > 0
};

namespace detail {

/// Lets `cell` be reached from its neighbour `from` if that costs less than what it has.
/// Channels lie beside each other: value, low and high are [cells, channels].
template <int Channels>
inline void barrier_step(std::ptrdiff_t cell, std::ptrdiff_t from, int channels, const float* value,
                         float* low, float* high, float* distance) noexcept {
  const std::ptrdiff_t n = Channels > 0 ? Channels : channels;
  if (distance[from] == (std::numeric_limits<float>::max)()) return;
  const float* x = value + cell * n;
  const float* from_low = low + from * n;
  const float* from_high = high + from * n;
  float cost = 0;
  for (std::ptrdiff_t c = 0; c < n; ++c)
    cost += (from_high[c] < x[c] ? x[c] : from_high[c]) - (x[c] < from_low[c] ? x[c] : from_low[c]);
  if (!(cost < distance[cell])) return;
  distance[cell] = cost;
  for (std::ptrdiff_t c = 0; c < n; ++c) {
    low[cell * n + c] = x[c] < from_low[c] ? x[c] : from_low[c];
    high[cell * n + c] = from_high[c] < x[c] ? x[c] : from_high[c];
  }
}

template <int Channels>
void barrier_passes(std::ptrdiff_t height, std::ptrdiff_t width, int channels, int passes,
                    const float* value, float* low, float* high, float* distance) noexcept {
  for (int pass = 0; pass < passes; ++pass) {
    const bool forward = pass % 2 == 0;
    const std::ptrdiff_t step = forward ? 1 : -1;
    for (std::ptrdiff_t i = 0; i < height; ++i) {
      const std::ptrdiff_t y = forward ? i : height - 1 - i;
      const bool above = y - step >= 0 && y - step < height;
      for (std::ptrdiff_t j = 0; j < width; ++j) {
        const std::ptrdiff_t x = forward ? j : width - 1 - j;
        const std::ptrdiff_t cell = y * width + x;
        if (above)
          barrier_step<Channels>(cell, cell - step * width, channels, value, low, high, distance);
        if (x - step >= 0 && x - step < width)
          barrier_step<Channels>(cell, cell - step, channels, value, low, high, distance);
      }
    }
  }
}

}  // namespace detail

/// How high a barrier stands between a cell and the border of the grid: the least cost of a
/// 4-connected path to a border cell, where a path costs the sum over the channels of its largest
/// minus its smallest value. Border cells have 0. Islands that differ from everything around them
/// keep their height; values that vary slowly towards the border vanish.
///
/// The raster scans keep one path a cell, so the result is an upper bound of the exact distance and
/// never rises with more passes; three are enough for nearly convex islands.
///
/// @param channels  planes of one size [height, width], finite values; at least one
/// @return [height, width] distances >= 0
/// @throws invalid_input if there is no channel, sizes differ or passes < 1
/// Complexity: O(passes * cells * channels). Ties keep the path found first.
/// Source: Strand et al. 2013 (distance); raster scans as Zhang et al. 2015.
[[nodiscard]] inline matrix<float> barrier_distance(
    std::span<const plane_view<const float>> channels, const barrier_options& options = {}) {
  require(!channels.empty(), "barrier_distance: no channels, expected at least one");
  require(options.passes > 0, "barrier_distance: passes is ", options.passes, ", expected > 0");
  for (const auto& plane : channels)
    detail::require_same_size("barrier_distance", channels[0], plane);
  const std::ptrdiff_t height = channels[0].height;
  const std::ptrdiff_t width = channels[0].width;
  const auto n = static_cast<std::ptrdiff_t>(channels.size());

  std::vector<float> value(static_cast<std::size_t>(height * width * n));
  for (std::ptrdiff_t c = 0; c < n; ++c)
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x)
        value[static_cast<std::size_t>((y * width + x) * n + c)] =
            channels[static_cast<std::size_t>(c)](y, x);
  std::vector<float> low = value;
  std::vector<float> high = value;
  matrix<float> distance(height, width, (std::numeric_limits<float>::max)());
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x)
      if (y == 0 || x == 0 || y == height - 1 || x == width - 1) distance(y, x) = 0;

  const auto run = [&]<int Channels>() {
    detail::barrier_passes<Channels>(height, width, static_cast<int>(n), options.passes,
                                     value.data(), low.data(), high.data(), distance.data());
  };
  if (n == 1)
    run.template operator()<1>();
  else if (n == 2)
    run.template operator()<2>();
  else if (n == 3)
    run.template operator()<3>();
  else
    run.template operator()<0>();
  return distance;
}

/// The same for a single plane.
[[nodiscard]] inline matrix<float> barrier_distance(plane_view<const float> plane,
                                                    const barrier_options& options = {}) {
  return barrier_distance(std::span<const plane_view<const float>>{&plane, 1}, options);
}

}  // namespace s2d::inline S2D_ABI
