// Dense optical flow of clips both ways, beside one core of the processor in the same run. Useful
// bytes: every frame read once, every field written once. Columns: fields a second; "cores", how
// many cores would keep up; "moved", the bytes that the refinement moves as a share of the copy
// bandwidth.
#include <s2d/cuda/flow.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>
#include <tuple>
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

/// Four frames, and processor seconds of the core's flow between two, the least of some.
struct scene {
  std::vector<std::uint8_t> frames[4];
  double core_seconds = 1e9;
  scene(std::int64_t h, std::int64_t w, const s2d::flow_options& options) {
    for (std::int64_t t = 0; t < 4; ++t) frames[t] = frame_at(t, h, w);
    const s2d::plane_view<const std::uint8_t> from{frames[0].data(), h, w};
    const s2d::plane_view<const std::uint8_t> to{frames[1].data(), h, w};
    for (int i = 0; i < 5; ++i) {
      const std::clock_t begin = std::clock();
      benchmark::DoNotOptimize(s2d::estimate_flow(from, to, options));
      const auto ticks = static_cast<double>(std::clock() - begin);
      core_seconds = (std::min)(core_seconds, ticks / double{CLOCKS_PER_SEC});
    }
  }
};
const scene& scene_of(std::int64_t h, std::int64_t w, s2d::flow_preset preset) {
  static std::map<std::tuple<std::int64_t, std::int64_t, s2d::flow_preset>, scene> all;
  const std::tuple key{h, w, preset};
  const auto found = all.find(key);
  return found != all.end() ? found->second : all.try_emplace(key, h, w, preset).first->second;
}

/// Bytes that the refinement of a pair moves if no cache keeps anything from launch to launch.
double refinement_bytes(const s2d::flow_options& o, std::int64_t h, std::int64_t w) {
  const auto set = checks::flow_settings_of(o, h, w);
  double pixels = 0;
  for (int scale = set.finest; scale <= set.coarsest; ++scale)
    pixels += std::ceil(static_cast<double>(h) / (1 << scale)) *
              std::ceil(static_cast<double>(w) / (1 << scale));
  const double linearise = 16 + 52, weigh = 68, sweep = 52;
  return pixels * (linearise + set.rounds * (weigh + set.sweeps * sweep));
}

void clip(benchmark::State& state, s2d::flow_preset preset) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2), frame = h * w;
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const scene& some = scene_of(h, w, preset);
  device_buffer<std::uint8_t> frames{n * frame};
  for (std::int64_t i = 0; i < n; ++i)
    detail::copy_bytes(frames.data() + i * frame, some.frames[i % 4].data(),
                       static_cast<std::size_t>(frame), detail::copy_kind::to_device, {});
  device_buffer<float> fields{4 * (n - 1) * frame};
  const auto plane = [&](std::int64_t k) {
    return batch_view<float>{fields.data() + k * (n - 1) * frame, n - 1, h, w};
  };
  device_bench::measure(state, static_cast<double>(frames.bytes() + fields.bytes()), [&] {
    return [&] {
      estimate_clip_flow(batch_view<const std::uint8_t>{frames.data(), n, h, w},
                         {plane(0), plane(1)}, {plane(2), plane(3)}, preset);
    };
  });
  if (state.error_occurred()) return;
  const auto pairs = static_cast<double>(2 * (n - 1));
  const auto rate = [](double of_a_run) {
    return benchmark::Counter(of_a_run, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["frames"] = rate(static_cast<double>(n));
  state.counters["fields"] = rate(pairs);
  state.counters["cores"] = rate(pairs * some.core_seconds);
  state.counters["moved"] =
      rate(pairs * refinement_bytes(preset, h, w) / device_bench::copy_bandwidth());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime();
  b->Args({2, 480, 854})->Args({33, 480, 854})->Args({129, 480, 854})->Args({33, 1080, 1920});
}
BENCHMARK_CAPTURE(clip, fast, s2d::flow_preset::fast)->Apply(sizes);
BENCHMARK_CAPTURE(clip, medium, s2d::flow_preset::medium)->Apply(sizes);

}  // namespace
