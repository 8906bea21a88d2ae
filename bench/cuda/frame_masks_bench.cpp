// The device twins of the frame segmenter's hot parts at the sizes of a clip of 100 frames of
// 480 x 854, decided on 120 x 214; beside each the core on one thread, as core_NAME: of pictures
// one frame.
#include <s2d/cuda/diffusion.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/pixels.hpp>
#include <s2d/cuda/slic.hpp>

#include <random>
#include <utility>
#include <vector>

#include <s2d/core/image.hpp>

#include "clip.hpp"
#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

constexpr std::int64_t frames = 100, small_height = 120, small_width = 214;

using device_bench::clip_frame;

struct rgb_memory {
  std::int64_t h, w;
  device_buffer<std::uint8_t> bytes;
  rgb_memory(std::int64_t height, std::int64_t width) : h{height}, w{width} {
    std::vector<std::uint8_t> all;
    for (std::int64_t t = 0; t < frames; ++t) {
      const s2d::image one = clip_frame(t, h, w);
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
  const s2d::image rgb = clip_frame(0, 480, 854);
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
  const s2d::lab_image lab = s2d::to_lab(clip_frame(0, small_height, small_width));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::slic(lab));
}
BENCHMARK(core_slic);

/// 37 edges a node, as the graph of a clip has: 8 in its own frame, 15 in the frames beside, 14
/// anywhere.
s2d::sparse_graph clip_graph() {
  constexpr std::int64_t per_frame = 20 * 36, nodes = frames * per_frame;
  std::mt19937 random{1};
  s2d::sparse_graph graph;
  for (std::int64_t i = 0; i < nodes; ++i) {
    for (std::int64_t e = 0; e < 37; ++e) {
      const auto step = static_cast<std::int64_t>(random() % 5) - 2 +
                        36 * (static_cast<std::int64_t>(random() % 5) - 2);
      const std::int64_t to = e < 8    ? i + step
                              : e < 23 ? i + step + (e % 2 == 0 ? per_frame : -per_frame)
                                       : static_cast<std::int64_t>(random());
      graph.to.push_back(static_cast<std::int32_t>((to + nodes) % nodes));
      graph.weight.push_back(static_cast<float>(random() % 1000 + 1));
    }
    graph.begin.push_back(graph.to.size());
  }
  return s2d::normalize_rows(std::move(graph));
}
std::vector<float> some_seeds(std::size_t nodes) {
  std::vector<float> seeds(nodes);
  for (std::size_t i = 0; i < nodes; i += 7) seeds[i] = 1;
  return seeds;
}

/// Useful bytes: those of the graph and the values for each of the 60 steps, of which the second
/// cache of a large card may hold most.
void diffuse(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const s2d::sparse_graph graph = clip_graph();
  const device_graph memory = to_device(graph);
  const auto seeds = to_device(some_seeds(graph.nodes()));
  device_buffer<float> out{seeds.size()};
  const double step =
      static_cast<double>(8 * graph.edges() + 8 * graph.nodes() + 3 * seeds.bytes());
  device_bench::measure(state, 60 * step, [&] {
    return [&] { s2d::cuda::diffuse(memory.view(), seeds.data(), out.data()); };
  });
}
BENCHMARK(diffuse)->UseManualTime();

void core_diffuse(benchmark::State& state) {
  const s2d::sparse_graph graph = clip_graph();
  const std::vector<float> seeds = some_seeds(graph.nodes());
  for (auto _ : state) benchmark::DoNotOptimize(s2d::diffuse(graph, seeds));
}
BENCHMARK(core_diffuse);

constexpr float levels[3] = {0.38f, 0.5f, 0.62f};

/// Superpixels of a frame, and 1 for those in the disk.
s2d::superpixels grid_of(std::int64_t t, std::vector<float>& values) {
  s2d::superpixels grid = s2d::slic(s2d::to_lab(clip_frame(t, small_height, small_width)));
  for (std::size_t k = 0; k < grid.l.size(); ++k)
    values.push_back(grid.a[k] > -5 && grid.b[k] > 10 ? 1.0f : 0.0f);
  return grid;
}

/// Useful bytes: all pictures, the superpixels, the masks. Pixels far from a border are not read.
void threshold_pixels(benchmark::State& state) {
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  const std::int64_t h = 480, w = 854;
  const rgb_memory rgb{h, w};
  std::vector<float> values;
  std::vector<s2d::superpixels> grids;
  for (std::int64_t t = 0; t < frames; ++t) grids.push_back(grid_of(t, values));
  const superpixel_batch grid = to_device(grids);
  const auto of_grid = to_device(values);
  device_buffer<std::uint64_t> out{3 * frames * h * ((w + 63) / 64)};
  const double bytes =
      static_cast<double>(rgb.bytes.bytes() + grid.items.bytes() + of_grid.bytes() + out.bytes());
  device_bench::measure(state, bytes, [&] {
    return [&] {
      s2d::cuda::threshold_pixels(rgb.view(), grid, of_grid.data(), levels,
                                  bits_view{out.data(), 3 * frames, h, w});
    };
  });
}
BENCHMARK(threshold_pixels)->UseManualTime();

void core_threshold_pixels(benchmark::State& state) {
  const s2d::image rgb = clip_frame(0, 480, 854);
  std::vector<float> values;
  const s2d::superpixels grid = grid_of(0, values);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::threshold_pixels(rgb, grid, values, levels));
}
BENCHMARK(core_threshold_pixels);

}  // namespace
