#include <s2d/cuda/components.hpp>
#include <s2d/cuda/detail/components.hpp>

#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "cuda/components_cases.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_buffer;
using support::host_executor;
using support::mask_batch;

struct components_twin {
  static support::found_components components(const mask_batch& batch, s2d::connectivity touching) {
    const auto words = batch.words();
    support::found_components found;
    found.labels.assign(static_cast<std::size_t>(batch.count * batch.height * batch.width), -1);
    const host_executor host;
    const auto all = detail::components_on<host_buffer>(
        host, {words.data(), batch.count, batch.height, batch.width},
        touching == s2d::connectivity::eight, found.labels.data());
    CHECK(host.fetches == 1);
    for (std::int64_t i = 0; i < batch.count; ++i) {
      auto& items = found.items.emplace_back();
      for (auto k = all.offsets.data()[i]; k < all.offsets.data()[i + 1]; ++k) {
        const auto& [area, at] = all.items.data()[k];
        items.push_back({area, {at.x, at.y, at.width, at.height}});
      }
    }
    return found;
  }
  static std::vector<std::uint64_t> fill_holes(const mask_batch& batch,
                                               s2d::connectivity touching) {
    const auto words = batch.words();
    std::vector<std::uint64_t> filled(words.size(), 0xA5);
    detail::fill_holes_on<host_buffer>(host_executor{},
                                       {words.data(), batch.count, batch.height, batch.width},
                                       touching == s2d::connectivity::eight, filled.data());
    return filled;
  }
};

}  // namespace

TEST_CASE("components, labels and filled holes are the core's", "[cuda][components]") {
  support::check_all_components<components_twin>();
}

TEST_CASE("spirals, combs and rings are one component, or many", "[cuda][components]") {
  support::check_mazes<components_twin>();
}

TEST_CASE("many threads that join at once find the same components",
          "[cuda][components][threads]") {
  std::mt19937 random{3};
  mask_batch batch{random, 1, 200, 200};
  for (auto& value : batch.masks[0].values) value = random() % 8 < 5;
  const auto words = batch.words();
  const detail::mask_words in{{words.data(), 1, 200, 200}};
  const std::int64_t count = in.in.size();
  std::vector<std::uint32_t> counts(static_cast<std::size_t>(count));
  std::vector<std::uint64_t> sums(counts.size() + 1);
  const host_executor host;
  host.for_each("", count, detail::count_starts{in, counts.data()});
  host.running_sums("", counts.data(), count, sums.data());
  const std::size_t runs = sums.back();
  std::vector<std::uint32_t> begin(runs), end(runs), row(runs), parent(runs), roots(runs);
  const detail::run_arrays arrays{begin.data(), end.data(), row.data(), parent.data()};
  host.for_each("", count, detail::write_runs{in, sums.data(), arrays});
  const detail::join_rows join{arrays, sums.data(), 200, in.per_row(), 1};
  std::vector<std::thread> team;
  for (std::size_t t = 0; t < 4; ++t)
    team.emplace_back([&, t] {
      for (std::size_t i = t; i < runs; i += 4) join(static_cast<std::int64_t>(i));
    });
  for (auto& thread : team) thread.join();
  host.for_each("", static_cast<std::int64_t>(runs), detail::flatten_runs{arrays, roots.data()});
  std::size_t number = 0;
  for (const auto root : roots) number += root;
  CHECK(number == s2d::components(brute_force::pack(batch.masks[0])).size());
}

TEST_CASE("batches with too many runs for 32 bits are refused", "[cuda][components]") {
  alignas(8) std::uint64_t word = 0;
  CHECK_THROWS_AS(
      checks::require_components("x", const_bits_view{&word, 1 << 20, 1 << 10, 1 << 10}),
      s2d::invalid_input);
}
