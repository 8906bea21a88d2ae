// Where the time of a training step goes.
#include <torch/torch.h>

#include <s2d/torch/trainer.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace st = s2d::torch;

namespace {

double now() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

st::training_clip example_clip(std::int64_t frames, std::int64_t instances, std::int64_t height,
                               std::int64_t width) {
  const auto masks = torch::zeros({instances, frames, height, width});
  for (std::int64_t i = 0; i < instances; ++i)
    masks[i]
        .slice(1, height / 4, height / 2)
        .slice(2, (i + 1) * width / (instances + 2), (i + 2) * width / (instances + 2))
        .fill_(1);
  return {torch::randn({frames, 3, height, width}), masks, torch::ones({instances, frames}),
          "example"};
}

/// One step of the tiny preset at 224x384, two frames, one object: milliseconds of its parts.
void tiny_step(benchmark::State& state) {
  torch::set_num_threads(static_cast<int>(state.range(0)));
  torch::manual_seed(1);
  st::video_mask2former student{st::presets::tiny(state.range(1))};
  st::video_mask2former teacher{student->config()};
  st::start_teacher(*teacher, *student);
  const auto options = st::tiny_training();
  st::adamw optimizer{*student, options.optimizer};
  const auto clip = example_clip(2, 1, 224, 384);
  const std::vector<st::clip_targets> targets{{clip.masks, clip.weights, clip.name}};
  const auto frames = clip.frames.unsqueeze(0);
  double parts[5] = {1e9, 1e9, 1e9, 1e9, 1e9};
  const auto part = [&](int i, double& at) {
    const double t = now();
    if (t - at < parts[i]) parts[i] = t - at;
    at = t;
  };
  for (auto _ : state) {
    optimizer.zero_grad();
    double at = now();
    const auto prediction = student->forward(frames);
    part(0, at);
    const auto loss = st::criterion(prediction, targets, options.criterion).total(options.weights);
    part(1, at);
    loss.backward();
    part(2, at);
    const auto norm = optimizer.gradient_norm();
    optimizer.step(1e-3, norm);
    part(3, at);
    st::update_average(*teacher, *student, 0.99);
    part(4, at);
  }
  const char* const names[] = {"forward_ms", "criterion_ms", "backward_ms", "optimizer_ms",
                               "average_ms"};
  double sum = 0;
  for (int i = 0; i < 5; ++i) state.counters[names[i]] = parts[i], sum += parts[i];
  state.counters["best_ms"] = sum;
  state.SetItemsProcessed(state.iterations());
}

st::video_prediction example_prediction(std::int64_t queries, std::int64_t frames,
                                        std::int64_t height, std::int64_t width, std::int64_t aux) {
  const auto head = [&] {
    return st::query_prediction{torch::randn({1, queries, 2}).requires_grad_(),
                                torch::randn({1, queries, frames, height, width}).requires_grad_()};
  };
  st::video_prediction prediction;
  static_cast<st::query_prediction&>(prediction) = head();
  for (std::int64_t i = 0; i < aux; ++i) prediction.aux.push_back(head());
  return prediction;
}

/// The criterion of the tiny preset: four outputs, 56x96 cells.
void dense_criterion(benchmark::State& state) {
  torch::set_num_threads(1);
  const auto prediction = example_prediction(10, 2, 56, 96, 3);
  const auto clip = example_clip(2, state.range(0), 224, 384);
  const std::vector<st::clip_targets> targets{{clip.masks, clip.weights, clip.name}};
  for (auto _ : state)
    st::criterion(prediction, targets, st::dense_criterion()).total({1, 5, 5}).backward();
  state.SetItemsProcessed(state.iterations());
}

/// One output of the official criterion: 100 queries, 3 frames of 120x160 cells, 3 instances.
void point_criterion(benchmark::State& state) {
  torch::set_num_threads(1);
  const auto prediction = example_prediction(100, 3, 120, 160, 0);
  const auto clip = example_clip(3, 3, 480, 640);
  const std::vector<st::clip_targets> targets{{clip.masks, clip.weights, clip.name}};
  auto options = st::official_criterion();
  options.matcher.points = options.points.points = state.range(0);
  for (auto _ : state) st::criterion(prediction, targets, options).total({1, 5, 5}).backward();
  state.SetItemsProcessed(state.iterations());
}

/// Matching costs of one clip alone.
void point_costs(benchmark::State& state) {
  torch::set_num_threads(1);
  const auto prediction = example_prediction(100, 3, 120, 160, 0);
  const auto clip = example_clip(3, 3, 480, 640);
  const auto points = torch::rand({1, state.range(0), 2});
  for (auto _ : state)
    benchmark::DoNotOptimize(st::matching_costs(
        prediction.class_logits[0], prediction.mask_logits[0], clip.masks, clip.weights, points));
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(tiny_step)
    ->ArgNames({"threads", "queries"})
    ->Args({1, 5})
    ->Args({1, 10})
    ->Args({2, 10})
    ->Unit(benchmark::kMillisecond)
    ->MinTime(3);
BENCHMARK(dense_criterion)->ArgName("instances")->Arg(1)->Arg(3)->Unit(benchmark::kMillisecond);
BENCHMARK(point_criterion)
    ->ArgName("points")
    ->Arg(12'544)
    ->Arg(160'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(point_costs)->ArgName("points")->Arg(12'544)->Arg(160'000)->Unit(benchmark::kMillisecond);
