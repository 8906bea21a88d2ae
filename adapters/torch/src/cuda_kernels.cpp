// Linked into programs whose LibTorch has CUDA: CUDA tensors get the kernels of s2d::cuda.
#include <s2d/torch/cuda_kernels.hpp>

namespace {

[[maybe_unused]] const bool in_place = [] {
  s2d::torch::use_cuda_kernels();
  return true;
}();

}  // namespace
