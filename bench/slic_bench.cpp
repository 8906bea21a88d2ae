// Colour conversion and superpixels at the size of the work grid and of frames.
#include <s2d/core/lab.hpp>
#include <s2d/core/random.hpp>
#include <s2d/segment/slic.hpp>

#include <benchmark/benchmark.h>

namespace {

s2d::image noise(std::ptrdiff_t height, std::ptrdiff_t width) {
  s2d::random_stream random(1);
  s2d::image picture(height, width);
  for (std::uint8_t& x : picture.values) x = static_cast<std::uint8_t>(random.bits());
  return picture;
}

void to_lab(benchmark::State& state) {
  const s2d::image picture = noise(state.range(0), state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::to_lab(picture));
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

void slic(benchmark::State& state) {
  const s2d::lab_image picture = s2d::to_lab(noise(state.range(0), state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::slic(picture));
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

}  // namespace

BENCHMARK(to_lab)
    ->ArgNames({"h", "w"})
    ->Args({120, 214})
    ->Args({480, 854})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(slic)
    ->ArgNames({"h", "w"})
    ->Args({120, 214})
    ->Args({480, 854})
    ->Unit(benchmark::kMillisecond);
