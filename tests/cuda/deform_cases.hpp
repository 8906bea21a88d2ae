// Deformable attention and its gradients by the formula, in double; random cases, which have to
// agree with it on the processor and on a device. Side: where they are computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/ms_deform_attn_types.hpp>

#include "support/catch.hpp"

namespace support {

template <class T>
struct deform_case {
  s2d::cuda::deform_shape shape;
  std::vector<T> value, location, attention, grad_out;

  deform_case(std::mt19937& random, std::int64_t batch, std::int64_t heads, std::int64_t channels,
              std::int64_t queries, std::int64_t points,
              const std::vector<s2d::cuda::deform_level>& levels) {
    shape = {batch, 0, heads, channels, queries, points, 0, {}};
    for (const auto& level : levels) {
      shape.levels[shape.level_count++] = level;
      shape.tokens += level.height * level.width;
    }
    const std::int64_t samples = shape.items() * shape.level_count * points;
    const auto fill = [&](std::vector<T>& to, std::int64_t n, float low, float high) {
      std::uniform_real_distribution<float> draw{low, high};
      for (std::int64_t i = 0; i < n; ++i) to.push_back(s2d::cuda::from_float<T>(draw(random)));
    };
    fill(value, batch * shape.tokens * heads * channels, -1, 1);
    fill(location, 2 * samples, -0.3f, 1.3f);
    fill(attention, samples, 0, 0.3f);
    fill(grad_out, shape.items() * channels, -1, 1);
  }
};

struct deform_results {
  std::vector<double> out, value, location, attention;
};

template <class T>
deform_results deform_reference(const deform_case<T>& c) {
  const auto& s = c.shape;
  const auto at = [](const std::vector<T>& from, std::int64_t i) {
    return static_cast<double>(s2d::cuda::to_float(from[static_cast<std::size_t>(i)]));
  };
  deform_results r{std::vector<double>(c.grad_out.size()), std::vector<double>(c.value.size()),
                   std::vector<double>(c.location.size()), std::vector<double>(c.attention.size())};
  std::int64_t sample = 0;
  for (std::int64_t item = 0; item < s.items(); ++item) {
    const std::int64_t n = item / s.heads / s.queries, m = item % s.heads;
    std::int64_t first = 0;
    for (int l = 0; l < s.level_count; ++l) {
      const auto height = static_cast<double>(s.levels[l].height);
      const auto width = static_cast<double>(s.levels[l].width);
      for (std::int64_t p = 0; p < s.points; ++p, ++sample) {
        // In float, as every implementation places its points.
        const float x = s2d::cuda::to_float(c.location[static_cast<std::size_t>(2 * sample)]);
        const float y = s2d::cuda::to_float(c.location[static_cast<std::size_t>(2 * sample + 1)]);
        const double px = static_cast<double>(x * static_cast<float>(width) - 0.5f);
        const double py = static_cast<double>(y * static_cast<float>(height) - 0.5f);
        if (!(px > -1 && py > -1 && px < width && py < height)) continue;
        const double a = at(c.attention, sample);
        for (int k = 0; k < 4; ++k) {
          const double tx = std::floor(px) + k % 2, ty = std::floor(py) + k / 2;
          if (tx < 0 || ty < 0 || tx >= width || ty >= height) continue;
          const double wx = 1 - std::abs(px - tx), wy = 1 - std::abs(py - ty);
          const double sx = k % 2 == 0 ? -1 : 1, sy = k / 2 == 0 ? -1 : 1;
          const std::int64_t token = first + static_cast<std::int64_t>(ty * width + tx);
          for (std::int64_t d = 0; d < s.channels; ++d) {
            const std::int64_t from = ((n * s.tokens + token) * s.heads + m) * s.channels + d;
            const std::int64_t to = item * s.channels + d;
            const double v = at(c.value, from), g = at(c.grad_out, to);
            r.out[static_cast<std::size_t>(to)] += a * wx * wy * v;
            r.value[static_cast<std::size_t>(from)] += a * wx * wy * g;
            r.attention[static_cast<std::size_t>(sample)] += wx * wy * v * g;
            r.location[static_cast<std::size_t>(2 * sample)] += a * width * sx * wy * v * g;
            r.location[static_cast<std::size_t>(2 * sample + 1)] += a * height * sy * wx * v * g;
          }
        }
      }
      first += s.levels[l].height * s.levels[l].width;
    }
  }
  return r;
}

/// The largest difference, relative to the largest expected value (1 at least).
template <class T>
double worst_of(const std::vector<T>& found, const std::vector<double>& expected) {
  double worst = found.size() == expected.size() ? 0 : 1e9, largest = 1;
  for (const double value : expected) largest = (std::max)(largest, std::abs(value));
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference =
        std::abs(static_cast<double>(s2d::cuda::to_float(found[i])) - expected[i]);
    if (std::isnan(difference)) return difference;
    worst = (std::max)(worst, difference);
  }
  return worst / largest;
}

