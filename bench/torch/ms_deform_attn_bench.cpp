// Deformable attention of the official pixel decoder, forward and backward, beside the same value
// composed of grid_sample. Clip of 3 frames, levels 8x14, 16x28, 32x56 (448x256 pixels), 8 heads of
// 32 channels, 4 points. Counter extra_MB: the most memory held above what the inputs take.
#include <torch/torch.h>

#include <s2d/torch/ms_deform_attn.hpp>

#include <benchmark/benchmark.h>

#include <malloc.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace {

double status_mb(const std::string& key) {
  std::ifstream status{"/proc/self/status"};
  std::string word;
  double kilobytes = 0;
  while (status >> word)
    if (word == key + ":") status >> kilobytes;
  return kilobytes / 1024;
}

template <class Call>
void run(benchmark::State& state, const Call& call, bool backward) {
  torch::set_num_threads(static_cast<int>(state.range(0)));
  torch::manual_seed(1);
  const std::vector<s2d::torch::level_size> levels{{8, 14}, {16, 28}, {32, 56}};
  const std::int64_t n = 3, s = 8 * 14 + 16 * 28 + 32 * 56, m = 8, d = 32, p = 4;
  auto value = torch::randn({n, s, m, d});
  auto location = torch::rand({n, s, m, 3, p, 2}) * 1.1 - 0.05;
  auto attention = torch::rand({n, s, m, 3 * p}).softmax(-1).view({n, s, m, 3, p});
  const auto grad = torch::randn({n, s, m * d});
  for (auto* input : {&value, &location, &attention}) input->requires_grad_(backward);
  const auto once = [&] {
    const auto out = call(value, levels, location, attention);
    if (backward) {
      const auto grads = torch::autograd::grad({out}, {value, location, attention}, {grad});
      benchmark::DoNotOptimize(grads[0].data_ptr());
    } else {
      benchmark::DoNotOptimize(out.data_ptr());
    }
  };
  once();
  malloc_trim(0);
  std::ofstream{"/proc/self/clear_refs"} << "5";
  const double before = status_mb("VmRSS");
  once();
  const double extra = status_mb("VmHWM") - before;
  for (auto _ : state) once();
  state.SetItemsProcessed(state.iterations() * n * s * m * 3 * p);
  state.counters["extra_MB"] = extra;
}

void forward(benchmark::State& state) { run(state, s2d::torch::ms_deform_attn, false); }
void forward_composed(benchmark::State& state) {
  run(state, s2d::torch::ms_deform_attn_composed, false);
}
void forward_backward(benchmark::State& state) { run(state, s2d::torch::ms_deform_attn, true); }
void forward_backward_composed(benchmark::State& state) {
  run(state, s2d::torch::ms_deform_attn_composed, true);
}

BENCHMARK(forward)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(forward_composed)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(forward_backward)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(forward_backward_composed)
    ->Arg(1)
    ->Arg(2)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
