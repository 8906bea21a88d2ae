// Run lengths of batches of blots; useful bytes are those of the dense masks and 4 a run.
#include <s2d/cuda/rle.hpp>

#include <vector>

#include "../blob_masks.hpp"
#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

// [n, h, w] blots on the device, and how many runs they have.
struct blots {
  device_buffer<std::uint8_t> dense;
  rle_batch runs;
  double bytes = 0;

  blots(std::int64_t n, std::int64_t h, std::int64_t w) : dense{n * h * w} {
    const auto masks = blob_masks::blobs(h, w);
    for (std::int64_t i = 0; i < n; ++i) {
      const auto& mask = masks[static_cast<std::size_t>(i) % masks.size()];
      detail::copy_bytes(dense.data() + i * h * w, mask.data(), mask.values.size(),
                         detail::copy_kind::to_device, {});
    }
    runs = encode(batch_view<const std::uint8_t>{dense.data(), n, h, w});
    bytes = static_cast<double>(n * h * w + 4 * runs.lengths.size());
  }
};

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime();
  b->Args({1000, 1080, 1920})->Args({100, 1080, 1920})->Args({1000, 480, 854});
}

template <class Work>
void measure(benchmark::State& state, const Work& work) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2);
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  blots input{n, h, w};
  device_bench::measure(state, input.bytes, [&] { return [&] { work(input, n, h, w); }; });
}

void encode_rows(benchmark::State& state) {
  measure(state, [](blots& input, auto n, auto h, auto w) {
    benchmark::DoNotOptimize(encode(batch_view<const std::uint8_t>{input.dense.data(), n, h, w}));
  });
}
void encode_columns(benchmark::State& state) {  // the same bytes, read as columns
  measure(state, [](blots& input, auto n, auto h, auto w) {
    benchmark::DoNotOptimize(
        encode(batch_view<const std::uint8_t>::column_major(input.dense.data(), n, w, h)));
  });
}
void decode_dense(benchmark::State& state) {
  measure(state, [](blots& input, auto n, auto h, auto w) {
    decode(input.runs, batch_view<std::uint8_t>{input.dense.data(), n, h, w});
  });
}
BENCHMARK(encode_rows)->Apply(sizes);
BENCHMARK(encode_columns)->Apply(sizes);
BENCHMARK(decode_dense)->Apply(sizes);

}  // namespace
