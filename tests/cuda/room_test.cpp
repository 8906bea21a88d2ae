#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/error.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/memory_words.hpp>

#include <random>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using s2d::cuda::checks::checked_product;
using s2d::cuda::checks::require_device;
using s2d::cuda::checks::require_view;

// Every thread adds up what its neighbours left in shared memory, in turns.
struct neighbour_sums {
  static constexpr int threads = 64;
  static constexpr bool exact_threads = true;
  struct shared {
    int values[threads];
  };
  int* out;
  template <class Block>
  void operator()(Block& block, std::int64_t index) const {
    auto& mine = block.template shared<shared>();
    const int t = block.thread();
    mine.values[t] = t + static_cast<int>(index);
    block.sync();
    const int sum = mine.values[(t + 1) % threads] + mine.values[(t + threads - 1) % threads];
    const int total = block.reduce(sum, [](int a, int b) { return a + b; });
    const bool last = block.any(t == threads - 1 && index == 2);
    if (t == 0) out[index] = total + (last ? 1 : 0);
  }
};

}  // namespace

TEST_CASE("extents are multiplied without wrapping around", "[cuda]") {
  CHECK(checked_product("x", 3, 4, 5) == 60);
  CHECK(checked_product("x", INT64_MAX, 0, INT64_MAX) == 0);
  CHECK_THROWS_WITH(checked_product("call", -1, 4),
                    "call: extents are -1 x 4, expected non-negative");
  CHECK_THROWS_WITH(checked_product("call", std::int64_t{1} << 40, std::int64_t{1} << 20),
                    "call: extents are 1099511627776 x 1048576, expected a product below 2^59");
  CHECK_THROWS_AS(checked_product("call", INT64_MAX, INT64_MAX), s2d::invalid_input);
}

TEST_CASE("null and misaligned addresses are refused by name", "[cuda]") {
  CHECK_NOTHROW(require_device<float>("x", nullptr, 0));
  CHECK_THROWS_WITH(require_device<float>("call", nullptr, 7),
                    "call: the address is null, expected device memory of 7 elements");
  const auto* odd = reinterpret_cast<const float*>(std::uintptr_t{4097});
  CHECK_THROWS_WITH(require_device("call", odd, 7),
                    "call: the address is not a multiple of 4, the size of an element");
}

TEST_CASE("memory that may be left out is checked where it is given", "[cuda]") {
  using s2d::cuda::checks::require_optional;
  CHECK_NOTHROW(require_optional<float>("call", nullptr, 7));
  const auto* odd = reinterpret_cast<const float*>(std::uintptr_t{4097});
  CHECK_NOTHROW(require_optional("call", odd, 0));
  CHECK_THROWS_WITH(require_optional("call", odd, 7),
                    "call: the address is not a multiple of 4, the size of an element");
}

TEST_CASE("strides that reach beyond 2^59 elements are refused", "[cuda]") {
  std::uint8_t byte = 0;
  s2d::cuda::batch_view<std::uint8_t> view{&byte, 2, 2, 2, std::int64_t{1} << 60, 2, 1};
  CHECK_THROWS_AS(require_view("call", view), s2d::invalid_input);
  view.plane_stride = INT64_MIN;
  CHECK_THROWS_AS(require_view("call", view), s2d::invalid_input);
}

TEST_CASE("views count planes, rows and columns of any strides", "[cuda]") {
  std::vector<int> values(24);
  for (int i = 0; i < 24; ++i) values[static_cast<std::size_t>(i)] = i;
  const s2d::cuda::batch_view<const int> rows{values.data(), 2, 3, 4};
  CHECK(rows(1, 2, 3) == 23);
  CHECK(rows(1, 0, 1) == 13);
  const auto columns = s2d::cuda::batch_view<const int>::column_major(values.data(), 2, 3, 4);
  CHECK(columns(1, 2, 3) == 23);
  CHECK(columns(0, 2, 0) == 2);
  CHECK(columns(0, 0, 1) == 3);
}

