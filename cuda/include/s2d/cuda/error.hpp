// The exception of CUDA calls that fail.
#pragma once

#include <stdexcept>
#include <string>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// CUDA refused: no device, a driver too old, out of memory, a launch that failed. The text names
/// the call, what was asked for, and CUDA's own words. The error state of the runtime is cleared
/// where CUDA allows it, so that the next call is not blamed. Bad arguments throw invalid_input.
class cuda_error : public std::runtime_error {
 public:
  cuda_error(int code, const std::string& text) : std::runtime_error{text}, code_{code} {}
  /// The value of cudaError_t.
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
