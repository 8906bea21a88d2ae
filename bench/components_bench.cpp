// Connected components, holes and dilation of packed masks, in pixels a second.
// bench/peers/mask_peers.py does the same with OpenCV.
#include <vector>

#include <s2d/mask/components.hpp>
#include <s2d/mask/morphology.hpp>
#include <s2d/mask/pack.hpp>

#include <benchmark/benchmark.h>

#include "blob_masks.hpp"

namespace {

// Smooth: one blot and its crumbs. Textured: near-random dots, thousands of components.
std::vector<s2d::matrix<std::uint8_t>> masks(const benchmark::State& state) {
  const std::ptrdiff_t height = state.range(0), width = state.range(1);
  auto made = blob_masks::blobs(height, width);
  if (state.range(2) == 0) return made;
  for (std::size_t i = 0; i < made.size(); ++i)
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x)
        made[i](y, x) =
            (x / 3 * 7919 + y / 3 * 104729 + x / 3 * (y / 3) * 31 + static_cast<int>(i)) % 97 < 38;
  return made;
}

template <class Work>
void measure(benchmark::State& state, const Work& work) {
  const auto dense = masks(state);
  std::vector<s2d::bit_mask> packed;
  for (const auto& mask : dense) packed.push_back(s2d::pack(s2d::mask_view{mask.view()}));
  for (auto _ : state)
    for (std::size_t i = 0; i < dense.size(); ++i) work(dense[i], packed[i]);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * dense.size()) *
                          state.range(0) * state.range(1));
}

using dense_mask = s2d::matrix<std::uint8_t>;

void components(benchmark::State& state) {
  measure(state, [](const dense_mask&, const s2d::bit_mask& mask) {
    benchmark::DoNotOptimize(s2d::components(mask));
  });
}
void components_from_bytes_with_labels(benchmark::State& state) {  // all that OpenCV does
  measure(state, [](const dense_mask& mask, const s2d::bit_mask&) {
    const auto found = s2d::components(s2d::pack(s2d::mask_view{mask.view()}));
    benchmark::DoNotOptimize(s2d::labels(found));
  });
}
void fill_holes(benchmark::State& state) {
  measure(state, [](const dense_mask&, const s2d::bit_mask& mask) {
    benchmark::DoNotOptimize(s2d::fill_holes(mask));
  });
}
void dilate_by_4(benchmark::State& state) {
  measure(state, [](const dense_mask&, const s2d::bit_mask& mask) {
    benchmark::DoNotOptimize(s2d::dilate(mask, 4));
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"height", "width", "textured"});
  for (const int textured : {0, 1})
    benchmark->Args({480, 854, textured})->Args({1080, 1920, textured});
}

}  // namespace

BENCHMARK(components)->Apply(sizes);
BENCHMARK(components_from_bytes_with_labels)->Apply(sizes);
BENCHMARK(fill_holes)->Apply(sizes);
BENCHMARK(dilate_by_4)->Apply(sizes);
