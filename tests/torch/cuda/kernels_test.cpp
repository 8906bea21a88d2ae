// s2d::cuda's kernels behind LibTorch's tensors. Linked only with a LibTorch that has CUDA.
#include <s2d/torch/cuda_kernels.hpp>

#include <cstdint>
#include <iostream>
#include <utility>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <s2d/torch/criterion.hpp>

#include "support/catch.hpp"

using namespace s2d;  // our torch and cuda beside theirs

TEST_CASE("CUDA tensors get what the composition of grid_sample gives, gradients too",
          "[torch][device]") {
  if (!::torch::cuda::is_available()) {
    std::cout << "SKIPPED: no CUDA device\n";
    return;
  }
  s2d::torch::use_cuda_kernels();
  ::torch::manual_seed(1);
  const std::vector<s2d::torch::level_size> levels{{6, 5}, {3, 4}};
  for (const std::int64_t channels : {8, 32, 33}) {
    const auto options = ::torch::TensorOptions{}.device(::torch::kCUDA);
    const auto leaf = [&](const ::torch::Tensor& values) {
      return values.to(::torch::kCUDA).requires_grad_();
    };
    const auto value = leaf(::torch::randn({2, 42, 4, channels}));
    const auto location = leaf(::torch::rand({2, 7, 4, 2, 3, 2}) * 1.4 - 0.2);
    const auto attention = leaf(::torch::rand({2, 7, 4, 2, 3}));
    const auto up = ::torch::randn({2, 7, 4 * channels}, options);
    const auto gradients = [&](const ::torch::Tensor& out) {
      return ::torch::autograd::grad({out}, {value, location, attention}, {up});
    };
    const auto ours = s2d::torch::ms_deform_attn(value, levels, location, attention);
    const auto theirs = s2d::torch::ms_deform_attn_composed(value, levels, location, attention);
    CHECK(::torch::allclose(ours, theirs, 1e-4, 1e-5));
    const auto a = gradients(ours), b = gradients(theirs);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(::torch::allclose(a[i], b[i], 1e-3, 1e-4));
  }
}

TEST_CASE("the criterion of CUDA tensors is that of the processor, gradients too",
          "[torch][device]") {
  if (!::torch::cuda::is_available()) {
    std::cout << "SKIPPED: no CUDA device\n";
    return;
  }
  s2d::torch::use_cuda_kernels();
  REQUIRE(s2d::torch::mask_loss_kernel_of(::torch::kCUDA).costs != nullptr);
  REQUIRE(s2d::torch::mask_loss_kernel_of(::torch::kCUDA).losses != nullptr);
  ::torch::manual_seed(2);
  const auto logits = ::torch::randn({2, 20, 3, 30, 54}).mul_(2),
             classes = ::torch::randn({2, 20, 2});
  std::vector<s2d::torch::clip_targets> targets;
  for (const char* name : {"a", "b"})
    targets.push_back(
        {(::torch::rand({4, 3, 120, 216}) > 0.6).to(::torch::kFloat), ::torch::ones({4, 3}), name});
  targets[0].masks[1][2] = 0;  // a frame without mask
  // The same points on both devices, whatever each generator would draw.
  const auto drawn = [](const s2d::torch::point_request& request) {
    const auto generator =
        ::at::detail::createCPUGenerator(17 + 8 * static_cast<std::uint64_t>(request.why) +
                                         static_cast<std::uint64_t>(request.clip));
    return ::at::rand({request.rows, request.points, 2}, generator);
  };
  s2d::torch::criterion_options options;
  options.matcher.points = 2000;
  options.points.points = 1500;
  // All points, so that no order of equal doubts matters.
  options.points.oversample = 1;
  options.points.importance = 1;
  const auto run = [&](const ::torch::Device& device) {
    s2d::torch::video_prediction prediction;
    prediction.mask_logits = logits.to(device, false, true).requires_grad_();
    prediction.class_logits = classes.to(device);
    std::vector<s2d::torch::clip_targets> there;
    for (const auto& clip : targets)
      there.push_back({clip.masks.to(device), clip.weights.to(device), clip.name});
    const auto result = s2d::torch::criterion(
        prediction, there, options,
        [&](const s2d::torch::point_request& request) { return drawn(request).to(device); });
    const auto gradient =
        ::torch::autograd::grad({result.total({})}, {prediction.mask_logits})[0].cpu();
    return std::pair{result, gradient};
  };
  const auto [expected, expected_gradient] = run(::torch::kCPU);
  for (const bool deterministic : {false, true}) {
    ::at::globalContext().setDeterministicAlgorithms(deterministic, true);
    const auto [found, gradient] = run(::torch::kCUDA);
    CHECK(found.outputs[0].mask.cpu().item<double>() ==
          Approx(expected.outputs[0].mask.item<double>()).epsilon(1e-4));
    CHECK(found.outputs[0].dice.cpu().item<double>() ==
          Approx(expected.outputs[0].dice.item<double>()).epsilon(1e-4));
    for (std::size_t b = 0; b < 2; ++b)
      CHECK(found.outputs[0].matches[b].queries == expected.outputs[0].matches[b].queries);
    CHECK(::torch::allclose(gradient, expected_gradient, 1e-3, 1e-5));
    if (deterministic) CHECK(::torch::equal(gradient, run(::torch::kCUDA).second));
  }
  ::at::globalContext().setDeterministicAlgorithms(false, false);
}
