// Connected components with statistics of batches; useful bytes are those of the bits, and of the
// labels where they are written.
#include <s2d/cuda/components.hpp>
#include <s2d/mask/pack.hpp>

#include <vector>

#include "../blob_masks.hpp"
#include "device_bench.hpp"

namespace {

using namespace s2d::cuda;

void components(benchmark::State& state, bool noise, bool with_labels) {
  const std::int64_t n = state.range(0), h = state.range(1), w = state.range(2);
  if (device_count() == 0) return state.SkipWithError("no CUDA device");
  std::vector<std::uint64_t> words;
  const auto masks = blob_masks::blobs(h, w);
  std::uint32_t random = 1;
  for (std::int64_t i = 0; i < n; ++i) {
    auto mask = masks[static_cast<std::size_t>(i) % masks.size()];
    if (noise)
      for (auto& value : mask.values) value = (random = random * 1664525u + 1013904223u) >> 31 != 0;
    const auto bits = s2d::pack(s2d::mask_view{mask.view()});
    words.insert(words.end(), bits.words().begin(), bits.words().end());
  }
  const auto memory = to_device(words);
  device_buffer<std::int32_t> labels{with_labels ? n * h * w : 0};
  const double bytes = static_cast<double>(words.size()) * 8 +
                       (with_labels ? 4.0 * static_cast<double>(n * h * w) : 0);
  device_bench::measure(state, bytes, [&] {
    return [&] {
      benchmark::DoNotOptimize(s2d::cuda::components(const_bits_view{memory.data(), n, h, w},
                                                     s2d::connectivity::eight,
                                                     with_labels ? labels.data() : nullptr));
    };
  });
}
void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "h", "w"})->UseManualTime()->Args({32, 1080, 1920});
}
BENCHMARK_CAPTURE(components, masks, false, false)->Apply(sizes);
BENCHMARK_CAPTURE(components, masks_labels, false, true)->Apply(sizes);
BENCHMARK_CAPTURE(components, noise, true, false)->Apply(sizes);

}  // namespace
