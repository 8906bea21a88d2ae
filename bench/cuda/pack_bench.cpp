// Packing and unpacking of batches; useful bytes are those of the dense masks and an eighth of a
// byte a pixel.
#include <s2d/cuda/pack.hpp>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

template <class T>
void pack(benchmark::State& state, bool columns) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2);
  device_buffer<T> dense;
  device_buffer<std::uint64_t> bits;
  const auto pixels = static_cast<double>(n * h * w);
  device_bench::measure(state, pixels * (sizeof(T) + 0.125), [&] {
    dense = device_buffer<T>{n * h * w};
    bits = device_buffer<std::uint64_t>{n * h * ((w + 63) / 64)};
    device_bench::fill_random(dense.data(), dense.bytes());
    const auto view = columns ? batch_view<const T>::column_major(dense.data(), n, h, w)
                              : batch_view<const T>{dense.data(), n, h, w};
    const bits_view out{bits.data(), n, h, w};
    return [=] {
      if constexpr (sizeof(T) == 1)
        s2d::cuda::pack(view, out);
      else
        s2d::cuda::pack(view, 0.0f, out);
    };
  });
}

void unpack(benchmark::State& state, bool columns) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2);
  device_buffer<std::uint8_t> dense;
  device_buffer<std::uint64_t> bits;
  const auto pixels = static_cast<double>(n * h * w);
  device_bench::measure(state, pixels * 1.125, [&] {
    dense = device_buffer<std::uint8_t>{n * h * w};
    bits = device_buffer<std::uint64_t>{n * h * ((w + 63) / 64)};
    device_bench::fill_random(bits.data(), bits.bytes());
    const auto out = columns ? batch_view<std::uint8_t>::column_major(dense.data(), n, h, w)
                             : batch_view<std::uint8_t>{dense.data(), n, h, w};
    const const_bits_view in{bits.data(), n, h, w};
    return [=] { s2d::cuda::unpack(in, out); };
  });
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime();
  b->Args({1000, 1080, 1920})->Args({1000, 480, 854});
}
void wide_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime();
  b->Args({200, 1080, 1920})->Args({1000, 480, 854});
}
void pack_bytes(benchmark::State& state, bool columns) { pack<std::uint8_t>(state, columns); }
void pack_logits(benchmark::State& state) { pack<float>(state, false); }
void pack_bf16_logits(benchmark::State& state) { pack<bfloat16>(state, false); }
BENCHMARK_CAPTURE(pack_bytes, rows, false)->Apply(sizes);
BENCHMARK_CAPTURE(pack_bytes, columns, true)->Apply(sizes);
BENCHMARK(pack_logits)->Apply(wide_sizes);
BENCHMARK(pack_bf16_logits)->Apply(wide_sizes);
BENCHMARK_CAPTURE(unpack, rows, false)->Apply(sizes);
BENCHMARK_CAPTURE(unpack, columns, true)->Apply(sizes);

}  // namespace
