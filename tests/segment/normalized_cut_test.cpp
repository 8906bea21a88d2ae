#include <s2d/segment/normalized_cut.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <Eigen/Dense>

#include "support/catch.hpp"

namespace {

using graph = s2d::matrix<float>;

void link(graph& affinity, std::ptrdiff_t i, std::ptrdiff_t j, float weight) {
  affinity(i, j) = weight;
  affinity(j, i) = weight;
}

// `sizes` blocks of nodes that hold together with `within`, and to all others with `between`.
graph blocks(const std::vector<int>& sizes, float within, float between) {
  std::ptrdiff_t n = 0;
  for (const int size : sizes) n += size;
  graph affinity(n, n, between);
  std::ptrdiff_t first = 0;
  for (const int size : sizes) {
    for (std::ptrdiff_t i = first; i < first + size; ++i)
      for (std::ptrdiff_t j = first; j < first + size; ++j) affinity(i, j) = within;
    first += size;
  }
  return affinity;
}

graph random_graph(std::ptrdiff_t n, double share, std::mt19937& random) {
  std::uniform_real_distribution<float> weight{0, 1};
  std::bernoulli_distribution present{share};
  graph affinity(n, n);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    affinity(i, i) = 1e-3f;
    for (std::ptrdiff_t j = 0; j < i; ++j)
      if (present(random)) link(affinity, i, j, weight(random));
    if (i > 0) link(affinity, i, i - 1, weight(random) + 0.01f);  // connected
  }
  return affinity;
}

double degree(const graph& affinity, std::ptrdiff_t i) {
  double sum = 0;
  for (std::ptrdiff_t j = 0; j < affinity.width; ++j) sum += static_cast<double>(affinity(i, j));
  return sum;
}

double cost_of(const graph& affinity, const std::vector<std::uint8_t>& side) {
  double cut = 0, volume[2] = {0, 0};
  for (std::ptrdiff_t i = 0; i < affinity.height; ++i) {
    volume[side[static_cast<std::size_t>(i)]] += degree(affinity, i);
    for (std::ptrdiff_t j = 0; j < affinity.width; ++j)
      if (side[static_cast<std::size_t>(i)] == 1 && side[static_cast<std::size_t>(j)] == 0)
        cut += static_cast<double>(affinity(i, j));
  }
  return cut / volume[0] + cut / volume[1];
}

// Eigenvalues of D^-1/2 (D - W) D^-1/2, ascending, by a dense solver.
Eigen::VectorXd spectrum(const graph& affinity) {
  const auto n = affinity.height;
  Eigen::MatrixXd laplacian(n, n);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j)
      laplacian(i, j) =
          (i == j ? 1. : 0.) - static_cast<double>(affinity(i, j)) /
                                   std::sqrt(degree(affinity, i) * degree(affinity, j));
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(laplacian).eigenvalues();
}

void check_identities(const graph& affinity, const s2d::normalized_cut_result& cut) {
  const auto n = affinity.height;
  double along_ones = 0, length = 0, residual = 0, value = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(cut.vector[static_cast<std::size_t>(i)]);
    const double d = degree(affinity, i);
    double wx = 0;
    for (std::ptrdiff_t j = 0; j < n; ++j)
      wx += static_cast<double>(affinity(i, j) * cut.vector[static_cast<std::size_t>(j)]);
    along_ones += d * x;
    length += d * x * x;
    value += x * (d * x - wx);
    const double rest = (d * x - wx - cut.value * d * x) / std::sqrt(d);
    residual += rest * rest;
  }
  double volume = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) volume += degree(affinity, i);
  CHECK(std::abs(along_ones) / std::sqrt(volume) < 1e-5);  // orthogonal to D 1
  CHECK(length == Approx(1).epsilon(1e-4));
  CHECK(value == Approx(cut.value).margin(1e-5));
  CHECK(std::sqrt(residual) == Approx(cut.residual).margin(1e-5));
  CHECK(cut.residual <= 1e-4);
  CHECK(cut.cost == Approx(cost_of(affinity, cut.side)).epsilon(1e-3).margin(1e-6));
  CHECK(cut.cost >= cut.value - 1e-4);  // the relaxed problem is never dearer
  for (std::size_t i = 0; i < cut.side.size(); ++i)
    CHECK(cut.side[i] == (cut.vector[i] > cut.threshold));
}

}  // namespace

