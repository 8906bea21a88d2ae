#include <s2d/segment/diffusion.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"

namespace {

s2d::sparse_graph random_graph(std::size_t n, std::uint64_t seed) {
  s2d::random_stream random(seed);
  s2d::sparse_graph graph;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t edges = random.below(9);
    for (std::uint64_t e = 0; e <= edges; ++e) {
      graph.to.push_back(static_cast<std::int32_t>(random.below(n)));
      graph.weight.push_back(static_cast<float>(random.uniform() + 0.01));
    }
    graph.begin.push_back(graph.to.size());
  }
  return graph;
}

std::vector<std::vector<double>> dense(const s2d::sparse_graph& graph) {
  std::vector<std::vector<double>> a(graph.nodes(), std::vector<double>(graph.nodes()));
  for (std::size_t i = 0; i < graph.nodes(); ++i)
    for (std::size_t e = graph.begin[i]; e < graph.begin[i + 1]; ++e)
      a[i][static_cast<std::size_t>(graph.to[e])] += graph.weight[e];
  return a;
}

std::vector<float> noisy_values(std::size_t n, std::uint64_t seed) {
  s2d::random_stream random(seed);
  std::vector<float> v(n);
  for (float& x : v) x = static_cast<float>(random.uniform());
  return v;
}

}  // namespace

TEST_CASE("Normalised rows sum to 1, rows without weight stay without") {
  s2d::sparse_graph graph = random_graph(50, 1);
  graph.begin.push_back(graph.to.size());
  const s2d::sparse_graph walk = s2d::normalize_rows(graph);
  const std::vector<float> sums = s2d::row_sums(walk);
  for (std::size_t i = 0; i < 50; ++i) CHECK(std::fabs(sums[i] - 1) < 1e-5F);
  CHECK(sums[50] == 0);
}

TEST_CASE("Diffusion is the product of matrices that it is defined as") {
  const s2d::sparse_graph graph = random_graph(40, 2);
  const std::vector<float> seeds = noisy_values(40, 3);
  const std::vector<std::vector<double>> a = dense(graph);
  std::vector<double> v(seeds.begin(), seeds.end());
  for (int step = 0; step < 7; ++step) {
    std::vector<double> next(40);
    for (std::size_t i = 0; i < 40; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < 40; ++j) sum += a[i][j] * v[j];
      next[i] = 0.75 * sum + 0.25 * static_cast<double>(seeds[i]);
    }
    v = next;
  }
  const std::vector<float> found = s2d::diffuse(graph, seeds, {.iterations = 7, .mix = 0.75F});
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(std::fabs(static_cast<double>(found[i]) - v[i]) <= 1e-4 * (1 + std::fabs(v[i])));
}

TEST_CASE("Diffusion on normalised rows keeps equal seeds and the range of the seeds") {
  const s2d::sparse_graph walk = s2d::normalize_rows(random_graph(300, 4));
  for (const float x : s2d::diffuse(walk, std::vector<float>(300, 0.7F)))
    CHECK(std::fabs(x - 0.7F) < 1e-5F);
  const std::vector<float> seeds = noisy_values(300, 5);
  const auto [low, high] = std::minmax_element(seeds.begin(), seeds.end());
  for (const float x : s2d::diffuse(walk, seeds)) {
    CHECK(x >= *low - 1e-5F);
    CHECK(x <= *high + 1e-5F);
  }
  CHECK(s2d::diffuse(walk, seeds, {.iterations = 0}) == seeds);
}

TEST_CASE("Diffusion is the same for any number of threads", "[threads]") {
  const s2d::sparse_graph walk = s2d::normalize_rows(random_graph(20000, 6));
  const std::vector<float> seeds = noisy_values(20000, 7);
  CHECK(s2d::diffuse(walk, seeds, {.threads = 1}) == s2d::diffuse(walk, seeds, {.threads = 3}));
}

TEST_CASE("Normalised cuts of all thresholds are those of the definition") {
  const s2d::sparse_graph graph = random_graph(60, 8);
  const std::vector<std::vector<double>> a = dense(graph);
  const std::vector<float> values = noisy_values(60, 9);
  const std::vector<float> thresholds = {-1, 0.1F, 0.3F, 0.3F, 0.55F, 0.9F, 2};
  const std::vector<double> found = s2d::normalized_cuts(graph, values, thresholds);
  for (std::size_t t = 0; t < thresholds.size(); ++t) {
    double cut = 0;
    double inside = 0;
    double outside = 0;
    for (std::size_t i = 0; i < 60; ++i)
      for (std::size_t j = 0; j < 60; ++j) {
        const double w = a[i][j] + a[j][i];
        (values[i] > thresholds[t] ? inside : outside) += w;
        if (values[i] > thresholds[t] && !(values[j] > thresholds[t])) cut += w;
      }
    if (t == 0 || t + 1 == thresholds.size())
      CHECK(std::isinf(found[t]));
    else
      CHECK(std::fabs(found[t] - (cut / inside + cut / outside)) < 1e-9);
  }
}

TEST_CASE("Normalised cut of two parts without an edge between them is 0") {
  const s2d::sparse_graph graph{{0, 1, 2, 3, 4}, {1, 0, 3, 2}, {1, 1, 1, 1}};
  const std::vector<float> values = {1, 1, 0, 0};
  const std::vector<float> threshold = {0.5F};
  CHECK(s2d::normalized_cuts(graph, values, threshold) == std::vector<double>{0});
}

TEST_CASE("Normalised cut of an empty part is infinite, whatever sums round to") {
  const s2d::sparse_graph graph{{0, 1, 4}, {1, 0, 0, 0}, {1, 1.5e-16F, 1.5e-16F, 1.5e-16F}};
  const std::vector<float> values = {0, 0}, threshold = {0.5F};
  CHECK(std::isinf(s2d::normalized_cuts(graph, values, threshold)[0]));
}

TEST_CASE("Graphs that are malformed and seeds of another size are refused") {
  const std::vector<float> two = {1, 0};
  const s2d::sparse_graph good{{0, 1, 2}, {1, 0}, {1, 1}};
  CHECK_NOTHROW(s2d::diffuse(good, two));
  CHECK_THROWS_AS(s2d::diffuse(good, std::vector<float>(3)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::diffuse(good, two, {.mix = 1.5F}), s2d::invalid_input);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const s2d::sparse_graph& bad :
       {s2d::sparse_graph{{0, 1, 2}, {1, 2}, {1, 1}}, s2d::sparse_graph{{0, 1, 2}, {-1, 0}, {1, 1}},
        s2d::sparse_graph{{0, 2, 1}, {1, 0}, {1, 1}}, s2d::sparse_graph{{0, 1, 2}, {1, 0}, {1}},
        s2d::sparse_graph{{0, 1, 2}, {1, 0}, {1, nan}},
        s2d::sparse_graph{{0, 1, 2}, {1, 0}, {1, -1}}, s2d::sparse_graph{{}, {}, {}}})
    CHECK_THROWS_AS(s2d::diffuse(bad, two), s2d::invalid_input);
  CHECK(s2d::diffuse({}, {}).empty());
  const std::vector<float> falling = {0.5F, 0.4F};
  CHECK_THROWS_AS(s2d::normalized_cuts(good, two, falling), s2d::invalid_input);
}
