// Backward warps; useful bytes: 8 of flow, the pictures read and written once.
#include <s2d/cuda/warp.hpp>

#include <cmath>
#include <vector>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

// A smooth field of some pixels, as flow is.
struct smooth_flow {
  device_buffer<float> u, v;
  smooth_flow(std::int64_t n, std::int64_t h, std::int64_t w) {
    std::vector<float> one(static_cast<std::size_t>(h * w)), two(one);
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x) {
        const auto at = static_cast<std::size_t>(y * w + x);
        one[at] = 6 * std::sin(static_cast<float>(x) / 90) + 2.3f;
        two[at] = 4 * std::cos(static_cast<float>(y) / 70) - 1.6f;
      }
    u = device_buffer<float>{n * h * w};
    v = device_buffer<float>{n * h * w};
    for (std::int64_t i = 0; i < n; ++i) {
      detail::copy_bytes(u.data() + i * h * w, one.data(), one.size() * 4,
                         detail::copy_kind::to_device, {});
      detail::copy_bytes(v.data() + i * h * w, two.data(), two.size() * 4,
                         detail::copy_kind::to_device, {});
    }
  }
};

template <class T>
void warp(benchmark::State& state, s2d::warp_filter filter, bool tested) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2);
  const auto pixels = static_cast<double>(n * h * w);
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  smooth_flow forward{n, h, w}, backward{n, h, w};
  device_buffer<T> x{n * h * w}, out{n * h * w};
  device_buffer<std::uint64_t> bits{n * h * ((w + 63) / 64)};
  device_bench::fill_random(x.data(), x.bytes());
  const flow_batch f{{forward.u.data(), n, h, w}, {forward.v.data(), n, h, w}};
  const flow_batch b{{backward.u.data(), n, h, w}, {backward.v.data(), n, h, w}};
  const double bytes = 8 + 2 * sizeof(T) + (tested ? 8.125 : 0);
  device_bench::measure(state, pixels * bytes, [&] {
    return [&] {
      const batch_view<const T> from{x.data(), n, h, w};
      const batch_view<T> to{out.data(), n, h, w};
      if (tested)
        warp_back_tested(from, f, b, to, bits_view{bits.data(), n, h, w}, {filter});
      else
        warp_back(from, f, to, {filter});
    };
  });
}
void warp_bytes(benchmark::State& state, s2d::warp_filter filter) {
  warp<std::uint8_t>(state, filter, false);
}
void warp_floats(benchmark::State& state, s2d::warp_filter filter) {
  warp<float>(state, filter, false);
}
void warp_binary16(benchmark::State& state, s2d::warp_filter filter) {
  warp<float16>(state, filter, false);
}
void warp_tested(benchmark::State& state) { warp<float>(state, s2d::warp_filter::bilinear, true); }

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime();
  b->Args({64, 1080, 1920})->Args({64, 480, 854});
}
BENCHMARK_CAPTURE(warp_bytes, nearest, s2d::warp_filter::nearest)->Apply(sizes);
BENCHMARK_CAPTURE(warp_bytes, bilinear, s2d::warp_filter::bilinear)->Apply(sizes);
BENCHMARK_CAPTURE(warp_floats, nearest, s2d::warp_filter::nearest)->Apply(sizes);
BENCHMARK_CAPTURE(warp_floats, bilinear, s2d::warp_filter::bilinear)->Apply(sizes);
BENCHMARK_CAPTURE(warp_binary16, bilinear, s2d::warp_filter::bilinear)->Apply(sizes);
BENCHMARK(warp_tested)->Apply(sizes);

}  // namespace
