// Evaluation of a DAVIS sequence and of a set of 300 videos, and the steps of the contour measure.
//
// The sequences come from the folder that S2D_DATA names (default ../shared/data), else are made.
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <s2d/eval/davis.hpp>
#include <s2d/eval/instances.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/mask/rle.hpp>

#include "blob_masks.hpp"

#include <benchmark/benchmark.h>

namespace {

namespace fs = std::filesystem;

// Masks of the numbers 1 to `count` (all foreground as one: count 0), [objects][T].
s2d::davis_masks read_masks(const fs::path& folder, int count) {
  s2d::davis_masks masks(static_cast<std::size_t>(count == 0 ? 1 : count));
  for (const fs::path& file : s2d::list_frames(folder)) {
    const s2d::matrix<std::uint8_t> ids = s2d::read_mask_png(file);
    for (std::size_t o = 0; o < masks.size(); ++o) {
      s2d::bit_mask& mask = masks[o].emplace_back(ids.height, ids.width);
      for (std::ptrdiff_t y = 0; y < ids.height; ++y)
        for (std::ptrdiff_t x = 0; x < ids.width; ++x)
          if (count == 0 ? ids(y, x) != 0 : ids(y, x) == o + 1) mask.set(y, x);
    }
  }
  return masks;
}

fs::path data_folder() {
  const char* root = std::getenv("S2D_DATA");
  return root != nullptr ? root : "../shared/data";
}

// The sequence soapbox: three objects, three predictions, 99 frames of 480 x 854.
void davis_sequence(benchmark::State& state) {
  const fs::path folder = data_folder() / "davis2017-evaluation";
  if (!fs::is_directory(folder)) {
    state.SkipWithError("no folder davis2017-evaluation: set S2D_DATA");
    return;
  }
  const auto truth = read_masks(folder / "osvos/soapbox", 3);
  const auto found = read_masks(folder / "rvos/soapbox", 3);
  const s2d::davis_options options{.protocol = s2d::davis_protocol::unsupervised};
  double jf = 0;
  for (auto _ : state) {
    const s2d::davis_result result = s2d::evaluate_davis(truth, found, {}, options);
    benchmark::DoNotOptimize(result.objects.data());
    jf = result.jf_mean;
  }
  state.counters["J&F"] = benchmark::Counter(jf);
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(truth[0].size()));  // frames
}

void contour(benchmark::State& state) {
  const auto blob = blob_masks::blob(state.range(0), state.range(1), 3);
  const auto mask = s2d::pack(s2d::mask_view{blob.view()});
  const std::ptrdiff_t radius = s2d::davis_tolerance(mask.height, mask.width);
  const auto edges = s2d::boundary_map(mask);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::dilate_disk(edges, radius));
  state.SetItemsProcessed(state.iterations() * mask.height * mask.width);  // pixels
}

void boundary(benchmark::State& state) {
  const auto blob = blob_masks::blob(state.range(0), state.range(1), 3);
  const auto mask = s2d::pack(s2d::mask_view{blob.view()});
  for (auto _ : state) benchmark::DoNotOptimize(s2d::boundary_map(mask));
  state.SetItemsProcessed(state.iterations() * mask.height * mask.width);  // pixels
}

// 300 videos of 30 frames of 180 x 320; 3 objects and 10 tubes found in each: rectangles on
// straight ways, every sixth mask absent. bench/peers/eval_peers.py makes the same ones.
void ytvis(benchmark::State& state) {
  using tube = std::vector<s2d::tube_segment<s2d::rle>>;
  std::uint64_t random = 1;
  const auto below = [&](std::uint64_t n) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::ptrdiff_t>((random >> 33) % n);
  };
  const auto make = [&](std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t w, std::ptrdiff_t h,
                        std::ptrdiff_t dx, std::ptrdiff_t skip) {
    tube one;
    for (std::ptrdiff_t t = 0; t < 30; ++t) {
      if ((t + skip) % 6 == 0) continue;
      s2d::bit_mask mask(180, 320);
      for (std::ptrdiff_t r = y; r < y + h; ++r)
        for (std::ptrdiff_t c = x; c < x + w; ++c) mask.set(r, (c + dx * t) % 320);
      one.push_back({t, s2d::encode(mask)});
    }
    return one;
  };
  std::vector<tube> tubes;
  tubes.reserve(300 * 13);
  std::vector<s2d::ap_instance<tube>> truths, found;
  for (std::int64_t v = 1; v <= 300; ++v) {
    std::ptrdiff_t way[3][6];
    for (auto& w : way) {
      const std::ptrdiff_t x = below(200), y = below(60), width = 20 + below(100);
      const std::ptrdiff_t height = 20 + below(80), dx = below(4), skip = below(6);
      w[0] = x, w[1] = y, w[2] = width, w[3] = height, w[4] = dx, w[5] = skip;
      tubes.push_back(make(x, y, width, height, dx, skip));
      truths.push_back({.group = v, .category = 1, .shape = &tubes.back()});
    }
    for (int d = 0; d < 10; ++d) {
      const auto& w = way[d % 3];
      const std::ptrdiff_t x = w[0] + below(12), y = w[1] + below(12), skip = below(6);
      const auto score = static_cast<double>(below(1000)) / 1000;
      tubes.push_back(make(x, y, w[2], w[3], w[4], skip));
      found.push_back({.group = v, .category = 1, .shape = &tubes.back(), .score = score});
    }
  }
  double ap = 0;
  for (auto _ : state) {
    const s2d::ap_result result =
        s2d::evaluate_instances(found, truths, s2d::ytvis_ap_options(false));
    benchmark::DoNotOptimize(result.precision.data());
    ap = result.all.ap;
  }
  state.counters["AP"] = ap;
  state.SetItemsProcessed(state.iterations() * 300);  // videos
}

}  // namespace

BENCHMARK(davis_sequence)->Unit(benchmark::kMillisecond);
BENCHMARK(boundary)->ArgNames({"height", "width"})->Args({480, 854})->Args({1080, 1920});
BENCHMARK(contour)
    ->ArgNames({"height", "width"})
    ->Args({480, 854})
    ->Args({720, 1280})
    ->Args({1080, 1920});
BENCHMARK(ytvis)->Unit(benchmark::kMillisecond);
