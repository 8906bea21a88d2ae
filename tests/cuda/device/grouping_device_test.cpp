#include <s2d/assign/hungarian.hpp>
#include <s2d/cluster/hamming.hpp>
#include <s2d/coherence/point_mask.hpp>
#include <s2d/cuda/dbscan.hpp>
#include <s2d/cuda/hungarian.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"

using namespace s2d::cuda;

namespace {

void check_assignments(std::mt19937& random, std::int64_t count, std::int64_t n, std::int64_t m) {
  CAPTURE(count, n, m);
  std::vector<float> cost;
  for (std::int64_t i = 0; i < count * n * m; ++i)
    cost.push_back(static_cast<float>(random() % 100000) * 0x1p-6f);
  const auto memory = to_device(cost);
  auto column_of = support::rubbish<std::int32_t>(count * n);
  auto status = support::rubbish<std::int32_t>(count);
  auto totals = support::rubbish<double>(count);
  hungarian(memory.data(), count, n, m, column_of.data(), status.data(), totals.data());
  const auto columns = to_host(column_of);
  const auto states = to_host(status);
  const auto sums = to_host(totals);
  for (std::int64_t b = 0; b < count; ++b) {
    const auto at = static_cast<std::size_t>(b);
    const auto expected =
        s2d::hungarian(s2d::plane_view<const float>{cost.data() + b * n * m, n, m});
    REQUIRE(expected.has_value());
    CHECK(states[at] == static_cast<std::int32_t>(assignment_status::matched));
    CHECK(sums[at] == Approx(expected->total).epsilon(1e-12));
    double total = 0;
    std::vector<bool> taken(static_cast<std::size_t>(m));
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int32_t j = columns[static_cast<std::size_t>(b * n + i)];
      if (j < 0) continue;
      CHECK_FALSE(taken[static_cast<std::size_t>(j)]);
      taken[static_cast<std::size_t>(j)] = true;
      total += static_cast<double>(cost[static_cast<std::size_t>((b * n + i) * m + j)]);
    }
    CHECK(total == Approx(expected->total).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("the device's assignments cost what the core's cost", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{1};
  for (const auto& [n, m] : {std::pair{1, 1}, {1, 5}, {5, 1}, {4, 4}, {30, 9}, {33, 130}})
    check_assignments(random, 6, n, m);
}

TEST_CASE("the device matches 200 problems of 100 x 20", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  check_assignments(random, 200, 100, 20);
}

TEST_CASE("the device groups packed rows as the core", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{3};
  for (const std::int64_t n : {0, 1, 300, 1500})
    for (const std::int64_t columns : {40, 100, 150}) {
      CAPTURE(n, columns);
      s2d::bit_matrix rows(n, columns);
      for (std::int64_t i = 0; i < n; ++i) {
        const auto centre = static_cast<std::int64_t>(random() % 5);
        for (std::int64_t c = 0; c < columns; ++c)
          rows.set(i, c,
                   (centre == 4 ? random() % 2 == 0 : c * 4 / columns == centre) !=
                       (random() % 12 == 0));
      }
      const auto expected = s2d::dbscan(s2d::hamming_neighbors{rows, 0.2});
      const auto memory =
          to_device(std::vector<std::uint64_t>{rows.words().begin(), rows.words().end()});
      auto labels = support::rubbish<std::int32_t>(n);
      auto count = support::rubbish<std::int32_t>(1);
      dbscan(memory.data(), n, columns, 0.2, labels.data(), count.data());
      CHECK(to_host(labels) == expected.label);
      CHECK(to_host(count)[0] == expected.count);
    }
}

TEST_CASE("the device's points are the core's pixels", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{4};
  const std::int64_t sets = 3, per_set = 400, h = 17, w = 70, words = h * 2;
  std::vector<float> points;
  for (std::int64_t i = 0; i < 2 * sets * per_set; ++i)
    points.push_back(static_cast<float>(static_cast<int>(random() % 160) - 10) / 2);
  const auto memory = to_device(points);
  auto out = support::rubbish<std::uint64_t>(sets * words);
  rasterize(memory.data(), per_set, bits_view{out.data(), sets, h, w});
  const auto host = to_host(out);
  for (std::int64_t s = 0; s < sets; ++s) {
    std::vector<s2d::point> set;
    for (std::int64_t i = 0; i < per_set; ++i) {
      const auto at = static_cast<std::size_t>(2 * (s * per_set + i));
      set.push_back({points[at], points[at + 1]});
    }
    const auto expected = s2d::rasterize(set, h, w);
    CHECK(std::equal(expected.words().begin(), expected.words().end(), host.begin() + s * words));
  }
}