TEST_CASE("two nodes are cut apart", "[normalized_cut]") {
  graph affinity(2, 2, 1);
  const auto cut = s2d::normalized_cut(affinity);
  CHECK(cut.side[0] != cut.side[1]);
  CHECK(cut.value == Approx(1).margin(1e-5));
  CHECK(cut.cost == Approx(1));
  check_identities(affinity, cut);
}

TEST_CASE("two blocks come apart, whatever their sizes", "[normalized_cut]") {
  const auto sizes = GENERATE(std::vector{3, 3}, std::vector{1, 9}, std::vector{40, 7},
                              std::vector{300, 200}, std::vector{2, 1});
  const float between = GENERATE(0.f, 1e-4f, 0.1f);
  CAPTURE(sizes, between);
  const graph affinity = blocks(sizes, 1, between);
  const auto cut = s2d::normalized_cut(affinity);
  for (std::size_t i = 0; i < cut.side.size(); ++i)
    CHECK((cut.side[i] == cut.side[0]) == (i < static_cast<std::size_t>(sizes[0])));
  check_identities(affinity, cut);
}

TEST_CASE("one of several blocks is never torn", "[normalized_cut]") {
  const float between = GENERATE(0.f, 1e-3f);
  const graph affinity = blocks({20, 30, 25, 50}, 1, between);
  const auto cut = s2d::normalized_cut(affinity);
  std::size_t first = 0;
  for (const std::size_t size : {20u, 30u, 25u, 50u}) {
    for (std::size_t i = first; i < first + size; ++i) CHECK(cut.side[i] == cut.side[first]);
    first += size;
  }
  check_identities(affinity, cut);
}

TEST_CASE("the second eigenvalue is that of a dense solver", "[normalized_cut]") {
  std::mt19937 random{3};
  for (int round = 0; round < 40; ++round) {
    CAPTURE(round);
    const auto n = std::uniform_int_distribution<std::ptrdiff_t>{2, 90}(random);
    const double share = std::uniform_real_distribution<>{0, 1}(random);
    const graph affinity = random_graph(n, share, random);
    const auto cut = s2d::normalized_cut(affinity);
    CHECK(cut.value == Approx(spectrum(affinity)(1)).margin(2e-5));
    check_identities(affinity, cut);
  }
}

TEST_CASE("a long chain, with hardly a gap between its eigenvalues, converges",
          "[normalized_cut]") {
  graph affinity(200, 200);
  for (std::ptrdiff_t i = 0; i + 1 < 200; ++i) link(affinity, i, i + 1, 1);
  affinity(0, 0) = affinity(199, 199) = 1;
  const auto cut = s2d::normalized_cut(affinity, {.rounds = 40});
  check_identities(affinity, cut);
  CHECK(cut.value == Approx(1 - std::cos(M_PI / 200)).margin(1e-5));
  for (std::size_t i = 0; i < 200; ++i) CHECK(cut.side[i] == cut.side[i < 100 ? 0 : 199]);
  CHECK(cut.side[0] != cut.side[199]);
}

TEST_CASE("rule best is the least cost over all thresholds", "[normalized_cut]") {
  std::mt19937 random{5};
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    const graph affinity = random_graph(30, 0.3, random);
    const auto cut = s2d::normalized_cut(affinity, {.min_share = 0});
    double least = 10;
    for (const float threshold : cut.vector) {
      std::vector<std::uint8_t> side;
      for (const float x : cut.vector) side.push_back(x > threshold);
      if (std::count(side.begin(), side.end(), 1) > 0)
        least = std::min(least, cost_of(affinity, side));
    }
    CHECK(cut.cost == Approx(least).epsilon(1e-3));
  }
}

TEST_CASE("rules mean and zero cut at the mean and at zero", "[normalized_cut]") {
  std::mt19937 random{6};
  const graph affinity = random_graph(40, 0.3, random);
  for (const auto rule : {s2d::cut_rule::mean, s2d::cut_rule::zero}) {
    const auto cut = s2d::normalized_cut(affinity, {.rule = rule});
    double level = 0;
    if (rule == s2d::cut_rule::mean)
      for (const float x : cut.vector) level += static_cast<double>(x) / 40;
    for (std::size_t i = 0; i < 40; ++i)
      CHECK(cut.side[i] == (static_cast<double>(cut.vector[i]) > level));
    check_identities(affinity, cut);
  }
}