TEST_CASE("a shared divisor divides as the operator does", "[cuda]") {
  constexpr std::int64_t large = std::int64_t{1} << 31;
  std::int64_t wrong = 0;
  const auto check = [&](std::int64_t d, std::int64_t i) {
    const s2d::cuda::detail::quotient found = s2d::cuda::detail::divisor{d}.divide(i);
    if (found.whole == i / d && found.rest == i % d) return;
    ++wrong;
    UNSCOPED_INFO(i << " / " << d << " gave " << found.whole << ", " << found.rest);
  };
  std::mt19937_64 random{1};
  std::vector<std::int64_t> divisors{large - 1, large, large + 1, large << 9};
  for (std::int64_t d = 1; d < 3000; ++d) divisors.push_back(d);
  for (int bit = 1; bit < 40; ++bit)
    for (const std::int64_t off : {-1, 0, 1}) divisors.push_back((std::int64_t{1} << bit) + off);
  for (int i = 0; i < 3000; ++i)
    divisors.push_back(1 + static_cast<std::int64_t>(random() >> (20 + random() % 40)));
  for (const std::int64_t d : divisors) {
    for (const std::int64_t i : {std::int64_t{0}, large - 1, large, large + 1, large << 20})
      check(d, i);
    for (int k = 0; k < 50; ++k) {
      const auto near = static_cast<std::int64_t>(random() >> (random() % 40 + 10)) / d * d;
      for (const std::int64_t i : {near - 1, near, near + 1})
        if (i >= 0) check(d, i);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("threads of a block on the processor share memory, barriers and sums",
          "[cuda][threads]") {
  std::vector<int> out(3);
  support::host_executor{}.for_each_block("sums", 3, neighbour_sums{out.data()});
  const int base = 2 * (63 * 64 / 2);
  CHECK(out == std::vector<int>{base, base + 2 * 64, base + 4 * 64 + 1});
}

TEST_CASE("the host's sums and sorting are what the device promises", "[cuda]") {
  const support::host_executor host;
  std::mt19937 random{1};
  for (const std::int64_t n : {0, 1, 2, 65, 1000}) {
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(n));
    for (auto& count : counts) count = static_cast<std::uint32_t>(random());
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(n) + 1, 7);
    host.running_sums("", counts.data(), n, sums.data());
    std::uint64_t sum = 0;
    CHECK(sums[0] == 0);
    for (std::size_t i = 0; i < counts.size(); ++i) CHECK(sums[i + 1] == (sum += counts[i]));
  }
  std::vector<float> scores{1, 3, 2, 3, -1};
  std::vector<std::int64_t> indices{0, 1, 2, 3, 4};
  host.sort_by_falling("", scores.data(), indices.data(), 5);
  CHECK(indices == std::vector<std::int64_t>{1, 3, 2, 0, 4});
  CHECK(scores == std::vector<float>{3, 3, 2, 1, -1});
}

TEST_CASE("atomic steps on the processor are the arithmetic they name", "[cuda]") {
  using namespace s2d::cuda::detail;
  int value = 5;
  CHECK(atomic_add(&value, 3) == 5);
  CHECK(atomic_min(&value, 4) == 8);
  CHECK(atomic_max(&value, 9) == 4);
  atomic_or(&value, 2);
  CHECK(atomic_load(&value) == 11);
  atomic_store(&value, 1);
  CHECK(value == 1);
  CHECK(popcount(0xF0F0ull) == 8);
  CHECK(lowest_bit(0xF0F0ull) == 4);
}

#if defined(S2D_TEST_CUDA_LIBRARY)
TEST_CASE("a machine without a device says so, call by call, and recovers", "[cuda]") {
  if (s2d::cuda::device_count() > 0) return;
  for (int round = 0; round < 2; ++round) {
    CHECK_THROWS_AS(s2d::cuda::device_buffer<float>(100), s2d::cuda::cuda_error);
    CHECK_THROWS_WITH(s2d::cuda::device_buffer<float>(100),
                      Catch::Contains("allocate: 400 bytes: "));
    CHECK_THROWS_AS(s2d::cuda::synchronize(), s2d::cuda::cuda_error);
    CHECK_NOTHROW(s2d::cuda::device_buffer<float>(0));
  }
}
#endif
