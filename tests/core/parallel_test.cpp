#include <s2d/core/parallel.hpp>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

TEST_CASE("every index is visited once for any number of threads", "[parallel][threads]") {
  for (const std::size_t n : {0u, 1u, 2u, 7u, 1000u}) {
    for (const std::size_t threads : {0u, 1u, 2u, 3u, 16u}) {
      CAPTURE(n, threads);
      std::vector<int> visits(n);
      s2d::parallel_for(n, threads, [&](std::size_t i) { ++visits[i]; });
      CHECK(visits == std::vector<int>(n, 1));
    }
  }
}

TEST_CASE("the exception of the smallest throwing index comes out", "[parallel][threads]") {
  for (const std::size_t threads : {1u, 2u, 8u}) {
    CAPTURE(threads);
    CHECK_THROWS_WITH(s2d::parallel_for(100, threads,
                                        [](std::size_t i) {
                                          if (i >= 40) throw std::runtime_error{std::to_string(i)};
                                        }),
                      "40");
  }
}

TEST_CASE("no index is begun after a throw was seen", "[parallel]") {
  std::atomic<int> calls{0};
  CHECK_THROWS(s2d::parallel_for(1000, 1, [&](std::size_t) {
    ++calls;
    throw std::runtime_error{"stop"};
  }));
  CHECK(calls == 1);
}

TEST_CASE("zero threads means one per processor, never none", "[parallel]") {
  CHECK(s2d::thread_count(0) >= 1);
  CHECK(s2d::thread_count(5) == 5);
}

TEST_CASE("an absurd number of threads is cut to one that can be multiplied", "[parallel]") {
  CHECK(s2d::thread_count(static_cast<std::size_t>(-1)) == 4096);
  CHECK(s2d::thread_count(std::size_t{1} << 61) == 4096);
}
