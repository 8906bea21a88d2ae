// The device twins of the frame segmenter's hot parts at the sizes of a clip of 100 frames of
// 480 x 854, decided on 120 x 214; beside each the core on one thread, as core_NAME, for one frame.
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/slic.hpp>

#include <cmath>
#include <vector>

#include <s2d/core/image.hpp>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

constexpr std::int64_t frames = 100, small_height = 120, small_width = 214;

/// Waves of colour around a disk of another one that moves.
s2d::image picture(std::int64_t t, std::int64_t h, std::int64_t w) {
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

struct rgb_memory {
  std::int64_t h, w;
  device_buffer<std::uint8_t> bytes;
  rgb_memory(std::int64_t height, std::int64_t width) : h{height}, w{width} {
    std::vector<std::uint8_t> all;
    for (std::int64_t t = 0; t < frames; ++t) {
      const s2d::image one = picture(t, h, w);
      all.insert(all.end(), one.values.begin(), one.values.end());
    }
    bytes = to_device(all);
  }
  [[nodiscard]] rgb_batch view() const {
    return rgb_batch::interleaved(bytes.data(), frames, h, w);
  }
};

void to_lab(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const rgb_memory rgb{480, 854};
  device_buffer<float> out{3 * frames * 480 * 854};
  device_bench::measure(state, static_cast<double>(rgb.bytes.bytes() + out.bytes()), [&] {
    return [&] { s2d::cuda::to_lab(rgb.view(), lab_batch::planes(out.data(), frames, 480, 854)); };
  });
}
BENCHMARK(to_lab)->UseManualTime();

void core_to_lab(benchmark::State& state) {
  const s2d::image rgb = picture(0, 480, 854);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::to_lab(rgb));
}
BENCHMARK(core_to_lab);

/// Useful bytes: colours once, labels and means once; the passes of five iterations move ten times
/// as much.
void slic(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const rgb_memory rgb{small_height, small_width};
  device_buffer<float> lab{3 * frames * small_height * small_width};
  const auto planes = lab_batch::planes(lab.data(), frames, small_height, small_width);
  s2d::cuda::to_lab(rgb.view(), planes);
  const auto result = s2d::cuda::slic(planes);
  device_bench::measure(
      state, static_cast<double>(lab.bytes() + result.labels.bytes() + result.items.bytes()),
      [&] { return [&] { benchmark::DoNotOptimize(s2d::cuda::slic(planes)); }; });
}
BENCHMARK(slic)->UseManualTime();

void core_slic(benchmark::State& state) {
  const s2d::lab_image lab = s2d::to_lab(picture(0, small_height, small_width));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::slic(lab));
}
BENCHMARK(core_slic);

}  // namespace
