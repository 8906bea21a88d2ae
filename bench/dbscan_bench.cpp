// DBSCAN of visibility rows as keymask discovery makes them: a few windows of time, some frames
// flipped at random. `pairs` are n^2 whatever is skipped.
#include <random>

#include <s2d/cluster/hamming.hpp>

#include <benchmark/benchmark.h>

namespace {

s2d::bit_matrix visibility_rows(std::int64_t rows, std::int64_t frames, unsigned flips) {
  std::mt19937 random{7};
  s2d::bit_matrix table(rows, frames);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t first = (r % 4) * frames / 8, last = first + frames / 2;
    for (std::int64_t t = 0; t < frames; ++t)
      table.set(r, t, (t >= first && t < last) != (random() % 100 < flips));
  }
  return table;
}

void dbscan(benchmark::State& state) {
  const auto rows = visibility_rows(state.range(0), state.range(1), unsigned(state.range(2)));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::dbscan(rows, 0.2));
  state.counters["pairs"] = benchmark::Counter(
      double(state.iterations()) * double(state.range(0)) * double(state.range(0)),
      benchmark::Counter::kIsRate);
}

}  // namespace

BENCHMARK(dbscan)
    ->ArgNames({"rows", "frames", "flips"})
    ->Args({200, 40, 2})
    ->Args({1'000, 100, 2})
    ->Args({10'000, 100, 0})
    ->Args({10'000, 100, 2})
    ->Args({10'000, 100, 20})
    ->Args({20'000, 150, 2})
    ->Unit(benchmark::kMillisecond);
