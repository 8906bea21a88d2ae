// Diffusion on a sparse graph, the nearest neighbours it is made of, and the affine fit.
#include <vector>

#include <s2d/core/random.hpp>
#include <s2d/flow/affine_motion.hpp>
#include <s2d/segment/appearance.hpp>
#include <s2d/segment/diffusion.hpp>
#include <s2d/segment/nearest_neighbors.hpp>

#include <benchmark/benchmark.h>

namespace {

/// About as many edges a node, at about such distances, as the graph of a video has.
s2d::sparse_graph video_like_graph(std::size_t nodes) {
  s2d::random_stream random(1);
  s2d::sparse_graph graph;
  for (std::size_t i = 0; i < nodes; ++i) {
    for (int e = 0; e < 36; ++e) {
      const std::uint64_t far = e < 24 ? 1500 : nodes;
      graph.to.push_back(static_cast<std::int32_t>((i + random.below(far)) % nodes));
      graph.weight.push_back(static_cast<float>(random.uniform()));
    }
    graph.begin.push_back(graph.to.size());
  }
  return s2d::normalize_rows(std::move(graph));
}

void diffuse(benchmark::State& state) {
  const s2d::sparse_graph graph = video_like_graph(static_cast<std::size_t>(state.range(0)));
  std::vector<float> seeds(graph.nodes());
  for (std::size_t i = 0; i < seeds.size(); i += 7) seeds[i] = 1;
  for (auto _ : state) benchmark::DoNotOptimize(s2d::diffuse(graph, seeds));
  state.SetItemsProcessed(state.iterations() * 60 * static_cast<std::int64_t>(graph.edges()));
}

void normalized_cuts(benchmark::State& state) {
  const s2d::sparse_graph graph = video_like_graph(static_cast<std::size_t>(state.range(0)));
  s2d::random_stream random(2);
  std::vector<float> values(graph.nodes());
  for (float& v : values) v = static_cast<float>(random.uniform());
  std::vector<float> thresholds;
  for (int i = 0; i < 10; ++i) thresholds.push_back(0.3F + 0.05F * static_cast<float>(i));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::normalized_cuts(graph, values, thresholds));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(graph.edges()));
}

void nearest_neighbors(benchmark::State& state) {
  s2d::random_stream random(3);
  std::vector<float> points(static_cast<std::size_t>(state.range(0)) * 12);
  for (std::size_t i = 0; i < points.size(); ++i)  // three of the twelve vary most, as in videos
    points[i] = static_cast<float>(random.normal()) * (i % 12 < 3 ? 2.0F : 0.3F);
  const s2d::plane_view<const float> view(points.data(), state.range(0), 12);
  const float slack = static_cast<float>(state.range(1)) / 100;
  for (auto _ : state) benchmark::DoNotOptimize(s2d::nearest_neighbors(view, 12, {.slack = slack}));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void correct_by_appearance(benchmark::State& state) {
  s2d::random_stream random(4);
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<float> inputs(n * 13), targets(n), weights(n, 1.0F);
  for (float& x : inputs) x = static_cast<float>(random.normal());
  for (std::size_t i = 0; i < n; ++i) targets[i] = inputs[13 * i] > 0 ? 1.0F : 0.0F;
  const s2d::plane_view<const float> view(inputs.data(), state.range(0), 13);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::correct_by_appearance(view, targets, weights));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void fit_affine_motion(benchmark::State& state) {
  s2d::random_stream random(5);
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<s2d::point> at(n);
  std::vector<float> u(n), v(n);
  for (std::size_t i = 0; i < n; ++i) {
    at[i] = {static_cast<float>(214 * random.uniform()),
             static_cast<float>(120 * random.uniform())};
    u[i] = 3 + 0.01F * at[i].x + static_cast<float>(random.normal());
    v[i] = 1 - 0.02F * at[i].y + (i % 5 == 0 ? 9.0F : 0.0F);
  }
  for (auto _ : state) benchmark::DoNotOptimize(s2d::fit_affine_motion(at, u, v));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

BENCHMARK(diffuse)->Arg(7200)->Arg(72000)->Unit(benchmark::kMillisecond);
BENCHMARK(normalized_cuts)->Arg(72000)->Unit(benchmark::kMillisecond);
BENCHMARK(nearest_neighbors)
    ->ArgNames({"n", "slack%"})
    ->Args({7200, 50})
    ->Args({72000, 50})
    ->Args({72000, 0})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(correct_by_appearance)->Arg(72000)->Unit(benchmark::kMillisecond);
BENCHMARK(fit_affine_motion)->Arg(720)->Unit(benchmark::kMicrosecond);
