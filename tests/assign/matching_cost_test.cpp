#include <s2d/assign/matching_cost.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <s2d/core/sigmoid.hpp>

#include "support/catch.hpp"

namespace {

template <class T>
struct problem {
  s2d::matrix<T> logits, targets, scores;
  std::vector<std::int64_t> classes;

  problem(std::ptrdiff_t q, std::ptrdiff_t n, std::ptrdiff_t points, unsigned seed,
          double reach = 4)
      : logits(q, points), targets(n, points), scores(q, 3) {
    std::mt19937 random{seed};
    std::normal_distribution<double> logit{0, reach};
    for (T& value : logits.values) value = static_cast<T>(logit(random));
    for (T& value : scores.values) value = static_cast<T>(logit(random));
    for (T& value : targets.values)
      value = static_cast<T>(random() % 4 == 0 ? std::uniform_real_distribution<>{}(random)
                                               : static_cast<double>(random() % 2));
    for (std::ptrdiff_t i = 0; i < n; ++i)
      classes.push_back(static_cast<std::int64_t>(random() % 3));
  }
  [[nodiscard]] s2d::matching_classes<T> with_classes() const { return {scores.view(), classes}; }

  // The definition, over the points [from, to).
  struct costs {
    double bce = 0, overlap = 0, total = 0;
  };
  [[nodiscard]] double bce(std::ptrdiff_t q, std::ptrdiff_t n, std::ptrdiff_t p) const {
    const double x = static_cast<double>(logits(q, p)), y = static_cast<double>(targets(n, p));
    return y * s2d::softplus(-x) + (1 - y) * s2d::softplus(x);
  }
  template <class Counts>
  [[nodiscard]] double definition(std::ptrdiff_t q, std::ptrdiff_t n,
                                  const s2d::matching_cost_options& options,
                                  const Counts& counts) const {
    double sum = 0, overlap = 0, both = 0, points = 0;
    for (std::ptrdiff_t p = 0; p < logits.width; ++p) {
      if (!counts(p)) continue;
      const double s = s2d::sigmoid(static_cast<double>(logits(q, p)));
      const double y = static_cast<double>(targets(n, p));
      sum += bce(q, n, p);
      overlap += s * y;
      both += s + y;
      ++points;
    }
    double all = 0;
    for (int c = 0; c < 3; ++c) all += std::exp(static_cast<double>(scores(q, c)));
    const double p =
        std::exp(static_cast<double>(scores(q, classes[static_cast<std::size_t>(n)]))) / all;
    return (points > 0 ? options.mask_weight * sum / points : 0) +
           options.dice_weight * (1 - (2 * overlap + 1) / (both + 1)) - options.class_weight * p;
  }
};

constexpr s2d::matching_cost_options all_three{.class_weight = 2};

template <class T>
void check_definition(double tolerance) {
  for (const auto& [q, n] : {std::pair{1, 1}, {5, 3}, {7, 2}, {100, 20}, {3, 8}})
    for (const std::ptrdiff_t points : {0, 1, 15, 64, 511, 512, 513, 1500}) {
      CAPTURE(q, n, points);
      const problem<T> given{q, n, points, static_cast<unsigned>(points + q)};
      const auto cost = s2d::matching_cost(given.logits.view(), given.targets.view(), all_three,
                                           given.with_classes());
      REQUIRE(cost.height == q);
      REQUIRE(cost.width == n);
      double worst = 0;
      for (std::ptrdiff_t i = 0; i < q; i += 1 + q / 9)
        for (std::ptrdiff_t j = 0; j < n; ++j)
          worst = std::fmax(worst, std::abs(static_cast<double>(cost(i, j)) -
                                            given.definition(i, j, all_three,
                                                             [](std::ptrdiff_t) { return true; })));
      CHECK(worst < tolerance);
    }
}

}  // namespace

TEST_CASE("matching costs are their definition for all sizes", "[matching_cost]") {
  check_definition<float>(5e-6);
  check_definition<double>(1e-12);
}

TEST_CASE("unlabelled frames count for nothing where labels are given", "[matching_cost]") {
  const std::ptrdiff_t frames = 4, points = 130;
  problem<double> given{6, 5, frames * points, 3};
  s2d::matrix<float> labelled(5, frames, 1.0f);
  labelled(0, 1) = 0;
  labelled(3, 0) = labelled(3, 1) = labelled(3, 3) = 0;
  for (std::ptrdiff_t t = 0; t < frames; ++t) labelled(4, t) = 0;
  const auto run = [&] {
    return s2d::matching_cost(std::as_const(given.logits).view(), given.targets.view(), all_three,
                              given.with_classes(), std::as_const(labelled).view());
  };
  const auto cost = run();
  for (std::ptrdiff_t q = 0; q < 6; ++q)
    for (std::ptrdiff_t n = 0; n < 5; ++n)
      CHECK(cost(q, n) == Approx(given.definition(q, n, all_three, [&, n = n](std::ptrdiff_t p) {
              return labelled(n, p / points) != 0;
            })));
  // Target 3 has frame 2 only: predictions elsewhere do not move its column.
  for (std::ptrdiff_t q = 0; q < 6; ++q)
    for (std::ptrdiff_t p = 0; p < given.logits.width; ++p)
      if (p / points != 2) given.logits(q, p) = 3;
  const auto changed = run();
  for (std::ptrdiff_t q = 0; q < 6; ++q) {
    CHECK(changed(q, 3) == cost(q, 3));
    CHECK(changed(q, 4) == cost(q, 4));
    CHECK(changed(q, 0) != cost(q, 0));
  }
}

