// A clip of 100 frames of 480 x 854 from pictures to objects, with the heavy steps on a device:
// flow both ways, frame masks, discovery. Time on the clock, copies included; `threads` of the
// processor for what stays there (0: all). Beside the parts the core, as core_NAME.
#include <s2d/cuda/flow_tracker.hpp>
#include <s2d/cuda/frame_masks.hpp>
#include <s2d/cuda/video_flow.hpp>

#include <cstddef>
#include <exception>
#include <vector>

#include <s2d/flow/video_flow.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/segment/frame_masks.hpp>
#include <s2d/track/flow_tracker.hpp>

#include "clip.hpp"
#include "device_bench.hpp"

namespace {

constexpr std::ptrdiff_t height = 480, width = 854;

const std::vector<s2d::image>& frames() {
  static const std::vector<s2d::image> all = [] {
    std::vector<s2d::image> made;
    for (std::int64_t t = 0; t < 100; ++t)
      made.push_back(device_bench::clip_frame(t, height, width));
    return made;
  }();
  return all;
}

/// Runs the work with a number of threads; where it needs a device, once before.
template <class Work>
void measure(benchmark::State& state, bool device, const Work& work) {
  if (device && s2d::cuda::device_count() == 0) return state.SkipWithError("no CUDA device");
  const auto threads = static_cast<std::size_t>(state.range(0));
  try {
    if (device) work(threads);
    for (auto _ : state) work(threads);
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

s2d::video_flow flow_on_device(std::size_t threads) {
  s2d::video_flow_options options;
  options.threads = threads;
  return s2d::cuda::estimate_video_flow(frames(), options);
}
s2d::video_flow flow_of_core(std::size_t threads) {
  s2d::video_flow_options options;
  options.threads = threads;
  return s2d::estimate_video_flow(frames(), options);
}
const s2d::video_flow& clip_flow() {
  static const s2d::video_flow made = flow_of_core(0);
  return made;
}
s2d::video_masks masks_on_device(const s2d::video_flow& flow, std::size_t threads) {
  s2d::frame_masks_options options;
  options.threads = threads;
  return s2d::cuda::find_frame_masks(frames(), flow, options).masks;
}
s2d::video_masks masks_of_core(const s2d::video_flow& flow, std::size_t threads) {
  s2d::frame_masks_options options;
  options.threads = threads;
  return s2d::find_frame_masks(frames(), flow, options).masks;
}
template <class Tracker>
std::size_t objects(const s2d::video_masks& masks, const Tracker& tracker, std::size_t threads) {
  s2d::discovery_options options;
  options.threads = threads;
  return s2d::discover(masks, tracker, options).objects.size();
}

void flow(benchmark::State& state) {
  measure(state, true,
          [](std::size_t threads) { benchmark::DoNotOptimize(flow_on_device(threads)); });
}
void core_flow(benchmark::State& state) {
  measure(state, false,
          [](std::size_t threads) { benchmark::DoNotOptimize(flow_of_core(threads)); });
}

void frame_masks(benchmark::State& state) {
  measure(state, true, [&](std::size_t threads) {
    benchmark::DoNotOptimize(masks_on_device(clip_flow(), threads));
  });
}
void core_frame_masks(benchmark::State& state) {
  measure(state, false, [&](std::size_t threads) {
    benchmark::DoNotOptimize(masks_of_core(clip_flow(), threads));
  });
}

void discovery(benchmark::State& state) {
  const s2d::video_masks masks = masks_of_core(clip_flow(), 0);
  measure(state, true, [&](std::size_t threads) {
    const s2d::cuda::flow_tracker tracker{clip_flow(), height, width};
    benchmark::DoNotOptimize(objects(masks, tracker, threads));
  });
}
void core_discovery(benchmark::State& state) {
  const s2d::video_masks masks = masks_of_core(clip_flow(), 0);
  measure(state, false, [&](std::size_t threads) {
    benchmark::DoNotOptimize(
        objects(masks, s2d::flow_tracker{clip_flow(), height, width}, threads));
  });
}

void all(benchmark::State& state) {
  measure(state, true, [](std::size_t threads) {
    const s2d::video_flow made = flow_on_device(threads);
    const s2d::cuda::flow_tracker tracker{made, height, width};
    benchmark::DoNotOptimize(objects(masks_on_device(made, threads), tracker, threads));
  });
}
void rows(benchmark::internal::Benchmark* set) {
  set->ArgName("threads")->Arg(0)->Arg(1)->UseRealTime();
}
BENCHMARK(flow)->Apply(rows);
BENCHMARK(frame_masks)->Apply(rows);
BENCHMARK(discovery)->Apply(rows);
BENCHMARK(all)->Apply(rows);
BENCHMARK(core_flow)->Apply(rows);
BENCHMARK(core_frame_masks)->Apply(rows);
BENCHMARK(core_discovery)->Apply(rows);

}  // namespace
