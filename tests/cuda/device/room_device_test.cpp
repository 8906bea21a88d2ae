#include <cstdint>
#include <vector>

#include "cuda/device/support.hpp"

TEST_CASE("values go to the device and come back", "[device]") {
  if (!support::has_device()) return;
  for (const std::size_t n : {0, 1, 1000}) {
    std::vector<std::int32_t> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<std::int32_t>(i * i);
    CHECK(s2d::cuda::to_host(s2d::cuda::to_device(values)) == values);
  }
}

TEST_CASE("device memory is told from host memory", "[device]") {
  if (!support::has_device()) return;
  const s2d::cuda::device_buffer<int> buffer{10};
  const std::vector<int> host(10);
  CHECK(s2d::cuda::detail::is_device_memory(buffer.data()));
  CHECK_FALSE(s2d::cuda::detail::is_device_memory(host.data()));
}

TEST_CASE("running out of memory is an exception, and the next call works", "[device]") {
  if (!support::has_device()) return;
  CHECK_THROWS_AS(s2d::cuda::device_buffer<char>(std::int64_t{1} << 50), s2d::cuda::cuda_error);
  CHECK_NOTHROW(s2d::cuda::device_buffer<char>(1000));
  CHECK_NOTHROW(s2d::cuda::synchronize());
}

TEST_CASE("memory can come from a resource of the caller", "[device]") {
  if (!support::has_device()) return;
  struct counting final : s2d::cuda::memory_resource {
    int given = 0, taken = 0;
    void* allocate(std::size_t bytes, CUstream_st* stream) override {
      ++given;
      return s2d::cuda::default_memory().allocate(bytes, stream);
    }
    void deallocate(void* memory, std::size_t bytes, CUstream_st* stream) noexcept override {
      ++taken;
      s2d::cuda::default_memory().deallocate(memory, bytes, stream);
    }
  } resource;
  { const s2d::cuda::device_buffer<int> buffer{10, {nullptr, &resource}}; }
  CHECK(resource.given == 1);
  CHECK(resource.taken == 1);
}
