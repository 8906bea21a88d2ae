// Connected components, holes and dilation of packed masks, in pixels a second.
// bench/peers/mask_peers.py does the same with OpenCV.
#include <map>
#include <utility>
#include <vector>

#include <s2d/mask/components.hpp>
#include <s2d/mask/morphology.hpp>
#include <s2d/mask/pack.hpp>

#include <benchmark/benchmark.h>

#include "blob_masks.hpp"

namespace {

// Smooth: one blot and its crumbs. Textured: dots of 3 x 3 pixels, tens of thousands of components.
struct masks {
  std::vector<s2d::matrix<std::uint8_t>> dense;
  std::vector<s2d::bit_mask> packed;

  masks(std::ptrdiff_t height, std::ptrdiff_t width, bool textured)
      : dense{blob_masks::blobs(height, width)} {
    for (std::size_t i = 0; i < dense.size(); ++i) {
      for (std::ptrdiff_t y = 0; textured && y < height; ++y)
        for (std::ptrdiff_t x = 0; x < width; ++x)
          dense[i](y, x) = (x / 3 * 7919 + y / 3 * 104729 + x / 3 * (y / 3) * 31 +
                            static_cast<std::ptrdiff_t>(i)) %
                               97 <
                           38;
      packed.push_back(s2d::pack(s2d::mask_view{dense[i].view()}));
    }
  }
};

// Made once per size and kind.
const masks& masks_for(const benchmark::State& state) {
  static std::map<std::pair<std::int64_t, std::int64_t>, masks> made;
  return made
      .try_emplace({state.range(0), state.range(2)}, state.range(0), state.range(1),
                   state.range(2) != 0)
      .first->second;
}

template <class Work>
void measure(benchmark::State& state, const Work& work) {
  const auto& [dense, packed] = masks_for(state);
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