template <class T>
struct deform_gradients {
  std::vector<T> value, location, attention;
};

/// Both sides from the same numbers, so that only the sums differ.
template <class Side, class T>
void check_deform(const deform_case<T>& c, double tolerance) {
  const auto expected = deform_reference(c);
  CHECK(worst_of(Side::forward(c), expected.out) <= tolerance);
  for (const bool deterministic : {false, true}) {
    CAPTURE(deterministic);
    const deform_gradients<T> found = Side::backward(c, deterministic);
    CHECK(worst_of(found.value, expected.value) <= tolerance);
    CHECK(worst_of(found.location, expected.location) <= tolerance);
    CHECK(worst_of(found.attention, expected.attention) <= tolerance);
  }
}

template <class Side, class T>
void check_deform_channels(std::int64_t queries) {
  std::mt19937 random{1};
  const double tolerance = sizeof(T) == 4                          ? 3e-6
                           : std::is_same_v<T, s2d::cuda::float16> ? 2e-3
                                                                   : 1.6e-2;
  for (const std::int64_t channels : {1, 3, 8, 16, 20, 32, 33, 64}) {
    CAPTURE(channels);
    check_deform<Side>(deform_case<T>{random, 2, 2, channels, queries, 2, {{4, 5}, {1, 3}, {1, 1}}},
                       tolerance);
  }
}

/// No batch, queries, points or levels; points that are no number, or far outside.
template <class Side>
void check_deform_edges() {
  std::mt19937 random{2};
  check_deform<Side>(deform_case<float>{random, 0, 2, 4, 3, 1, {{3, 3}}}, 0);
  check_deform<Side>(deform_case<float>{random, 1, 2, 4, 0, 2, {{3, 3}}}, 0);
  check_deform<Side>(deform_case<float>{random, 1, 2, 4, 3, 0, {{3, 3}}}, 0);
  check_deform<Side>(deform_case<float>{random, 1, 2, 4, 3, 1, {}}, 0);
  check_deform<Side>(deform_case<float>{random, 1, 1, 1, 1, 1, {{1, 1}}}, 1e-6);
  deform_case<float> c{random, 1, 1, 8, 4, 2, {{3, 4}}};
  c.location[0] = std::numeric_limits<float>::quiet_NaN();
  c.location[3] = std::numeric_limits<float>::infinity();
  c.location[4] = -1e30f;
  check_deform<Side>(c, 1e-5);
}

/// The same bits in every run; nothing finite where something is not.
template <class Side>
void check_exact_deform(std::int64_t queries, int rounds) {
  std::mt19937 random{4};
  deform_case<float> c{random, 1, 1, 8, queries, 2, {{2, 2}}};
  const auto first = Side::backward(c, true).value;
  for (int round = 1; round < rounds; ++round) CHECK(Side::backward(c, true).value == first);
  c.grad_out[0] = std::numeric_limits<float>::infinity();
  for (const float value : Side::backward(c, true).value) CHECK(std::isnan(value));
}

}  // namespace support
