// The clip that benchmarks of frame masks share: waves of colour around a disk of another one that
// moves.
#pragma once

#include <cmath>
#include <cstdint>

#include <s2d/core/image.hpp>

namespace device_bench {

/// Frame t of at most 100.
inline s2d::image clip_frame(std::int64_t t, std::int64_t h, std::int64_t w) {
  s2d::image rgb(h, w);
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t x = 0; x < w; ++x) {
      const double v = 480.0 * static_cast<double>(y) / static_cast<double>(h);
      const double u = 854.0 * static_cast<double>(x) / static_cast<double>(w);
      const double cy = v - 240, cx = u - 200 - 4 * static_cast<double>(t % 100);
      const bool in = cy * cy + cx * cx < 120 * 120;
      const double wave = 45 * std::sin(0.11 * u + 0.07 * v) * std::cos(0.05 * u - 0.13 * v);
      for (std::int64_t c = 0; c < 3; ++c)
        rgb.row(y)[3 * x + c] = static_cast<std::uint8_t>(
            (in ? 180 - 50 * static_cast<double>(c) : 90 + 20 * static_cast<double>(c)) + wave);
    }
  return rgb;
}

}  // namespace device_bench
