// Dense optical flow of many pairs beside one core of the processor in the same run: column
// "cores" is how many of its cores would keep up. Useful bytes: the frames once,
// the fields once; bytes that the method moves stand in docs/cuda_flow.md.
#include <s2d/cuda/flow.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <vector>

#include <s2d/flow/estimate.hpp>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

// Waves of many directions; each half moves its own way.
std::vector<std::uint8_t> frame_at(std::int64_t t, std::int64_t h, std::int64_t w) {
  std::vector<std::uint8_t> out;
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t x = 0; x < w; ++x) {
      const bool left = x < w / 2;
      const auto time = static_cast<double>(t);
      const double px = static_cast<double>(x) - time * (left ? 3 : -2);
      const double py = static_cast<double>(y) - time * (left ? 1 : 2);
      double sum = 128;
      for (int k = 1; k < 9; ++k)
        sum += 14 * std::sin(0.09 * k * (px * std::cos(k * k) + py * std::sin(k * k)) + k);
      out.push_back(static_cast<std::uint8_t>(std::fmin(std::fmax(sum, 0), 255)));
    }
  return out;
}

/// Processor seconds of one pair, the least of some.
double core_seconds(const std::vector<std::uint8_t>& from, const std::vector<std::uint8_t>& to,
                    std::int64_t h, std::int64_t w, const s2d::flow_options& options) {
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    const std::clock_t begin = std::clock();
    benchmark::DoNotOptimize(
        s2d::estimate_flow(s2d::plane_view<const std::uint8_t>{from.data(), h, w},
                           s2d::plane_view<const std::uint8_t>{to.data(), h, w}, options));
    least = (std::min)(least, static_cast<double>(std::clock() - begin) / double{CLOCKS_PER_SEC});
  }
  return least;
}

void clip(benchmark::State& state, s2d::flow_preset preset) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2), frame = h * w;
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const s2d::flow_options options{preset};
  const auto some = [&] {
    std::vector<std::vector<std::uint8_t>> frames;
    for (std::int64_t t = 0; t < 4; ++t) frames.push_back(frame_at(t, h, w));
    return frames;
  }();
  device_buffer<std::uint8_t> frames{n * frame};
  for (std::int64_t i = 0; i < n; ++i)
    detail::copy_bytes(frames.data() + i * frame, some[static_cast<std::size_t>(i % 4)].data(),
                       static_cast<std::size_t>(frame), detail::copy_kind::to_device, {});
  device_buffer<float> fields{4 * (n - 1) * frame};
  const auto plane = [&](std::int64_t k) {
    return batch_view<float>{fields.data() + k * (n - 1) * frame, n - 1, h, w};
  };
  const auto pairs = static_cast<double>(2 * (n - 1));
  device_bench::measure(state, static_cast<double>(frames.bytes() + fields.bytes()), [&] {
    return [&] {
      estimate_clip_flow(batch_view<const std::uint8_t>{frames.data(), n, h, w},
                         {plane(0), plane(1)}, {plane(2), plane(3)}, options);
    };
  });
  const double of_core = core_seconds(some[0], some[1], h, w, options);
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["frames"] = benchmark::Counter(static_cast<double>(n), rate);
  state.counters["fields"] = benchmark::Counter(pairs, rate);
  state.counters["cores"] = benchmark::Counter(pairs * of_core, rate);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime();
  b->Args({2, 480, 854})->Args({33, 480, 854})->Args({129, 480, 854})->Args({33, 1080, 1920});
}
BENCHMARK_CAPTURE(clip, fast, s2d::flow_preset::fast)->Apply(sizes);
BENCHMARK_CAPTURE(clip, medium, s2d::flow_preset::medium)->Apply(sizes);

}  // namespace
