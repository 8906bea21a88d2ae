// s2d::cuda's kernels behind LibTorch's tensors. Linked only with a LibTorch that has CUDA.
#include <s2d/torch/ms_deform_attn_cuda.hpp>

#include <iostream>
#include <vector>

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
