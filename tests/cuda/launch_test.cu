// Launches and Thrust's steps that CUDA refuses. On a machine without a device every call is.
#include <cstdint>
#include <cstdlib>

#include <cuda_runtime.h>

#include <s2d/cuda/detail/launch.cuh>

#include "support/catch.hpp"

using s2d::cuda::cuda_error;
using s2d::cuda::detail::device_executor;

// Kernels have external linkage, and so has what they are made of.
namespace launch_test {

struct nothing {
  S2D_HD void operator()(std::int64_t) const {}
};
struct no_block {
  static constexpr int threads = 32;
  struct shared {};
  template <class Block>
  S2D_DEVICE void operator()(Block&, std::int64_t) const {}
};

}  // namespace launch_test

namespace {

using launch_test::no_block;
using launch_test::nothing;

// Memory that is there without a device, so that a step gets as far as Thrust.
struct host_memory final : s2d::cuda::memory_resource {
  int held = 0;
  void* allocate(std::size_t bytes, CUstream_st*) override {
    ++held;
    return std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  }
  void deallocate(void* memory, std::size_t, CUstream_st*) noexcept override {
    --held;
    std::free(memory);
  }
};

}  // namespace

TEST_CASE("a launch does not take the blame for an older error, and takes it away", "[cuda]") {
  const device_executor run{{}};
  const auto check = [&](const auto& launch, const char* own) {
    if (s2d::cuda::device_count() == 0) {  // CUDA says the same before and after every call
      CHECK_THROWS_WITH(launch(), Catch::StartsWith(own));
      return;
    }
    REQUIRE(cudaSetDevice(-1) != cudaSuccess);
    REQUIRE(cudaPeekAtLastError() != cudaSuccess);
    CHECK_THROWS_WITH(launch(),
                      Catch::StartsWith("call: not started, an earlier CUDA call had failed: "));
    CHECK(cudaPeekAtLastError() == cudaSuccess);
    CHECK_NOTHROW(launch());
  };
  check([&] { run.for_each("call", 7, nothing{}); }, "call: kernel over 7 elements: cudaError");
  check([&] { run.for_each_block("call", 3, no_block{}); },
        "call: kernel of 3 blocks of 32 threads: cudaError");
}

TEST_CASE("an error of earlier work is said to be one", "[cuda]") {
  using s2d::cuda::detail::require_success;
  CHECK_THROWS_WITH(require_success(cudaErrorIllegalAddress, "copy: ", 8, " bytes"),
                    Catch::StartsWith("copy: 8 bytes: found that earlier work failed: "
                                      "cudaErrorIllegalAddress ("));
  CHECK_THROWS_WITH(require_success(cudaErrorInvalidConfiguration, "call"),
                    Catch::StartsWith("call: cudaErrorInvalidConfiguration ("));
  try {
    require_success(cudaErrorMemoryAllocation, "call");
    CHECK(false);
  } catch (const cuda_error& error) {
    CHECK(error.code() == cudaErrorMemoryAllocation);
  }
}

TEST_CASE("what Thrust throws comes out with the name of the call and its numbers", "[cuda]") {
  if (s2d::cuda::device_count() > 0) return;  // refuses nothing
  host_memory memory;
  const device_executor run{{nullptr, &memory}};
  float scores[3]{};
  std::int64_t indices[3]{};
  for (int round = 0; round < 2; ++round) {
    CHECK_THROWS_AS(run.sort_by_falling("call", scores, indices, 3), cuda_error);
    CHECK_THROWS_WITH(run.sort_by_falling("call", scores, indices, 3),
                      Catch::StartsWith("call: sorting 3 scores: "));
    CHECK(memory.held == 0);
  }
  CHECK_NOTHROW(run.sort_by_falling("call", scores, indices, 1));
}
