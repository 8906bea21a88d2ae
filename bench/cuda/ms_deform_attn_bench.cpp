// Deformable attention at the shapes of the network: 8 heads of 32 channels, 3 levels, 4 points.
#include <s2d/cuda/ms_deform_attn.hpp>

#include <random>
#include <vector>

#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

template <class T>
void attend(benchmark::State& state, bool backward, bool deterministic) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2);
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  deform_shape shape{n, 0, 8, 32, 0, 4, 3, {}};
  for (int l = 0; l < 3; ++l) {
    shape.levels[l] = {h / (8 << l), w / (8 << l)};
    shape.tokens += shape.levels[l].height * shape.levels[l].width;
  }
  shape.queries = shape.tokens;  // the encoder asks once for every token
  std::mt19937 random{1};
  const auto draw = [&](std::int64_t size, float low, float high) {
    std::uniform_real_distribution<float> next{low, high};
    std::vector<T> values(static_cast<std::size_t>(size));
    for (T& value : values) value = from_float<T>(next(random));
    return to_device(values);
  };
  const std::int64_t samples = shape.items() * 12, values = n * shape.tokens * 256;
  const auto value = draw(values, -1, 1), up = draw(values, -1, 1);
  const auto attention = draw(samples, 0, 0.2f);
  // Around the query's own place, as trained offsets are.
  std::vector<T> places(static_cast<std::size_t>(2 * samples));
  std::normal_distribution<float> offset{0, 0.03f};
  for (std::int64_t i = 0; i < samples; ++i) {
    const std::int64_t q = i / 96 % shape.queries;
    places[static_cast<std::size_t>(2 * i)] = from_float<T>(
        static_cast<float>(q % shape.levels[0].width) / static_cast<float>(shape.levels[0].width) +
        offset(random));
    places[static_cast<std::size_t>(2 * i + 1)] =
        from_float<T>(static_cast<float>(q) / static_cast<float>(shape.queries) + offset(random));
  }
  const auto location = to_device(places);
  device_buffer<T> out{values}, grad_value{values}, grad_location{2 * samples},
      grad_attention{samples};
  const double bytes =
      static_cast<double>(sizeof(T)) *
      (backward ? 3.0 * static_cast<double>(values) + 6.0 * static_cast<double>(samples)
                : 2.0 * static_cast<double>(values) + 3.0 * static_cast<double>(samples));
  device_bench::measure(state, bytes, [&] {
    return [&] {
      if (backward)
        ms_deform_attn_backward(shape, up.data(), value.data(), location.data(), attention.data(),
                                grad_value.data(), grad_location.data(), grad_attention.data(),
                                deterministic);
      else
        ms_deform_attn(shape, value.data(), location.data(), attention.data(), out.data());
    };
  });
}
void forward_float(benchmark::State& state) { attend<float>(state, false, false); }
void forward_bf16(benchmark::State& state) { attend<bfloat16>(state, false, false); }
void backward_float(benchmark::State& state) { attend<float>(state, true, false); }
void backward_float_exact(benchmark::State& state) { attend<float>(state, true, true); }
void backward_bf16(benchmark::State& state) { attend<bfloat16>(state, true, false); }

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime()->Args({3, 240, 432})->Args({6, 480, 864});
}
BENCHMARK(forward_float)->Apply(sizes);
BENCHMARK(forward_bf16)->Apply(sizes);
BENCHMARK(backward_float)->Apply(sizes);
BENCHMARK(backward_float_exact)->Apply(sizes);
BENCHMARK(backward_bf16)->Apply(sizes);

}  // namespace
