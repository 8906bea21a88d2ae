// Minimum barrier distance on the grid of superpixels and at the size of pictures.
#include <vector>

#include <s2d/core/random.hpp>
#include <s2d/segment/barrier_distance.hpp>

#include <benchmark/benchmark.h>

namespace {

void barrier_distance(benchmark::State& state) {
  s2d::random_stream random(1);
  std::vector<s2d::matrix<float>> planes(static_cast<std::size_t>(state.range(2)),
                                         s2d::matrix<float>(state.range(0), state.range(1)));
  std::vector<s2d::plane_view<const float>> views;
  for (s2d::matrix<float>& plane : planes) {
    for (float& x : plane.values) x = static_cast<float>(random.normal());
    views.push_back(plane.view());
  }
  for (auto _ : state) benchmark::DoNotOptimize(s2d::barrier_distance(views));
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

}  // namespace

BENCHMARK(barrier_distance)
    ->ArgNames({"h", "w", "channels"})
    ->Args({20, 36, 2})
    ->Args({240, 427, 1})
    ->Args({240, 427, 3})
    ->Args({240, 427, 5})
    ->Unit(benchmark::kMicrosecond);
