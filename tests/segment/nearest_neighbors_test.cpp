#include <s2d/segment/nearest_neighbors.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"

namespace {

std::vector<float> points(std::size_t n, std::size_t d, std::uint64_t seed, bool whole) {
  s2d::random_stream random(seed);
  std::vector<float> values(n * d);
  for (float& x : values)
    x = whole ? static_cast<float>(random.below(4)) : static_cast<float>(random.normal());
  return values;
}

s2d::plane_view<const float> view(const std::vector<float>& values, std::size_t d) {
  return {values.data(), static_cast<std::ptrdiff_t>(values.size() / d),
          static_cast<std::ptrdiff_t>(d)};
}

}  // namespace

TEST_CASE("Nearest neighbours are those of a full search, ties by index") {
  struct {
    std::size_t n, d, k;
    bool whole;
  } const cases[] = {{1, 1, 1, false},     {16, 3, 4, true},   {17, 2, 17, true},
                     {300, 12, 12, false}, {1000, 5, 7, true}, {2000, 16, 3, false},
                     {999, 1, 12, true}};
  for (const auto& c : cases) {
    INFO(c.n << " points, " << c.d << " dimensions, k " << c.k);
    const std::vector<float> p = points(c.n, c.d, c.n, c.whole);
    const s2d::neighbor_table found = s2d::nearest_neighbors(view(p, c.d), c.k);
    REQUIRE(found.index.size() == c.n * c.k);
    bool equal = true;
    for (std::size_t i = 0; i < c.n; ++i) {
      std::vector<std::pair<float, std::int32_t>> all;
      for (std::size_t j = 0; j < c.n; ++j) {
        float d = 0;
        for (std::size_t q = 0; q < c.d; ++q) d += std::pow(p[i * c.d + q] - p[j * c.d + q], 2.0F);
        all.emplace_back(d, static_cast<std::int32_t>(j));
      }
      std::sort(all.begin(), all.end());
      for (std::size_t m = 0; m < c.k; ++m) {
        equal = equal && std::fabs(found.squared_distance[i * c.k + m] - all[m].first) <= 1e-4F;
        if (c.whole) equal = equal && found.index[i * c.k + m] == all[m].second;
      }
    }
    CHECK(equal);
  }
}

TEST_CASE("Nearest neighbours with slack are no farther than the slack allows") {
  const std::vector<float> p = points(3000, 6, 9, false);
  const s2d::neighbor_table exact = s2d::nearest_neighbors(view(p, 6), 8);
  const s2d::neighbor_table loose = s2d::nearest_neighbors(view(p, 6), 8, {.slack = 0.5F});
  for (std::size_t e = 0; e < exact.squared_distance.size(); ++e) {
    CHECK(loose.squared_distance[e] >= exact.squared_distance[e]);
    CHECK(loose.squared_distance[e] <= 2.25F * exact.squared_distance[e] + 1e-6F);
  }
}

TEST_CASE("Nearest neighbours are the same for any number of threads", "[threads]") {
  const std::vector<float> p = points(2000, 12, 3, false);
  const s2d::neighbor_table one = s2d::nearest_neighbors(view(p, 12), 12, {0.5F, 1});
  const s2d::neighbor_table four = s2d::nearest_neighbors(view(p, 12), 12, {0.5F, 4});
  CHECK(one.index == four.index);
  CHECK(one.squared_distance == four.squared_distance);
}

TEST_CASE("Nearest neighbours of equal points and bad arguments") {
  const std::vector<float> same(40 * 3, 2.5F);
  const s2d::neighbor_table found = s2d::nearest_neighbors(view(same, 3), 2);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(found.index[2 * i] == 0);
    CHECK(found.index[2 * i + 1] == 1);
  }
  const std::vector<float> p = points(10, 2, 1, false);
  CHECK_THROWS_AS(s2d::nearest_neighbors(view(p, 2), 0), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::nearest_neighbors(view(p, 2), 11), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::nearest_neighbors(view(p, 2), 2, {.slack = -1}), s2d::invalid_input);
  const std::vector<float> far = {0, 3e19F, 0, 3e19F};  // its square is above the range of float
  const s2d::neighbor_table apart = s2d::nearest_neighbors(view(far, 2), 2);
  CHECK(apart.index == std::vector<std::int32_t>{0, 1, 0, 1});
  const std::vector<float> endless = {0, INFINITY};
  CHECK_THROWS_WITH(s2d::nearest_neighbors(view(endless, 1), 1),
                    "nearest_neighbors: point 1: coordinate 0 is not finite");
  const std::vector<float> wide(34);
  CHECK_THROWS_AS(s2d::nearest_neighbors(view(wide, 17), 1), s2d::invalid_input);
}
