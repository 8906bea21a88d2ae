// Linear assignment at the sizes of the matcher (queries x objects) and of the literature.
#include <random>

#include <s2d/assign/hungarian.hpp>

#include <benchmark/benchmark.h>

namespace {

void hungarian(benchmark::State& state) {
  std::mt19937 random{1};
  s2d::matrix<double> cost(state.range(0), state.range(1));
  std::uniform_real_distribution<double> uniform;
  for (double& value : cost.values) value = uniform(random);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::hungarian(cost));
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(hungarian)
    ->ArgNames({"rows", "columns"})
    ->Args({10, 10})
    ->Args({100, 20})
    ->Args({100, 100})
    ->Args({300, 100})
    ->Args({300, 300})
    ->Args({1000, 1000});
