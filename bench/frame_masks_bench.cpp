// Frame masks of a clip, stage by stage: a synthetic one, or the pictures of the folder in
// S2D_BENCH_CLIP. Counters are milliseconds a frame; "flow" is made once, outside the loop.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <vector>

#if __has_include(<stb_image.h>) || __has_include(<stb/stb_image.h>)
#include <s2d/io/image.hpp>
#define S2D_BENCH_PICTURES
#endif
#include <s2d/segment/motion_segmenter.hpp>

#include <benchmark/benchmark.h>

namespace {

std::vector<s2d::image> synthetic(std::size_t count) {
  std::vector<s2d::image> frames;
  for (std::size_t t = 0; t < count; ++t) {
    s2d::image frame(480, 854);
    const auto shift = static_cast<double>(t);
    for (std::ptrdiff_t y = 0; y < 480; ++y)
      for (std::ptrdiff_t x = 0; x < 854; ++x) {
        const double fy = static_cast<double>(y), fx = static_cast<double>(x);
        const double cy = fy - 240, cx = fx - 200 - 6 * shift;
        const bool in = cy * cy / 14400 + cx * cx / 6400 < 1;
        const double px = in ? cx : fx - 2 * shift;
        const double wave = std::sin(0.11 * px + 0.07 * fy) * std::cos(0.05 * px - 0.13 * fy);
        for (std::ptrdiff_t c = 0; c < 3; ++c)
          frame.row(y)[3 * x + c] = static_cast<std::uint8_t>(
              (in ? 180 - 50 * static_cast<int>(c) : 90 + 20 * static_cast<int>(c)) + 45 * wave);
      }
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::vector<s2d::image> clip() {
#ifdef S2D_BENCH_PICTURES
  if (const char* folder = std::getenv("S2D_BENCH_CLIP")) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<s2d::image> frames;
    for (const auto& file : files) frames.push_back(s2d::read_image(file));
    return frames;
  }
#endif
  return synthetic(60);
}

void frame_masks(benchmark::State& state) {
  static const std::vector<s2d::image> frames = clip();
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  static const s2d::video_flow flow = s2d::estimate_video_flow(frames);
  static const double flow_seconds = std::chrono::duration<double>(clock::now() - start).count();
  const double per_frame = 1e3 / static_cast<double>(frames.size());
  s2d::frame_masks_options options;
  options.threads = static_cast<std::size_t>(state.range(0));
  std::vector<s2d::stage_time> least;
  for (auto _ : state) {
    const s2d::frame_masks_result found = s2d::find_frame_masks(frames, flow, options);
    if (least.empty()) least = found.stages;
    for (std::size_t i = 0; i < least.size(); ++i)
      least[i].seconds = (std::min)(least[i].seconds, found.stages[i].seconds);
  }
  for (const s2d::stage_time& stage : least) state.counters[stage.name] = stage.seconds * per_frame;
  state.counters["flow"] = flow_seconds * per_frame;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames.size()));
}

void find_cuts(benchmark::State& state) {
  static const std::vector<s2d::image> frames = clip();
  for (auto _ : state) benchmark::DoNotOptimize(s2d::find_cuts(frames));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames.size()));
}

}  // namespace

BENCHMARK(frame_masks)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->MinTime(2);
BENCHMARK(find_cuts)->Unit(benchmark::kMillisecond);
