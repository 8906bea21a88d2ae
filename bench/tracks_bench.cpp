// Points followed along the flow of a clip, and the grid of points in a mask.
#include <cmath>

#include <s2d/track/follow_flow.hpp>
#include <s2d/track/grid.hpp>

#include <benchmark/benchmark.h>

namespace {

s2d::bit_mask disc(std::ptrdiff_t height, std::ptrdiff_t width) {
  s2d::bit_mask mask(height, width);
  const double r = 0.2 * double(height);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x)
      mask.set(y, x, std::hypot(double(y) - double(height) / 2, double(x) - double(width) / 2) < r);
  return mask;
}

s2d::video_flow swirl(std::size_t frames, std::ptrdiff_t height, std::ptrdiff_t width) {
  s2d::video_flow flow;
  flow.forward.resize(frames);
  flow.backward.resize(frames);
  for (std::size_t t = 0; t + 1 < frames; ++t) {
    flow.forward[t] = flow.backward[t + 1] = s2d::flow_field(height, width);
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        const float u = 2 * std::sin(float(y) * 0.05f), v = std::cos(float(x) * 0.03f);
        flow.forward[t].u(y, x) = u;
        flow.forward[t].v(y, x) = v;
        flow.backward[t + 1].u(y, x) = -u;
        flow.backward[t + 1].v(y, x) = -v;
      }
  }
  return flow;
}

// `masks` discs, one in every frame from the first, each with the points of a 50 x 50 grid.
void follow(benchmark::State& state) {
  const auto frames = std::size_t(state.range(0)), masks = std::size_t(state.range(1));
  const s2d::video_flow flow = swirl(frames, 240, 428);
  const s2d::grid_points grid = s2d::points_in_mask(disc(480, 854), 50, 480, 854);
  std::vector<s2d::track_query> queries(masks);
  for (std::size_t i = 0; i < masks; ++i) {
    queries[i].points = grid.at;
    queries[i].frame = i % frames;
  }
  for (auto _ : state) benchmark::DoNotOptimize(s2d::follow_flow(flow, queries, 480, 854));
  state.SetItemsProcessed(state.iterations() *
                          std::int64_t(masks * (frames - 1) * grid.at.size()));  // steps
}

void points(benchmark::State& state) {
  const s2d::bit_mask mask = disc(480, 854);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::points_in_mask(mask, 50, 480, 854));
  state.SetItemsProcessed(state.iterations() * 2500);
}

}  // namespace

BENCHMARK(follow)
    ->ArgNames({"frames", "masks"})
    ->Args({8, 1})
    ->Args({70, 1})
    ->Args({70, 70})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(points);
