#include <s2d/cluster/dbscan.hpp>

#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include <s2d/cluster/hamming.hpp>
#include <s2d/cluster/jaccard.hpp>

#include "support/catch.hpp"

namespace {

using labels = std::vector<std::int32_t>;
constexpr auto noise = s2d::clustering::noise;

// Places on a line; neighbours are at most one step apart, found in descending order.
struct places {
  std::vector<int> at;

  std::size_t size() const { return at.size(); }
  void find(std::size_t item, std::vector<std::size_t>& found) const {
    found.clear();
    for (std::size_t other = at.size(); other-- > 0;)
      if (std::abs(at[item] - at[other]) <= 1) found.push_back(other);
  }
};

labels cluster(const places& line, std::size_t min_samples) {
  return s2d::dbscan(line, {.min_samples = min_samples}).label;
}

s2d::bit_matrix random_rows(std::mt19937& random, std::ptrdiff_t rows, std::ptrdiff_t columns,
                            int kinds, int flips) {
  s2d::bit_matrix pattern(kinds, columns), result(rows, columns);
  for (std::ptrdiff_t k = 0; k < kinds; ++k)
    for (std::ptrdiff_t c = 0; c < columns; ++c) pattern.set(k, c, random() % 2 == 0);
  for (std::ptrdiff_t r = 0; r < rows; ++r) {
    const auto k = std::ptrdiff_t(random() % unsigned(kinds));
    for (std::ptrdiff_t c = 0; c < columns; ++c)
      result.set(r, c, pattern(k, c) != (int(random() % 100) < flips));
  }
  return result;
}

// By the definition: core items, chains of them, border items to the lowest cluster.
s2d::clustering by_definition(const s2d::bit_matrix& rows, std::size_t limit,
                              std::size_t min_samples) {
  const auto n = std::size_t(rows.height);
  const auto near = [&](std::size_t i, std::size_t j) {
    std::size_t different = 0;
    for (std::ptrdiff_t c = 0; c < rows.width; ++c)
      different += rows(std::ptrdiff_t(i), c) != rows(std::ptrdiff_t(j), c);
    return different <= limit;
  };
  std::vector<bool> core(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t count = 0;
    for (std::size_t j = 0; j < n; ++j) count += near(i, j);
    core[i] = count >= min_samples;
  }
  s2d::clustering result{labels(n, noise), 0};
  for (std::size_t first = 0; first < n; ++first) {
    if (!core[first] || result.label[first] != noise) continue;
    result.label[first] = result.count;
    for (bool grown = true; grown;) {
      grown = false;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
          if (core[i] && core[j] && result.label[i] == result.count && result.label[j] == noise &&
              near(i, j)) {
            result.label[j] = result.count;
            grown = true;
          }
    }
    ++result.count;
  }
  const labels cores = result.label;
  for (std::size_t i = 0; i < n; ++i) {
    if (core[i]) continue;
    for (std::size_t j = 0; j < n; ++j)
      if (core[j] && near(i, j) && (result.label[i] == noise || cores[j] < result.label[i]))
        result.label[i] = cores[j];
  }
  return result;
}

}  // namespace

TEST_CASE("nothing to cluster gives no labels", "[dbscan]") {
  const auto found = s2d::dbscan(places{});
  CHECK(found.label.empty());
  CHECK(found.count == 0);
  CHECK(s2d::dbscan(s2d::bit_matrix{}, 0.2).label.empty());
}

TEST_CASE("an item counts among its own neighbours", "[dbscan]") {
  CHECK(cluster({{5}}, 1) == labels{0});
  CHECK(cluster({{5}}, 2) == labels{noise});
}

TEST_CASE("clusters are numbered in the order of their first core items", "[dbscan]") {
  CHECK(cluster({{90, 20, 91, 21, 92, 22}}, 2) == labels{0, 1, 0, 1, 0, 1});
  // Item 0 is border of the cluster around 10; the one around 50 has the earlier core item.
  CHECK(cluster({{9, 50, 50, 50, 10, 11, 11}}, 3) == labels{1, 0, 0, 0, 1, 1, 1});
}

TEST_CASE("a border item between two clusters goes to the one numbered first", "[dbscan]") {
  CHECK(cluster({{0, 0, 0, 1, 2, 3, 4, 4, 4}}, 4) == labels{0, 0, 0, 0, 0, 1, 1, 1, 1});
  CHECK(cluster({{4, 4, 4, 3, 2, 1, 0, 0, 0}}, 4) == labels{0, 0, 0, 0, 0, 1, 1, 1, 1});
}

TEST_CASE("what only border items reach is noise", "[dbscan]") {
  CHECK(cluster({{0, 0, 1, 2, 3, 4, 5, 6, 6}}, 4) == labels{0, 0, 0, 0, noise, 1, 1, 1, 1});
}

