// The limits of the card: a copy within its memory, and filling it.
#include "device_bench.hpp"

namespace {

void copy(benchmark::State& state) {
  const std::int64_t bytes = state.range(0) << 20;
  s2d::cuda::device_buffer<char> from, to;
  device_bench::measure(state, 2.0 * static_cast<double>(bytes), [&] {
    from = s2d::cuda::device_buffer<char>{bytes};
    to = s2d::cuda::device_buffer<char>{bytes};
    s2d::cuda::detail::fill_bytes(from.data(), 1, from.bytes(), {});
    return [&] {
      s2d::cuda::detail::copy_bytes(to.data(), from.data(), from.bytes(),
                                    s2d::cuda::detail::copy_kind::on_device, {});
    };
  });
}
BENCHMARK(copy)->ArgName("MiB")->Arg(64)->Arg(1024)->UseManualTime();

}  // namespace
