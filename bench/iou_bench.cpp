// Tables of overlaps: masks by masks in all forms, tubes by tubes.
//
// Real masks come from the folder that S2D_DATA names (default ../shared/data), else blots.
#include <random>
#include <vector>

#include <s2d/core/resize.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/nms.hpp>
#include <s2d/mask/resize.hpp>
#include <s2d/mask/tube.hpp>

#include "real_masks.hpp"

#include <benchmark/benchmark.h>

namespace {

using dense = s2d::matrix<std::uint8_t>;

std::vector<dense> random_masks(std::size_t count, std::ptrdiff_t height, std::ptrdiff_t width) {
  std::mt19937 random{1};
  std::vector<dense> masks;
  for (std::size_t i = 0; i < count; ++i) {
    dense mask(height, width);
    for (auto& value : mask.values) value = random() % 2;
    masks.push_back(std::move(mask));
  }
  return masks;
}

// Arguments: masks in each list, height, width, kind (0 real, 1 random).
std::vector<dense> masks_for(const benchmark::State& state) {
  const auto count = static_cast<std::size_t>(2 * state.range(0));
  return state.range(3) == 0 ? real_masks::scaled(count, state.range(1), state.range(2))
                             : random_masks(count, state.range(1), state.range(2));
}

template <class Convert>
void table(benchmark::State& state, Convert convert) {
  const auto masks = masks_for(state);
  std::vector<decltype(convert(masks[0]))> a, b;
  for (std::size_t i = 0; i < masks.size(); ++i)
    ((i + i / 4) % 2 == 0 ? a : b).push_back(convert(masks[i]));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::iou(a, b));
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(a.size() * b.size()));  // pairs
}

void iou_dense(benchmark::State& state) {
  table(state, [](const dense& mask) { return s2d::mask_view{mask.view()}; });
}
void iou_packed(benchmark::State& state) {
  table(state, [](const dense& mask) { return s2d::pack(s2d::mask_view{mask.view()}); });
}
void iou_runs(benchmark::State& state) {
  table(state, [](const dense& mask) { return s2d::encode(s2d::mask_view{mask.view()}); });
}

// 10 x 10 tubes of 36 frames; each from a sequence and an offset of its own.
void tubes(benchmark::State& state) {
  const auto masks = real_masks::scaled(4 * 50, state.range(0), state.range(1));
  std::vector<std::vector<s2d::tube_segment<s2d::rle>>> a(10), b(10);
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t t = 0; t < 36; ++t) {
      const dense& mask = masks[(i % 4) + 4 * ((t + i) % 50)];
      (i < 10 ? a[i] : b[i - 10])
          .push_back({static_cast<std::ptrdiff_t>(t), s2d::encode(s2d::mask_view{mask.view()})});
    }
  for (auto _ : state) benchmark::DoNotOptimize(s2d::tube_iou(a, b, s2d::absent_frame::empty));
  state.SetItemsProcessed(state.iterations() * 100 * 36);  // pairs of masks
}

void suppress(benchmark::State& state) {
  const auto masks = masks_for(state);
  std::vector<s2d::rle> runs;
  std::vector<float> scores;
  for (const dense& mask : masks) {
    runs.push_back(s2d::encode(s2d::mask_view{mask.view()}));
    scores.push_back(static_cast<float>(scores.size() * 7 % 31));
  }
  for (auto _ : state) benchmark::DoNotOptimize(s2d::nms(runs, scores, {.threshold = 0.9}));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs.size()));
}

}  // namespace

BENCHMARK(iou_runs)
    ->ArgNames({"masks", "height", "width", "random"})
    ->Args({1, 720, 1280, 0})
    ->Args({10, 720, 1280, 0})
    ->Args({100, 480, 854, 0})
    ->Args({100, 720, 1280, 0})
    ->Args({100, 1080, 1920, 0});
BENCHMARK(iou_dense)
    ->ArgNames({"masks", "height", "width", "random"})
    ->Args({256, 480, 854, 0})
    ->Args({256, 480, 854, 1});
BENCHMARK(iou_packed)
    ->ArgNames({"masks", "height", "width", "random"})
    ->Args({100, 720, 1280, 0})
    ->Args({256, 480, 854, 0})
    ->Args({256, 480, 854, 1});
BENCHMARK(tubes)->ArgNames({"height", "width"})->Args({480, 854})->Args({720, 1280});
BENCHMARK(suppress)->ArgNames({"masks", "height", "width", "random"})->Args({100, 720, 1280, 0});
