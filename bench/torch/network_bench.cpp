// The network: one pass forward, and forward and backward with all auxiliary outputs.
// tiny: 2 frames of 384x224; official: 3 frames of 448x256 (427x240 padded). Arg: threads.
#include <torch/torch.h>

#include <s2d/torch/video_mask2former.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>

namespace {

void run(benchmark::State& state, const s2d::torch::video_mask2former_config& config,
         std::int64_t frames, std::int64_t height, std::int64_t width, bool backward) {
  torch::set_num_threads(static_cast<int>(state.range(0)));
  torch::manual_seed(1);
  s2d::torch::video_mask2former model{config};
  model->train(backward);
  const auto clip = torch::randn({1, frames, 3, height, width});
  const torch::AutoGradMode grad{backward};
  for (auto _ : state) {
    const auto result = model->forward(clip, backward);
    if (backward) {
      model->zero_grad();
      auto loss = result.mask_logits.square().mean() + result.class_logits.square().mean();
      for (const auto& aux : result.aux) loss = loss + aux.mask_logits.square().mean();
      loss.backward();
    }
    benchmark::DoNotOptimize(result.mask_logits.data_ptr());
  }
  state.SetItemsProcessed(state.iterations() * frames);
}

void tiny_forward(benchmark::State& state) {
  run(state, s2d::torch::presets::tiny(), 2, 224, 384, false);
}
void tiny_forward_backward(benchmark::State& state) {
  run(state, s2d::torch::presets::tiny(), 2, 224, 384, true);
}
void official_forward(benchmark::State& state) {
  run(state, s2d::torch::presets::official(), 3, 256, 448, false);
}
void official_forward_backward(benchmark::State& state) {
  run(state, s2d::torch::presets::official(), 3, 256, 448, true);
}

BENCHMARK(tiny_forward)->Arg(1)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(tiny_forward_backward)->Arg(1)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(official_forward)->Arg(2)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(official_forward_backward)
    ->Arg(2)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
