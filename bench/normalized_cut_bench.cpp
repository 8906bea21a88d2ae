// Normalised cuts: graphs of n nodes a second, and frames a second with the pixel step.
#include <cmath>
#include <random>
#include <vector>

#include <s2d/segment/normalized_cut_masks.hpp>

#include <benchmark/benchmark.h>

namespace {

// Cells with noisy features of two kinds, as a video gives them.
s2d::feature_grid noisy_cells(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  std::mt19937 random{1};
  std::normal_distribution<float> noise{0, 0.5f};
  s2d::feature_grid grid(rows, columns, 5);
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      const bool inside =
          std::abs(i - rows / 2) < rows / 5 && std::abs(j - columns / 3) < columns / 6;
      for (float& value : grid.cell(static_cast<std::size_t>(i * columns + j)))
        value = (inside ? 1.5f : 0.f) + noise(random);
    }
  return grid;
}

void cut(benchmark::State& state) {
  const s2d::feature_grid grid = noisy_cells(state.range(0), state.range(1));
  const auto n = static_cast<std::ptrdiff_t>(grid.cells());
  s2d::matrix<float> affinity(n, n, 1.f);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < i; ++j) {
      float distance = 0;
      for (std::size_t c = 0; c < 5; ++c) {
        const float d =
            grid.cell(static_cast<std::size_t>(i))[c] - grid.cell(static_cast<std::size_t>(j))[c];
        distance += d * d;
      }
      affinity(i, j) = affinity(j, i) = std::exp(-distance / 2) + 1e-4f;
    }
  int steps = 0;
  for (auto _ : state) {
    const auto result = s2d::normalized_cut(affinity.view());
    benchmark::DoNotOptimize(result.cost);
    steps = result.steps;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["steps"] = steps;
}

void masks(benchmark::State& state) {
  const s2d::feature_grid grid = noisy_cells(20, 36);
  const std::vector<s2d::image> frames(1, s2d::image(state.range(0), state.range(1)));
  const auto source = [&](std::size_t) { return grid; };
  for (auto _ : state)
    benchmark::DoNotOptimize(s2d::normalized_cut_masks(frames, source, {.threads = 1}));
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(cut)
    ->ArgNames({"rows", "columns"})
    ->Args({10, 18})
    ->Args({20, 36})
    ->Args({30, 54})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(masks)
    ->ArgNames({"height", "width"})
    ->Args({240, 427})
    ->Args({480, 854})
    ->Unit(benchmark::kMillisecond);
