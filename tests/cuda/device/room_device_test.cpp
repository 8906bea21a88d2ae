#include <s2d/cuda/components.hpp>
#include <s2d/cuda/hungarian.hpp>
#include <s2d/cuda/iou.hpp>
#include <s2d/cuda/mask_loss.hpp>
#include <s2d/cuda/pack.hpp>

#include <cstdint>
#include <string>
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

// No device is needed to see that an address is none of its own. Extents are such that all other
// memory of the call has none.
TEST_CASE("host memory is refused by name, required or optional", "[device]") {
  using namespace s2d::cuda;
  std::uint8_t bytes[4]{};
  std::uint64_t word = 0;
  float numbers[4]{};
  const auto refused = [](const char* what) {
    return std::string{what} + ": the address is not one of device memory";
  };
  CHECK_THROWS_WITH(pack(batch_view<const std::uint8_t>{bytes, 1, 1, 1}, bits_view{&word, 1, 1, 1}),
                    refused("pack"));
  const const_bits_view none{nullptr, 0, 0, 3}, empty{nullptr, 4, 0, 3};
  CHECK_THROWS_WITH(tube_iou(empty, bytes, none, nullptr, 2, nullptr),
                    refused("tube_iou: present_a"));
  CHECK_THROWS_WITH(tube_iou(none, nullptr, empty, bytes, 2, nullptr),
                    refused("tube_iou: present_b"));
  const clip_logits no_queries{nullptr, 0, 2, 5, 6};
  CHECK_THROWS_WITH(matching_cost(no_queries, empty, nullptr, 0, numbers, nullptr),
                    refused("matching_cost: labelled"));
  CHECK_THROWS_WITH(
      temporal_drop_loss(no_queries, empty, nullptr, nullptr, 0, nullptr, 0, numbers, nullptr),
      refused("temporal_drop_loss: weights"));
}

TEST_CASE("host memory is refused by name where the rest is the device's", "[device]") {
  using namespace s2d::cuda;
  if (!support::has_device()) return;
  double totals[1]{};
  float numbers[30]{};
  std::int32_t labels[6]{};
  device_buffer<float> memory{30};
  device_buffer<std::int32_t> places{1};
  device_buffer<drop_loss_result> result{1};
  device_buffer<std::uint64_t> words{2};
  CHECK_THROWS_WITH(hungarian(memory.data(), 1, 1, 1, places.data(), places.data(), totals),
                    "hungarian: totals: the address is not one of device memory");
  CHECK_THROWS_WITH(
      temporal_drop_loss({memory.data(), 1, 1, 5, 6}, {words.data(), 0, 1, 1}, nullptr, nullptr, 0,
                         nullptr, 0, nullptr, result.data(), numbers),
      "temporal_drop_loss: gradient: the address is not one of device memory");
  CHECK_THROWS_WITH(
      components(const_bits_view{words.data(), 1, 2, 3}, s2d::connectivity::eight, labels),
      "components: labels: the address is not one of device memory");
}
