// What is done to run-length masks without decoding them, on real masks: merging, shapes, polygons.
// Packed bits beside them where they have the same function. bench/peers/rle_shapes_peers.py does
// the same with pycocotools and OpenCV.
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <s2d/mask/boundary.hpp>
#include <s2d/mask/components.hpp>
#include <s2d/mask/contours.hpp>
#include <s2d/mask/even_odd.hpp>
#include <s2d/mask/morphology.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/resize.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/rle_components.hpp>
#include <s2d/mask/rle_merge.hpp>
#include <s2d/mask/rle_morphology.hpp>
#include <s2d/mask/rle_transform.hpp>

#include <benchmark/benchmark.h>

#include "real_masks.hpp"

namespace {

struct masks {
  std::vector<s2d::rle> runs;
  std::vector<std::string> texts;
  std::vector<s2d::bit_mask> bits;
  std::vector<std::vector<double>> outlines;  // stars of 60 corners, as annotators draw them

  static const masks& of_size(std::ptrdiff_t height, std::ptrdiff_t width) {
    static std::map<std::pair<std::ptrdiff_t, std::ptrdiff_t>, masks> made;
    masks& here = made[{height, width}];
    if (!here.runs.empty()) return here;
    for (const auto& mask : real_masks::scaled(100, height, width)) {
      here.runs.push_back(s2d::encode(s2d::mask_view{mask.view()}));
      here.texts.push_back(s2d::to_string(here.runs.back()));
      here.bits.push_back(s2d::to_bits(here.runs.back()));
      const auto i = static_cast<int>(here.outlines.size());
      std::vector<double>& star = here.outlines.emplace_back();
      for (int k = 0; k < 60; ++k) {
        const double radius =
            static_cast<double>(height) * (0.25 + 0.05 * ((k * 37 + i * 11) % 7) / 7);
        const double angle = k * 6.2831853 / 60;
        star.push_back(static_cast<double>(width) * 0.45 + i % 24 * 3 + radius * std::cos(angle));
        star.push_back(static_cast<double>(height) * 0.5 + radius * std::sin(angle));
      }
    }
    return here;
  }
};

// One iteration: all 100 masks.
template <class Work>
void measure(benchmark::State& state, const Work& work) {
  const masks& m = masks::of_size(state.range(0), state.range(1));
  for (auto _ : state) work(m, state.range(0), state.range(1));
  state.SetItemsProcessed(state.iterations() * 100);
}
template <class Work>
void each_runs(benchmark::State& state, const Work& work) {
  measure(state, [&](const masks& m, auto, auto) {
    for (const s2d::rle& mask : m.runs) benchmark::DoNotOptimize(work(mask));
  });
}
template <class Work>
void each_bits(benchmark::State& state, const Work& work) {
  measure(state, [&](const masks& m, auto, auto) {
    for (const s2d::bit_mask& mask : m.bits) benchmark::DoNotOptimize(work(mask));
  });
}

void unite_100(benchmark::State& state) {
  measure(state, [](const masks& m, auto, auto) { benchmark::DoNotOptimize(s2d::unite(m.runs)); });
}
void intersect_100(benchmark::State& state) {
  measure(state,
          [](const masks& m, auto, auto) { benchmark::DoNotOptimize(s2d::intersect(m.runs)); });
}
void to_string(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) { return s2d::to_string(mask); });
}
void from_string(benchmark::State& state) {
  measure(state, [](const masks& m, std::ptrdiff_t height, std::ptrdiff_t width) {
    for (const std::string& text : m.texts)
      benchmark::DoNotOptimize(s2d::rle::from_string(text, height, width));
  });
}
void flip_runs(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) { return s2d::flip_horizontal(mask); });
}
void transpose_runs(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) { return s2d::transpose(mask); });
}
void halve_runs(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) {
    return s2d::resize_nearest(mask, mask.height / 2, mask.width / 2);
  });
}
void halve_bits(benchmark::State& state) {
  each_bits(state, [](const s2d::bit_mask& mask) {
    return s2d::resize_nearest(mask, mask.height / 2, mask.width / 2);
  });
}
void components_runs(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) { return s2d::components(mask); });
}
void components_bits(benchmark::State& state) {
  each_bits(state, [](const s2d::bit_mask& mask) { return s2d::components(mask); });
}
void boundary_runs(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) { return s2d::boundary_map(mask); });
}
void boundary_bits(benchmark::State& state) {
  each_bits(state, [](const s2d::bit_mask& mask) { return s2d::boundary_map(mask); });
}
void dilate_disk_8_runs(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) { return s2d::dilate_disk(mask, 8); });
}
void dilate_disk_8_bits(benchmark::State& state) {
  each_bits(state, [](const s2d::bit_mask& mask) { return s2d::dilate_disk(mask, 8); });
}
void outlines(benchmark::State& state) {
  each_runs(state, [](const s2d::rle& mask) { return s2d::to_polygons(mask); });
}
void polygon_coco(benchmark::State& state) {
  measure(state, [](const masks& m, std::ptrdiff_t height, std::ptrdiff_t width) {
    for (const auto& outline : m.outlines)
      benchmark::DoNotOptimize(s2d::encode_polygon(outline, height, width));
  });
}
void polygon_even_odd(benchmark::State& state) {
  measure(state, [](const masks& m, std::ptrdiff_t height, std::ptrdiff_t width) {
    for (const auto& outline : m.outlines)
      benchmark::DoNotOptimize(s2d::encode_even_odd(std::span{outline}, height, width));
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"height", "width"})->Unit(benchmark::kMicrosecond);
  benchmark->Args({480, 854})->Args({1080, 1920});
}

}  // namespace

BENCHMARK(unite_100)->Apply(sizes)->Args({720, 1280});
BENCHMARK(intersect_100)->Apply(sizes)->Args({720, 1280});
BENCHMARK(to_string)->Apply(sizes)->Args({720, 1280});
BENCHMARK(from_string)->Apply(sizes)->Args({720, 1280});
BENCHMARK(flip_runs)->Apply(sizes);
BENCHMARK(transpose_runs)->Apply(sizes);
BENCHMARK(halve_runs)->Apply(sizes);
BENCHMARK(halve_bits)->Apply(sizes);
BENCHMARK(components_runs)->Apply(sizes);
BENCHMARK(components_bits)->Apply(sizes);
BENCHMARK(boundary_runs)->Apply(sizes);
BENCHMARK(boundary_bits)->Apply(sizes);
BENCHMARK(dilate_disk_8_runs)->Apply(sizes);
BENCHMARK(dilate_disk_8_bits)->Apply(sizes);
BENCHMARK(outlines)->Apply(sizes);
BENCHMARK(polygon_coco)->Apply(sizes);
BENCHMARK(polygon_even_odd)->Apply(sizes);
