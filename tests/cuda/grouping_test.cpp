#include <s2d/assign/hungarian.hpp>
#include <s2d/cluster/hamming.hpp>
#include <s2d/coherence/point_mask.hpp>
#include <s2d/cuda/dbscan.hpp>
#include <s2d/cuda/detail/dbscan.hpp>
#include <s2d/cuda/detail/hungarian.hpp>
#include <s2d/cuda/hungarian.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_executor;

constexpr float forbidden = std::numeric_limits<float>::infinity();

struct solved {
  std::vector<std::int32_t> column_of, status;
  std::vector<double> totals;
};

solved solve(const std::vector<float>& cost, std::int64_t count, std::int64_t n, std::int64_t m,
             bool maximize = false) {
  solved s{std::vector<std::int32_t>(static_cast<std::size_t>(count * n), 7),
           std::vector<std::int32_t>(static_cast<std::size_t>(count), 7),
           std::vector<double>(static_cast<std::size_t>(count), 7)};
  detail::hungarian_on(host_executor{}, cost.data(), count, n, m, maximize, s.column_of.data(),
                       s.totals.data(), s.status.data());
  return s;
}

// Rows near some centres, and noise.
s2d::bit_matrix random_rows(std::mt19937& random, std::int64_t n, std::int64_t columns) {
  s2d::bit_matrix rows(n, columns);
  for (std::int64_t i = 0; i < n; ++i) {
    const auto centre = random() % 5;
    for (std::int64_t c = 0; c < columns; ++c) {
      const bool base =
          centre == 4 ? random() % 2 == 0 : (c * 4 / columns) == static_cast<std::int64_t>(centre);
      rows.set(i, c, base != (random() % 12 == 0));
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("batches of assignments cost what the core's cost, and are the same where unique",
          "[cuda][hungarian][threads]") {
  std::mt19937 random{1};
  for (const auto& [n, m] : {std::pair{1, 1}, {1, 5}, {5, 1}, {4, 4}, {3, 9}, {9, 3}, {12, 13}})
    for (const bool maximize : {false, true}) {
      CAPTURE(n, m, maximize);
      const std::int64_t count = 4;
      std::vector<float> cost;
      for (std::int64_t i = 0; i < count * n * m; ++i)
        cost.push_back(static_cast<float>(static_cast<int>(random() % 2000) - 1000) / 64 +
                       static_cast<float>(i) * 0x1p-12f);
      const auto found = solve(cost, count, n, m, maximize);
      for (std::int64_t b = 0; b < count; ++b) {
        const s2d::plane_view<const float> table{cost.data() + b * n * m, n, m};
        const auto expected = s2d::hungarian(table, {maximize});
        REQUIRE(expected.has_value());
        const auto at = static_cast<std::size_t>(b);
        CHECK(found.status[at] == 0);
        CHECK(found.totals[at] == Approx(expected->total).epsilon(1e-12));
        for (std::int64_t i = 0; i < n; ++i)
          CHECK(found.column_of[static_cast<std::size_t>(b * n + i)] ==
                expected->column_of[static_cast<std::size_t>(i)]);
      }
    }
}

TEST_CASE("whole costs with ties cost what the core's cost", "[cuda][hungarian][threads]") {
  std::mt19937 random{2};
  const std::int64_t count = 12, n = 7, m = 9;
  std::vector<float> cost;
  for (std::int64_t i = 0; i < count * n * m; ++i)
    cost.push_back(random() % 5 == 0 ? forbidden : static_cast<float>(random() % 4));
  const auto found = solve(cost, count, n, m);
  for (std::int64_t b = 0; b < count; ++b) {
    const s2d::plane_view<const float> table{cost.data() + b * n * m, n, m};
    const auto expected = s2d::hungarian(table);
    CHECK((found.status[static_cast<std::size_t>(b)] == 0) == expected.has_value());
    if (expected) CHECK(found.totals[static_cast<std::size_t>(b)] == expected->total);
  }
}

TEST_CASE("equal costs match row i with column i", "[cuda][hungarian][threads]") {
  const auto found = solve(std::vector<float>(12, 2.5f), 1, 3, 4);
  CHECK(found.column_of == std::vector<std::int32_t>{0, 1, 2});
  CHECK(solve(std::vector<float>(12, 2.5f), 1, 4, 3).column_of ==
        std::vector<std::int32_t>{0, 1, 2, -1});
}

TEST_CASE("infeasible and broken problems are told apart and leave others alone",
          "[cuda][hungarian][threads]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> cost{1,         2,          3, 4,          //
                                1,         forbidden,  2, forbidden,  // both rows want column 0
                                1,         nan,        2, 3,          //
                                1,         -forbidden, 2, 3,          //
                                forbidden, 1,          1, forbidden};
  const auto found = solve(cost, 5, 2, 2);
  CHECK(found.status == std::vector<std::int32_t>{0, 1, 2, 2, 0});
  CHECK(found.column_of == std::vector<std::int32_t>{0, 1, -1, -1, -1, -1, -1, -1, 1, 0});
  CHECK(found.totals == std::vector<double>{5, 0, 0, 0, 2});
  CHECK(solve({}, 2, 0, 3).status == std::vector<std::int32_t>{0, 0});
}

TEST_CASE("packed rows are grouped as the core groups them", "[cuda][dbscan]") {
  std::mt19937 random{3};
  for (const std::int64_t n : {0, 1, 4, 60, 300, 700})
    for (const std::int64_t columns : {1, 40, 64, 100, 150}) {
      const auto rows = random_rows(random, n, columns);
      for (const double eps : {0.0, 0.1, 0.2, 0.3}) {
        CAPTURE(n, columns, eps);
        const std::size_t least = n == 60 ? 1 : 5;
        const auto expected =
            s2d::dbscan(s2d::hamming_neighbors{rows, eps}, s2d::dbscan_options{least});
        std::vector<std::int32_t> labels(static_cast<std::size_t>(n), 77);
        std::int32_t count = 77;
        const auto limit =
            static_cast<std::uint32_t>(s2d::largest_share(eps, static_cast<std::size_t>(columns)));
        detail::dbscan_on(host_executor{}, {rows.words().data(), n, rows.words_per_row(), limit},
                          static_cast<std::uint32_t>(least), labels.data(), &count);
        CHECK(labels == expected.label);
        CHECK(count == expected.count);
      }
    }
}

TEST_CASE("points become the core's pixels", "[cuda][point_mask]") {
  std::mt19937 random{4};
  const std::int64_t sets = 3, per_set = 400, h = 17, w = 70;
  std::vector<float> points;
  for (std::int64_t i = 0; i < 2 * sets * per_set; ++i) {
    const auto kind = random() % 20;
    points.push_back(kind == 0   ? std::numeric_limits<float>::quiet_NaN()
                     : kind == 1 ? forbidden
                     : kind < 8
                         ? static_cast<float>(static_cast<int>(random() % 160) - 10) / 2
                         : static_cast<float>(static_cast<int>(random() % 8000) - 400) / 100);
  }
  const std::int64_t words = h * ((w + 63) / 64);
  std::vector<std::uint64_t> out(static_cast<std::size_t>(sets * words), 0xA5);
  detail::rasterize_on(host_executor{}, points.data(), per_set, {out.data(), sets, h, w});
  for (std::int64_t s = 0; s < sets; ++s) {
    std::vector<s2d::point> set;
    for (std::int64_t i = 0; i < per_set; ++i) {
      const auto at = static_cast<std::size_t>(2 * (s * per_set + i));
      set.push_back({points[at], points[at + 1]});
    }
    const auto expected = s2d::rasterize(set, h, w);
    CHECK(std::equal(expected.words().begin(), expected.words().end(), out.begin() + s * words));
  }
  for (const float x : {-0.5f, -0.4f, 0.5f, 1.5f, 2.5f, 68.5f, 69.49f, 69.5f, 70.0f})
    CHECK(detail::pixel_of(x, 70) == s2d::detail::pixel_of(x, 70));
}
