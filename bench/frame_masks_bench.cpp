// Frame masks of a clip, stage by stage: a synthetic one, or the pictures of the folder in
// S2D_BENCH_CLIP. Counters are milliseconds a frame; "flow" is made once, outside the loop.
// device_twins: the parts of the stages that have a twin in cuda/, on the processor.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <utility>
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

std::vector<s2d::image> read_clip() {
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

using benchmark_clock = std::chrono::steady_clock;

double seconds_since(benchmark_clock::time_point start) {
  return std::chrono::duration<double>(benchmark_clock::now() - start).count();
}

const std::vector<s2d::image>& clip_frames() {
  static const std::vector<s2d::image> frames = read_clip();
  return frames;
}

struct timed_flow {
  s2d::video_flow flow;
  double seconds;
};
const timed_flow& clip_flow() {
  static const timed_flow made = [] {
    const auto start = benchmark_clock::now();
    s2d::video_flow flow = s2d::estimate_video_flow(clip_frames());
    return timed_flow{std::move(flow), seconds_since(start)};
  }();
  return made;
}

void frame_masks(benchmark::State& state) {
  const std::vector<s2d::image>& frames = clip_frames();
  const s2d::video_flow& flow = clip_flow().flow;
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
  state.counters["flow"] = clip_flow().seconds * per_frame;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames.size()));
}

/// Colours and superpixels, diffusion on the graph of the clip, pixels of values that are the share
/// of a superpixel in the masks of its frame.
void device_twins(benchmark::State& state) {
  const std::vector<s2d::image>& frames = clip_frames();
  const s2d::video_flow& flow = clip_flow().flow;
  const s2d::frame_masks_options options;
  const s2d::detail::work_grid size(frames[0], options.longer_side);
  const s2d::frame_masks_result found = s2d::find_frame_masks(frames, flow, options);
  std::vector<s2d::image> pictures;
  std::vector<s2d::motion_cells> cells;
  std::vector<std::vector<float>> values;
  std::vector<float> seeds;
  for (std::size_t t = 0; t < frames.size(); ++t) {
    pictures.push_back(size.picture(frames[t]));
    cells.push_back(s2d::describe_cells(s2d::to_lab(pictures[t]), size.flow(flow.forward[t]),
                                        size.flow(flow.backward[t]), options.cells,
                                        options.context_sigma));
    const s2d::superpixels& grid = cells[t].grid;
    std::vector<float>& share = values.emplace_back(grid.l.size());
    for (const s2d::frame_mask& object : found.masks[t]) {
      const s2d::matrix<float> in = s2d::detail::coverage(object.mask, size.height, size.width);
      for (std::size_t p = 0; p < in.values.size(); ++p) {
        const auto k = static_cast<std::size_t>(grid.labels.values[p]);
        share[k] += in.values[p] / static_cast<float>(grid.count[k]);
      }
    }
    seeds.insert(seeds.end(), share.begin(), share.end());
  }
  const s2d::sparse_graph graph =
      s2d::link_superpixels(cells, size.height, size.width, options.graph);
  constexpr float levels[3] = {0.38F, 0.5F, 0.62F};
  double least[3] = {1e9, 1e9, 1e9};
  const auto measure = [&](int part, const auto& work) {
    const auto begin = benchmark_clock::now();
    work();
    least[part] = (std::min)(least[part], seconds_since(begin));
  };
  for (auto _ : state) {
    measure(0, [&] {
      for (const s2d::image& picture : pictures)
        benchmark::DoNotOptimize(s2d::slic(s2d::to_lab(picture), options.cells));
    });
    measure(1, [&] { benchmark::DoNotOptimize(s2d::diffuse(graph, seeds, options.diffusion)); });
    measure(2, [&] {
      for (std::size_t t = 0; t < frames.size(); ++t)
        benchmark::DoNotOptimize(
            s2d::threshold_pixels(frames[t], cells[t].grid, values[t], levels, options.pixels));
    });
  }
  const double per_frame = 1e3 / static_cast<double>(frames.size());
  state.counters["superpixels"] = least[0] * per_frame;
  state.counters["diffusion"] = least[1] * per_frame;
  state.counters["pixels"] = least[2] * per_frame;
}

void find_cuts(benchmark::State& state) {
  const std::vector<s2d::image>& frames = clip_frames();
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
BENCHMARK(device_twins)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK(find_cuts)->Unit(benchmark::kMillisecond);