TEST_CASE("a weight of k counts as k equal items", "[dbscan]") {
  const places once{{0, 1, 5}}, thrice{{0, 0, 0, 1, 5}};
  const std::vector<std::size_t> weights{3, 1, 1};
  CHECK(s2d::dbscan(once, {.min_samples = 4}, weights).label == labels{0, 0, noise});
  CHECK(cluster(thrice, 4) == labels{0, 0, 0, 0, noise});
}

TEST_CASE("weights of another length are refused", "[dbscan]") {
  const std::vector<std::size_t> weights{1};
  CHECK_THROWS_WITH(s2d::dbscan(places{{1, 2}}, {}, weights), Catch::Contains("1 weights for 2"));
}

TEST_CASE("a distance of exactly eps is near, for every number of columns", "[hamming]") {
  for (const std::ptrdiff_t percent : {5, 10, 20})
    for (std::ptrdiff_t columns = 1; columns <= 400; ++columns) {
      const double eps = double(percent) / 100;
      const std::ptrdiff_t limit = columns * percent / 100;
      s2d::bit_matrix rows(3, columns);
      for (std::ptrdiff_t c = 0; c < limit; ++c) rows.set(1, c);
      for (std::ptrdiff_t c = 0; c <= limit; ++c) rows.set(2, c);
      const s2d::hamming_neighbors near{rows, eps};
      std::vector<std::size_t> found;
      near.find(0, found);
      CAPTURE(eps, columns);
      CHECK(near.limit() == std::size_t(limit));
      CHECK(found == std::vector<std::size_t>{0, 1});
    }
}

TEST_CASE("neighbours are found among any number of rows and columns", "[hamming]") {
  std::mt19937 random{11};
  for (const std::ptrdiff_t rows : {1, 7, 8, 9, 31, 64, 100})
    for (const std::ptrdiff_t columns : {0, 1, 63, 64, 65, 128, 190, 200, 300}) {
      const auto table = random_rows(random, rows, columns, 3, 10);
      const s2d::hamming_neighbors near{table, 0.15};
      for (std::ptrdiff_t i = 0; i < rows; ++i) {
        std::vector<std::size_t> found, expected;
        near.find(std::size_t(i), found);
        for (std::ptrdiff_t j = 0; j < rows; ++j) {
          std::size_t different = 0;
          for (std::ptrdiff_t c = 0; c < columns; ++c) different += table(i, c) != table(j, c);
          if (different <= near.limit()) expected.push_back(std::size_t(j));
        }
        CAPTURE(rows, columns, i);
        CHECK(found == expected);
      }
    }
}

TEST_CASE("an eps outside 0 to 1 is refused by name", "[hamming][jaccard]") {
  const s2d::bit_matrix rows(1, 1);
  CHECK_THROWS_WITH((s2d::hamming_neighbors{rows, 1.5}), Catch::Contains("eps is 1.5"));
  CHECK_THROWS_WITH((s2d::hamming_neighbors{rows, -0.1}), Catch::Contains("eps is -0.1"));
  CHECK_THROWS_AS((s2d::hamming_neighbors{rows, std::nan("")}), s2d::invalid_input);
  CHECK_THROWS_WITH((s2d::jaccard_neighbors{rows, 2.0}), Catch::Contains("eps is 2"));
}

TEST_CASE("rows cluster as the definition says, equal rows among them", "[dbscan][hamming]") {
  std::mt19937 random{5};
  for (int round = 0; round < 120; ++round) {
    const auto rows = std::ptrdiff_t(random() % 90);
    const auto columns = 1 + std::ptrdiff_t(random() % 140);
    const auto table = random_rows(random, rows, columns, 1 + round % 5, round % 3 * 7);
    const double eps = (round % 4) * 0.05;
    const std::size_t min_samples = 1 + random() % 6;
    CAPTURE(round, rows, columns, eps, min_samples);
    const auto expected =
        by_definition(table, s2d::largest_share(eps, std::size_t(columns)), min_samples);
    CHECK(s2d::dbscan(table, eps, {.min_samples = min_samples}) == expected);
    // Without merging equal rows.
    CHECK(s2d::dbscan(s2d::hamming_neighbors{table, eps}, {.min_samples = min_samples}) ==
          expected);
  }
}

TEST_CASE("sets are near when little of their union is not shared", "[jaccard]") {
  s2d::bit_matrix rows(5, 70);
  for (std::ptrdiff_t c = 0; c < 10; ++c) rows.set(0, c * 7);
  for (std::ptrdiff_t c = 0; c < 9; ++c) rows.set(1, c * 7);  // distance 1/10 from row 0
  for (std::ptrdiff_t c = 0; c < 8; ++c) rows.set(2, c * 7);  // 1/5 from row 0, 1/9 from row 1
  std::vector<std::size_t> found;
  const s2d::jaccard_neighbors near{rows, 0.1};
  near.find(0, found);
  CHECK(found == std::vector<std::size_t>{0, 1});
  near.find(1, found);
  CHECK(found == std::vector<std::size_t>{0, 1});
  near.find(3, found);  // empty sets are alike and unlike all others
  CHECK(found == std::vector<std::size_t>{3, 4});
}
