#include <s2d/cuda/components.hpp>
#include <s2d/cuda/detail/components.hpp>
#include <s2d/mask/components.hpp>

#include <cstdint>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_buffer;
using support::host_executor;
using support::mask_batch;

void check_components(const mask_batch& batch, s2d::connectivity touching) {
  const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
  const bool corners = touching == s2d::connectivity::eight;
  const auto words = batch.words();
  const const_bits_view in{words.data(), n, h, w};
  std::vector<std::int32_t> labels(static_cast<std::size_t>(n * h * w), -1);
  const host_executor host;
  const auto found = detail::components_on<host_buffer>(host, in, corners, labels.data());
  CHECK(host.fetches == 1);
  std::vector<std::uint64_t> filled(words.size(), 0xA5);
  detail::fill_holes_on<host_buffer>(host, in, corners, filled.data());
  for (std::int64_t i = 0; i < n; ++i) {
    const auto mask = brute_force::pack(batch.masks[static_cast<std::size_t>(i)]);
    const auto expected = s2d::components(mask, touching, s2d::component_order::scan);
    const std::uint64_t first = found.offsets.data()[i];
    REQUIRE(found.offsets.data()[i + 1] - first == expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      const auto& item = expected.items[k];
      CHECK(found.items.data()[first + k] ==
            component_item{item.area,
                           {item.bounds.x, item.bounds.y, item.bounds.width, item.bounds.height}});
    }
    const auto picture = s2d::labels(expected);
    CHECK(std::equal(picture.values.begin(), picture.values.end(), labels.begin() + i * h * w));
    const auto whole = s2d::fill_holes(mask, touching);
    CHECK(std::equal(whole.words().begin(), whole.words().end(),
                     filled.begin() + i * in.words_per_mask()));
  }
}

}  // namespace

TEST_CASE("components, labels and filled holes are the core's", "[cuda][components]") {
  for (const auto touching : {s2d::connectivity::four, s2d::connectivity::eight}) {
    CAPTURE(touching == s2d::connectivity::four);
    support::for_all_batches(1,
                             [&](const mask_batch& batch) { check_components(batch, touching); });
  }
}

TEST_CASE("spirals, combs and rings are one component, or many", "[cuda][components]") {
  std::mt19937 random{2};
  for (const auto touching : {s2d::connectivity::four, s2d::connectivity::eight})
    for (const std::int64_t size : {5, 64, 65, 130}) {
      mask_batch batch{random, 4, size, size};
      for (std::int64_t y = 0; y < size; ++y)
        for (std::int64_t x = 0; x < size; ++x) {
          const std::int64_t ring = (std::min)((std::min)(x, y), size - 1 - (std::max)(x, y));
          batch.masks[0](y, x) = ring % 2 == 0;                // rings in rings
          batch.masks[1](y, x) = x % 2 == 0 || y == size - 1;  // a comb from below
          batch.masks[2](y, x) = (x + y) % 2 == 0;             // a chessboard
          batch.masks[3](y, x) = ring % 2 == 0 && !(x == ring && y == ring + 1);  // opened rings
        }
      check_components(batch, touching);
    }
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
