// What assignments, groups of rows and points as pixels have to be, on the processor and on a
// device. Side: where they are made.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <s2d/assign/hungarian.hpp>
#include <s2d/cluster/hamming.hpp>
#include <s2d/coherence/point_mask.hpp>

#include "support/catch.hpp"

namespace support {

inline constexpr float forbidden = std::numeric_limits<float>::infinity();

struct solved {
  std::vector<std::int32_t> column_of, status;
  std::vector<double> totals;
};
struct grouped {
  std::vector<std::int32_t> label;
  std::int32_t count;
};

/// Costs that the core takes, of one best matching each.
template <class Side>
void check_assignments(std::mt19937& random, std::int64_t count, std::int64_t n, std::int64_t m,
                       bool maximize) {
  CAPTURE(count, n, m, maximize);
  std::vector<float> cost;
  for (std::int64_t i = 0; i < count * n * m; ++i)
    cost.push_back(static_cast<float>(random() >> 8) - 0x1p23f);  // no two sums alike
  const solved found = Side::hungarian(cost, count, n, m, maximize);
  REQUIRE(found.totals.size() == static_cast<std::size_t>(count));
  for (std::int64_t b = 0; b < count; ++b) {
    const auto expected =
        s2d::hungarian(s2d::plane_view<const float>{cost.data() + b * n * m, n, m}, {maximize});
    REQUIRE(expected.has_value());
    const auto at = static_cast<std::size_t>(b);
    CHECK(found.status[at] == 0);
    CHECK(found.totals[at] == Approx(expected->total).epsilon(1e-12));
    for (std::int64_t i = 0; i < n; ++i)
      CHECK(found.column_of[static_cast<std::size_t>(b * n + i)] ==
            expected->column_of[static_cast<std::size_t>(i)]);
  }
}

template <class Side>
void check_small_assignments() {
  std::mt19937 random{1};
  for (const auto& [n, m] :
       {std::pair{0, 3}, {3, 0}, {1, 1}, {1, 5}, {5, 1}, {4, 4}, {3, 9}, {9, 3}, {12, 13}})
    for (const bool maximize : {false, true}) check_assignments<Side>(random, 4, n, m, maximize);
  check_assignments<Side>(random, 0, 3, 4, false);
}

template <class Side>
void check_tied_assignments() {
  std::mt19937 random{2};
  const std::int64_t count = 12, n = 7, m = 9;
  std::vector<float> cost;
  for (std::int64_t i = 0; i < count * n * m; ++i)
    cost.push_back(random() % 5 == 0 ? forbidden : static_cast<float>(random() % 4));
  const solved found = Side::hungarian(cost, count, n, m, false);
  for (std::int64_t b = 0; b < count; ++b) {
    const auto expected =
        s2d::hungarian(s2d::plane_view<const float>{cost.data() + b * n * m, n, m});
    CHECK((found.status[static_cast<std::size_t>(b)] == 0) == expected.has_value());
    if (expected) CHECK(found.totals[static_cast<std::size_t>(b)] == expected->total);
  }
  CHECK(Side::hungarian(std::vector<float>(12, 2.5f), 1, 3, 4, false).column_of ==
        std::vector<std::int32_t>{0, 1, 2});
  CHECK(Side::hungarian(std::vector<float>(12, 2.5f), 1, 4, 3, false).column_of ==
        std::vector<std::int32_t>{0, 1, 2, -1});
}

template <class Side>
void check_broken_assignments() {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> cost{1,         2,          3, 4,          //
                                1,         forbidden,  2, forbidden,  // both rows want column 0
                                1,         nan,        2, 3,          //
                                1,         -forbidden, 2, 3,          //
                                forbidden, 1,          1, forbidden};
  const solved found = Side::hungarian(cost, 5, 2, 2, false);
  CHECK(found.status == std::vector<std::int32_t>{0, 1, 2, 2, 0});
  CHECK(found.column_of == std::vector<std::int32_t>{0, 1, -1, -1, -1, -1, -1, -1, 1, 0});
  CHECK(found.totals == std::vector<double>{5, 0, 0, 0, 2});
}

/// Rows near some centres, and noise.
inline s2d::bit_matrix random_rows(std::mt19937& random, std::int64_t n, std::int64_t columns) {
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

template <class Side>
void check_dbscan(std::mt19937& random, std::int64_t n, std::int64_t columns) {
  const auto rows = random_rows(random, n, columns);
  for (const double eps : {0.0, 0.1, 0.2, 0.3}) {
    CAPTURE(n, columns, eps);
    const std::int64_t least = n == 60 ? 1 : 5;
    const auto expected = s2d::dbscan(s2d::hamming_neighbors{rows, eps},
                                      s2d::dbscan_options{static_cast<std::size_t>(least)});
    const grouped found = Side::dbscan(rows, eps, least);
    CHECK(found.label == expected.label);
    CHECK(found.count == expected.count);
  }
}

template <class Side>
void check_small_dbscan() {
  std::mt19937 random{3};
  for (const std::int64_t n : {0, 1, 4, 60, 300, 700})
    for (const std::int64_t columns : {0, 1, 40, 64, 100, 150})
      check_dbscan<Side>(random, n, columns);
}

template <class Side>
void check_rasterize() {
  std::mt19937 random{4};
  struct shape {
    std::int64_t sets, per_set, h, w;
  };
  for (const auto& [sets, per_set, h, w] : std::vector<shape>{
           {3, 400, 17, 70}, {0, 5, 3, 4}, {2, 0, 3, 4}, {1, 3, 0, 9}, {1, 1, 1, 1}}) {
    CAPTURE(sets, per_set, h, w);
    std::vector<float> points;
    for (std::int64_t i = 0; i < 2 * sets * per_set; ++i) {
      const auto kind = random() % 20;
      points.push_back(kind == 0   ? std::numeric_limits<float>::quiet_NaN()
                       : kind == 1 ? forbidden
                       : kind < 8
                           ? static_cast<float>(static_cast<int>(random() % 160) - 10) / 2
                           : static_cast<float>(static_cast<int>(random() % 8000) - 400) / 100);
    }
    std::vector<std::uint64_t> expected;
    for (std::int64_t s = 0; s < sets; ++s) {
      std::vector<s2d::point> set;
      for (std::int64_t i = s * per_set; i < (s + 1) * per_set; ++i) {
        const auto at = static_cast<std::size_t>(2 * i);
        set.push_back({points[at], points[at + 1]});
      }
      const auto mask = s2d::rasterize(set, h, w);
      expected.insert(expected.end(), mask.words().begin(), mask.words().end());
    }
    CHECK(Side::rasterize(points, sets, per_set, h, w) == expected);
  }
}

}  // namespace support
