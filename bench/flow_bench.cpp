// Flow of frame pairs and of videos, in pixels a second; bench/peers/flow_peers.py does the pairs
// with OpenCV's DIS on the same pictures.
#include <cmath>
#include <vector>

#include <s2d/flow/consistency.hpp>
#include <s2d/flow/video_flow.hpp>

#include <benchmark/benchmark.h>

namespace {

// Waves of many directions; the left half moves by (3, 1) pixels a frame, the right by (-2, 2).
s2d::image frame_at(int t, std::ptrdiff_t h, std::ptrdiff_t w) {
  s2d::image out(h, w);
  for (std::ptrdiff_t y = 0; y < h; ++y) {
    for (std::ptrdiff_t x = 0; x < w; ++x) {
      const bool left = x < w / 2;
      const double px = double(x) - t * (left ? 3 : -2), py = double(y) - t * (left ? 1 : 2);
      double sum = 128;
      for (int k = 1; k < 9; ++k)
        sum += 14 * std::sin(0.09 * k * (px * std::cos(k * k) + py * std::sin(k * k)) + k);
      for (int c = 0; c < 3; ++c)
        out.row(y)[3 * x + c] = static_cast<std::uint8_t>(std::fmin(std::fmax(sum, 0), 255));
    }
  }
  return out;
}

void items(benchmark::State& state, std::ptrdiff_t pixels) {
  state.SetItemsProcessed(state.iterations() * pixels);
}

/// One pair from the frames on: pyramids and all.
void pair(benchmark::State& state, s2d::flow_preset preset) {
  const std::ptrdiff_t h = state.range(0), w = state.range(1);
  const auto from = s2d::to_gray(frame_at(0, h, w)), to = s2d::to_gray(frame_at(1, h, w));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::estimate_flow(from, to, preset));
  items(state, h * w);
}
BENCHMARK_CAPTURE(pair, fast, s2d::flow_preset::fast)
    ->Args({240, 428})
    ->Args({480, 854})
    ->Args({1080, 1920})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pair, medium, s2d::flow_preset::medium)
    ->Args({240, 428})
    ->Args({480, 854})
    ->Args({1080, 1920})
    ->Unit(benchmark::kMillisecond);

/// Frames of 480 x 854 through a stream: colour to gray, grid of 240 x 428, both directions.
void stream(benchmark::State& state, s2d::flow_preset preset) {
  std::vector<s2d::image> frames;
  for (int t = 0; t < 8; ++t) frames.push_back(frame_at(t, 480, 854));
  s2d::video_flow_options options;
  options.flow = preset;
  s2d::flow_stream flow{options};
  std::size_t t = 0;
  for (auto _ : state) benchmark::DoNotOptimize(flow.next(frames[t++ % frames.size()]));
  items(state, 480 * 854);
}
BENCHMARK_CAPTURE(stream, fast, s2d::flow_preset::fast)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream, medium, s2d::flow_preset::medium)->Unit(benchmark::kMillisecond);

void consistency(benchmark::State& state) {
  const std::ptrdiff_t h = state.range(0), w = state.range(1);
  s2d::flow_field forward(h, w), backward(h, w);
  for (std::ptrdiff_t y = 0; y < h; ++y)
    for (std::ptrdiff_t x = 0; x < w; ++x) {
      forward.u(y, x) = 6 * std::sin(0.01f * float(x));
      backward.u(y, x) = -6 * std::sin(0.01f * float(x));
      forward.v(y, x) = 1.3f;
      backward.v(y, x) = -1.2f;
    }
  for (auto _ : state) benchmark::DoNotOptimize(s2d::consistent_pixels(forward, backward));
  items(state, h * w);
}
BENCHMARK(consistency)->Args({240, 428})->Args({1080, 1920})->Unit(benchmark::kMicrosecond);

}  // namespace
