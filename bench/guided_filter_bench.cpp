// The guided filter at the sizes of pictures: what depends on the picture, and a map.
#include <s2d/core/random.hpp>
#include <s2d/segment/guided_filter.hpp>

#include <benchmark/benchmark.h>

namespace {

s2d::image noise(std::ptrdiff_t height, std::ptrdiff_t width) {
  s2d::random_stream random(1);
  s2d::image picture(height, width);
  for (std::uint8_t& value : picture.values) value = static_cast<std::uint8_t>(random.below(256));
  return picture;
}

void guided_filter_picture(benchmark::State& state) {
  const s2d::image picture = noise(state.range(0), state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::guided_filter{picture});
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

void guided_filter_map(benchmark::State& state) {
  const s2d::guided_filter filter{noise(state.range(0), state.range(1))};
  s2d::matrix<float> map(state.range(0), state.range(1));
  for (std::size_t p = 0; p < map.values.size(); ++p) map.values[p] = p % 3 == 0 ? 1.0F : 0.0F;
  for (auto _ : state) benchmark::DoNotOptimize(filter(map.view()));
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

}  // namespace

BENCHMARK(guided_filter_picture)->Args({240, 427})->Args({480, 854})->Unit(benchmark::kMillisecond);
BENCHMARK(guided_filter_map)->Args({240, 427})->Args({480, 854})->Unit(benchmark::kMillisecond);