TEST_CASE("labels of every frame change nothing", "[matching_cost]") {
  const problem<double> given{6, 5, 3 * 50, 8};
  const s2d::matrix<float> labelled(5, 3, 1.0f);
  const auto with = s2d::matching_cost(given.logits.view(), given.targets.view(), all_three,
                                       given.with_classes(), labelled.view());
  const auto without = s2d::matching_cost(given.logits.view(), given.targets.view(), all_three,
                                          given.with_classes());
  for (std::size_t i = 0; i < with.values.size(); ++i)
    CHECK(with.values[i] == Approx(without.values[i]).epsilon(1e-13));
}

TEST_CASE("logits of ten thousand cost exactly what they should", "[matching_cost]") {
  s2d::matrix<float> logits(2, 1000, 1e4f), targets(2, 1000, 1.0f);
  for (std::ptrdiff_t p = 0; p < 1000; ++p) logits(1, p) = -1e4f, targets(1, p) = 0;
  const auto cost = s2d::matching_cost(std::as_const(logits).view(), targets.view(), {0, 1, 0, 1});
  CHECK(cost.values == std::vector<float>{0, 1e4f, 1e4f, 0});
  const auto dice = s2d::matching_cost(std::as_const(logits).view(), targets.view(), {0, 0, 1, 1});
  CHECK(dice(0, 0) == 0);
  CHECK(dice(1, 1) == 0);
  CHECK(static_cast<double>(dice(0, 1)) == Approx(1 - 1.0 / 1001));
}

TEST_CASE("strides and threads change no bit of the cost", "[matching_cost][threads]") {
  const problem<float> given{37, 9, 700, 5};
  const auto expected = s2d::matching_cost(given.logits.view(), given.targets.view());
  s2d::matrix<float> turned(700, 37);
  for (std::ptrdiff_t q = 0; q < 37; ++q)
    for (std::ptrdiff_t p = 0; p < 700; ++p) turned(p, q) = given.logits(q, p);
  CHECK(s2d::matching_cost(s2d::plane_view<const float>::column_major(turned.data(), 37, 700),
                           given.targets.view()) == expected);
  for (const std::size_t threads : {2, 5, 64, 0})
    CHECK(s2d::matching_cost(given.logits.view(), given.targets.view(), {.threads = threads}) ==
          expected);
}

TEST_CASE("the matching is the one of least total cost, ascending by query", "[matching_cost]") {
  // Query i draws target 2 - i, the fourth query nothing in particular.
  s2d::matrix<float> logits(4, 300, -6.0f), targets(3, 300);
  for (std::ptrdiff_t i = 0; i < 3; ++i)
    for (std::ptrdiff_t p = i * 100; p < (i + 1) * 100; ++p) {
      logits(2 - i, p) = 6;
      targets(i, p) = 1;
    }
  const auto pairs =
      s2d::match_queries(s2d::matching_cost(std::as_const(logits).view(), targets.view()));
  CHECK(pairs == std::vector<s2d::matched_pair>{{0, 2}, {1, 1}, {2, 0}});
  const s2d::matrix<float> none(4, 0);
  CHECK(s2d::match_queries(none).empty());
  CHECK(s2d::match_queries(s2d::matrix<float>(2, 5, 1.0f)).size() == 2);
}

TEST_CASE("logits that are not finite are refused with their query and frame", "[matching_cost]") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity}) {
    problem<float> given{6, 2, 200, 9};
    s2d::matrix<float> labelled(2, 2, 1.0f);
    given.logits(4, 150) = bad;
    const auto run = [&] {
      return s2d::matching_cost(std::as_const(given.logits).view(), given.targets.view(), {}, {},
                                std::as_const(labelled).view());
    };
    CHECK_THROWS_WITH(run(), Catch::Contains("query 4 in frame 1 is not finite"));
    labelled(0, 1) = labelled(1, 1) = 0;
    CHECK_NOTHROW(run());  // nobody looks at frame 1
    given.targets(1, 5) = bad;
    CHECK_THROWS_WITH(run(), Catch::Contains("query 0 and target 1 is not finite"));
  }
}

TEST_CASE("matching costs refuse what does not fit", "[matching_cost]") {
  const problem<float> given{4, 3, 20, 1};
  const auto logits = given.logits.view();
  CHECK_THROWS_WITH(s2d::matching_cost(logits, s2d::matrix<float>(3, 19).view()),
                    Catch::Contains("logits have 20 points, targets 19"));
  const s2d::matrix<float> labelled(3, 3), other(2, 4);
  CHECK_THROWS_WITH(s2d::matching_cost(logits, given.targets.view(), {}, {}, labelled.view()),
                    Catch::Contains("20 points in 3 frames"));
  CHECK_THROWS_WITH(s2d::matching_cost(logits, given.targets.view(), {}, {}, other.view()),
                    Catch::Contains("labelled is [2, 4], expected [3, 4]"));
  const std::vector<std::int64_t> bad{0, 3, 0};
  CHECK_THROWS_WITH(
      s2d::matching_cost(logits, given.targets.view(), {}, {given.scores.view(), bad}),
      Catch::Contains("target 1 is of class 3, there are 3"));
  CHECK_THROWS_WITH(s2d::matching_cost(logits, given.targets.view(), {.mask_weight = NAN}),
                    Catch::Contains("a weight is nan"));
}
