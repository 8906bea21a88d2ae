// Warping of pictures and masks, in pixels a second; bench/peers/flow_peers.py does the same with
// cv2.remap, whose maps are made before the clock starts.
#include <cmath>

#include <s2d/flow/warp.hpp>

#include <benchmark/benchmark.h>

namespace {

constexpr auto nearest = s2d::warp_filter::nearest;
constexpr auto bilinear = s2d::warp_filter::bilinear;

s2d::flow_field field(std::ptrdiff_t h, std::ptrdiff_t w) {
  s2d::flow_field flow(h, w);
  for (std::ptrdiff_t y = 0; y < h; ++y)
    for (std::ptrdiff_t x = 0; x < w; ++x) {
      flow.u(y, x) = 6 * std::sin(0.01f * float(x) + 0.003f * float(y));
      flow.v(y, x) = 5 * std::cos(0.012f * float(y));
    }
  return flow;
}

template <class T>
s2d::matrix<T> plane(std::ptrdiff_t h, std::ptrdiff_t w) {
  s2d::matrix<T> out(h, w);
  std::uint32_t value = 1;
  for (T& v : out.values) v = static_cast<T>((value = value * 1664525u + 1013904223u) >> 24);
  return out;
}

s2d::bit_mask mask(std::ptrdiff_t h, std::ptrdiff_t w) {
  s2d::bit_mask out(h, w);
  for (std::ptrdiff_t y = h / 4; y < 3 * h / 4; ++y)
    for (std::ptrdiff_t x = w / 4; x < 3 * w / 4; ++x) out.set(y, x, (x * y) % 7 != 0);
  return out;
}

void finish(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

template <class T, s2d::warp_filter filter>
void back(benchmark::State& state) {
  const auto x = plane<T>(state.range(0), state.range(1));
  const auto flow = field(x.height, x.width);
  s2d::matrix<T> out(x.height, x.width);
  for (auto _ : state) {
    s2d::warp_back(x.view(), flow, out.view(), {filter});
    benchmark::ClobberMemory();
  }
  finish(state);
}

void back_image(benchmark::State& state, s2d::warp_filter filter) {
  s2d::image x(state.range(0), state.range(1));
  x.values = plane<std::uint8_t>(x.height, 3 * x.width).values;
  const auto flow = field(x.height, x.width);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::warp_back(x, flow, {filter}));
  finish(state);
}

void back_mask(benchmark::State& state) {
  const auto x = mask(state.range(0), state.range(1));
  const auto flow = field(x.height, x.width);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::warp_back(x, flow));
  finish(state);
}

void forward_bytes(benchmark::State& state, s2d::warp_filter filter) {
  const auto x = plane<std::uint8_t>(state.range(0), state.range(1));
  const auto flow = field(x.height, x.width);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::warp(x, flow, {filter}));
  finish(state);
}

void forward_mask(benchmark::State& state, s2d::warp_filter filter) {
  const auto x = mask(state.range(0), state.range(1));
  const auto flow = field(x.height, x.width);
  for (auto _ : state) benchmark::DoNotOptimize(s2d::warp(x, flow, {filter}));
  finish(state);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->Args({240, 428})->Args({480, 854})->Args({1080, 1920})->Unit(benchmark::kMicrosecond);
}

BENCHMARK_TEMPLATE(back, std::uint8_t, nearest)->Apply(sizes);
BENCHMARK_TEMPLATE(back, std::uint8_t, bilinear)->Apply(sizes);
BENCHMARK_TEMPLATE(back, float, nearest)->Apply(sizes);
BENCHMARK_TEMPLATE(back, float, bilinear)->Apply(sizes);
BENCHMARK_CAPTURE(back_image, nearest, nearest)->Apply(sizes);
BENCHMARK_CAPTURE(back_image, bilinear, bilinear)->Apply(sizes);
BENCHMARK(back_mask)->Apply(sizes);
BENCHMARK_CAPTURE(forward_bytes, nearest, nearest)->Apply(sizes);
BENCHMARK_CAPTURE(forward_bytes, bilinear, bilinear)->Apply(sizes);
BENCHMARK_CAPTURE(forward_mask, nearest, nearest)->Apply(sizes);
BENCHMARK_CAPTURE(forward_mask, bilinear, bilinear)->Apply(sizes);

}  // namespace
