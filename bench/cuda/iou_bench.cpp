// Overlaps of all pairs of packed masks, counted either way, and suppression.
#include <s2d/cuda/iou.hpp>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

void iou(benchmark::State& state, pair_counting way) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2);
  device_buffer<std::uint64_t> a, b;
  device_buffer<float> out;
  const auto words = n * h * ((w + 63) / 64);
  device_bench::measure(state, 16.0 * static_cast<double>(words), [&] {
    a = device_buffer<std::uint64_t>{words};
    b = device_buffer<std::uint64_t>{words};
    out = device_buffer<float>{n * n};
    device_bench::fill_random(a.data(), a.bytes());
    device_bench::fill_random(b.data(), b.bytes());
    return [&] {
      s2d::cuda::iou(const_bits_view{a.data(), n, h, w}, const_bits_view{b.data(), n, h, w},
                     out.data(), {}, {}, way);
    };
  });
  // Pairs of pixels a second; a multiplication and an addition each.
  state.counters["pixel pairs"] =
      benchmark::Counter(static_cast<double>(n * n) * static_cast<double>(h * w),
                         benchmark::Counter::kIsIterationInvariantRate);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime();
  for (const std::int64_t n : {10, 32, 100, 1000}) b->Args({n, 1080, 1920});
  b->Args({256, 480, 854});
}
BENCHMARK_CAPTURE(iou, popcount, pair_counting::popcount)->Apply(sizes);
BENCHMARK_CAPTURE(iou, tensor_cores, pair_counting::tensor_cores)->Apply(sizes);

void nms(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  device_buffer<float> overlaps, scores;
  device_buffer<std::int64_t> kept, count;
  device_bench::measure(state, 4.0 * static_cast<double>(n * n), [&] {
    std::vector<float> values(static_cast<std::size_t>(n * n)), order(static_cast<std::size_t>(n));
    std::uint32_t random = 1;
    for (auto* list : {&values, &order})
      for (float& value : *list)
        value = static_cast<float>((random = random * 1664525u + 1013904223u) >> 8) * 0x1p-24f;
    overlaps = to_device(values);
    scores = to_device(order);
    kept = device_buffer<std::int64_t>{n};
    count = device_buffer<std::int64_t>{1};
    return [&] {
      s2d::cuda::nms(overlaps.data(), n, scores.data(), kept.data(), count.data(), {0.9});
    };
  });
}
BENCHMARK(nms)->ArgName("n")->Arg(1000)->Arg(5000)->UseManualTime();

}  // namespace