TEST_CASE("either side keeps its share of the nodes", "[normalized_cut]") {
  graph affinity = blocks({1, 99}, 1, 1e-4f);  // a single outlier would be the least cut
  for (std::ptrdiff_t i = 1; i < 30; ++i)
    for (std::ptrdiff_t j = 30; j < 100; ++j) link(affinity, i, j, 0.5f);
  const auto cut = s2d::normalized_cut(affinity, {.min_share = 0.1});
  const auto ones = std::count(cut.side.begin(), cut.side.end(), 1);
  CHECK(ones >= 10);
  CHECK(ones <= 90);
  // Halves of an odd number differ by one.
  const auto odd = s2d::normalized_cut(blocks({2, 3}, 1, 1e-4f), {.min_share = 0.5});
  const auto upper = std::count(odd.side.begin(), odd.side.end(), 1);
  CHECK((upper == 2 || upper == 3));
}

TEST_CASE("the order of the nodes and the strides of the view do not matter", "[normalized_cut]") {
  std::mt19937 random{8};
  const graph affinity = random_graph(50, 0.4, random);
  const auto cut = s2d::normalized_cut(affinity);
  const auto transposed =
      s2d::normalized_cut(s2d::plane_view<const float>::column_major(affinity.data(), 50, 50));
  CHECK(cut.side == transposed.side);
  CHECK(cut.vector == transposed.vector);

  std::vector<std::size_t> from(50);
  for (std::size_t i = 0; i < 50; ++i) from[i] = i;
  std::shuffle(from.begin(), from.end(), random);
  graph shuffled(50, 50);
  for (std::size_t i = 0; i < 50; ++i)
    for (std::size_t j = 0; j < 50; ++j)
      shuffled(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)) =
          affinity(static_cast<std::ptrdiff_t>(from[i]), static_cast<std::ptrdiff_t>(from[j]));
  const auto other = s2d::normalized_cut(shuffled);
  CHECK(other.value == Approx(cut.value).margin(1e-6));
  CHECK(other.cost == Approx(cut.cost).epsilon(1e-3));
}

TEST_CASE("a graph that is none is refused by name", "[normalized_cut]") {
  CHECK_THROWS_WITH(s2d::normalized_cut(graph(1, 1, 1)), Catch::Contains("1 x 1"));
  CHECK_THROWS_WITH(s2d::normalized_cut(graph(2, 3, 1)), Catch::Contains("2 x 3"));
  graph affinity(3, 3, 1);
  affinity(0, 2) = 2;
  CHECK_THROWS_WITH(s2d::normalized_cut(affinity), Catch::Contains("(0, 2)"));
  affinity(2, 0) = 2;
  CHECK_NOTHROW(s2d::normalized_cut(affinity));
  affinity(1, 1) = NAN;
  CHECK_THROWS_AS(s2d::normalized_cut(affinity), s2d::invalid_input);
  affinity(1, 1) = -1;
  CHECK_THROWS_AS(s2d::normalized_cut(affinity), s2d::invalid_input);
  CHECK_THROWS_WITH(s2d::normalized_cut(graph(3, 3)), Catch::Contains("node 0"));
  CHECK_THROWS_AS(s2d::normalized_cut(graph(3, 3, 1), {.steps = 0}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::normalized_cut(graph(3, 3, 1), {.min_share = 0.6}), s2d::invalid_input);
}

TEST_CASE("the unit of the affinities does not matter, not even the smallest", "[normalized_cut]") {
  for (const float unit : {1e-42f, 1e-20f, 1e30f}) {
    CAPTURE(unit);
    graph affinity = blocks({6, 9}, 1, 0);
    for (float& value : affinity.values) value *= unit;
    const auto cut = s2d::normalized_cut(affinity);
    for (std::size_t i = 0; i < cut.side.size(); ++i)
      CHECK((cut.side[i] == cut.side[0]) == (i < 6));
    CHECK(cut.value == Approx(0).margin(1e-4));
  }
}
