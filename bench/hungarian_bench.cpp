// Linear assignment at the sizes of the matcher (queries x objects) and of the literature, on the
// tables of bench/peers/hungarian.py.
#include <cstdint>
#include <vector>

#include <s2d/assign/hungarian_batch.hpp>

#include <benchmark/benchmark.h>

namespace {

// Element i of table `seed`: output i of splitmix64, uniform in [0, 1).
double uniform(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

s2d::matrix<double> table(std::ptrdiff_t rows, std::ptrdiff_t columns, std::int64_t levels,
                          std::uint64_t seed) {
  s2d::matrix<double> cost(rows, columns);
  for (std::size_t i = 0; i < cost.values.size(); ++i) {
    cost.values[i] = uniform(seed, i);
    if (levels > 0)
      cost.values[i] = static_cast<double>(
          static_cast<std::int64_t>(cost.values[i] * static_cast<double>(levels)));
  }
  return cost;
}

void hungarian(benchmark::State& state) {
  const auto cost = table(state.range(0), state.range(1), state.range(2), 1);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::hungarian(cost));
  state.SetItemsProcessed(state.iterations());
}

void hungarian_batch(benchmark::State& state) {
  std::vector<s2d::matrix<double>> tables;
  for (std::int64_t b = 0; b < state.range(2); ++b)
    tables.push_back(table(state.range(0), state.range(1), 0, static_cast<std::uint64_t>(b)));
  const std::vector<s2d::plane_view<const double>> views{tables.begin(), tables.end()};
  for (auto _ : state) benchmark::DoNotOptimize(s2d::hungarian_batch(std::span{views}));
  state.SetItemsProcessed(state.iterations() * state.range(2));
}

}  // namespace

BENCHMARK(hungarian)
    ->ArgNames({"rows", "columns", "levels"})
    ->Args({10, 10, 0})
    ->Args({100, 20, 0})
    ->Args({100, 20, 10})
    ->Args({100, 100, 0})
    ->Args({300, 100, 0})
    ->Args({300, 300, 0})
    ->Args({300, 300, 100})
    ->Args({1000, 1000, 0})
    ->Args({1000, 1000, 100});
BENCHMARK(hungarian_batch)->ArgNames({"rows", "columns", "batch"})->Args({100, 20, 160});
