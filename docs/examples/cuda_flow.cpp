// The flow of a short clip on the device, both ways.
#include <cmath>
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/flow.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  const std::int64_t n = 3, height = 120, width = 160, fields = n - 1;
  std::vector<std::uint8_t> pixels;  // waves that move by (2, 1) a frame
  for (int t = 0; t < n; ++t)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        pixels.push_back(static_cast<std::uint8_t>(128 + 60 * std::sin(0.2 * (x - 2 * t)) +
                                                   50 * std::sin(0.15 * (y - t))));

  const auto frames = to_device(pixels);
  device_buffer<float> u{2 * fields * height * width}, v{2 * fields * height * width};
  const auto half = [&](float* from, std::int64_t k) {
    return batch_view<float>{from + k * fields * height * width, fields, height, width};
  };
  estimate_clip_flow({frames.data(), n, height, width}, {half(u.data(), 0), half(v.data(), 0)},
                     {half(u.data(), 1), half(v.data(), 1)});
  const auto found_u = to_host(u), found_v = to_host(v);
  const std::size_t centre = 60 * 160 + 80;
  std::printf("forward (%.1f, %.1f)\n", static_cast<double>(found_u[centre]),
              static_cast<double>(found_v[centre]));
  return std::fabs(found_u[centre] - 2) < 0.3f && std::fabs(found_v[centre] - 1) < 0.3f ? 0 : 1;
}
