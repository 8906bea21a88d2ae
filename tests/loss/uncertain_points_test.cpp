#include <s2d/loss/uncertain_points.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <s2d/core/matrix.hpp>

#include "support/catch.hpp"

namespace {

// The k least by sorting, equal ones in their order.
template <class T>
std::vector<std::ptrdiff_t> least_by_sorting(const std::vector<T>& values, std::ptrdiff_t k) {
  std::vector<std::ptrdiff_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::ptrdiff_t a, std::ptrdiff_t b) {
    return values[static_cast<std::size_t>(a)] < values[static_cast<std::size_t>(b)];
  });
  order.resize(static_cast<std::size_t>(k));
  std::sort(order.begin(), order.end());
  return order;
}

template <class T>
void check_selection() {
  std::mt19937 random{7};
  for (int round = 0; round < 300; ++round) {
    std::vector<T> values(1 + random() % 400);
    const int kind = round % 4;
    for (T& value : values) {
      if (kind == 0) value = static_cast<T>(random() % 5);
      if (kind == 1) value = static_cast<T>(std::exponential_distribution<double>{0.1}(random));
      if (kind == 2) value = std::numeric_limits<T>::denorm_min() * static_cast<T>(random() % 9);
      if (kind == 3) value = static_cast<T>(1 + static_cast<double>(random() % 4096) * 0x1p-52);
    }
    const auto n = static_cast<std::ptrdiff_t>(values.size());
    const auto k = static_cast<std::ptrdiff_t>(random() % (values.size() + 1));
    std::vector<std::ptrdiff_t> found;
    s2d::detail::for_least(values.data(), n, k, [&](std::ptrdiff_t i) { found.push_back(i); });
    CHECK(found == least_by_sorting(values, k));
  }
}

s2d::matrix<float> ramp() {
  s2d::matrix<float> plane(24, 32);
  for (std::ptrdiff_t y = 0; y < 24; ++y)
    for (std::ptrdiff_t x = 0; x < 32; ++x) plane(y, x) = static_cast<float>(x) - 10;
  return plane;
}

}  // namespace

TEST_CASE("the least are those that sorting finds, first ones of equals", "[loss]") {
  check_selection<float>();
  check_selection<double>();
}

TEST_CASE("points are drawn where the logits change sign, the rest anywhere", "[loss]") {
  const auto plane = ramp();
  const s2d::point_options options{.count = 1000};
  s2d::matrix<float> points(1000, 2);
  std::vector<float> scratch;
  s2d::uncertain_points(plane.view(), 5, options, points.view(), scratch);
  CHECK(scratch.size() == 3000);
  double chosen = 0, fresh = 0;
  for (std::ptrdiff_t p = 0; p < 1000; ++p) {
    CHECK(points(p, 0) >= 0);
    CHECK(points(p, 0) < 1);
    const double logit = std::abs(static_cast<double>(points(p, 0)) * 32 - 0.5 - 10);
    (p < 750 ? chosen : fresh) += logit;
  }
  CHECK(chosen / 750 < 2.5);  // a quarter of the candidates lie within 4 of the border
  CHECK(fresh / 250 > 6);
}

TEST_CASE("the same seed gives the same points, another seed others", "[loss]") {
  const auto plane = ramp();
  const s2d::point_options options{.count = 77, .oversample = 1.5, .importance = 0.5};
  s2d::matrix<float> a(77, 2), b(77, 2);
  std::vector<float> scratch(100000, 4.0f);
  s2d::uncertain_points(plane.view(), 5, options, a.view(), scratch);
  s2d::uncertain_points(plane.view(), 5, options, b.view(), scratch);
  CHECK(a == b);
  s2d::uncertain_points(plane.view(), 6, options, b.view(), scratch);
  CHECK(a != b);
}

TEST_CASE("uniform points are the same in float and double, and spread evenly", "[loss]") {
  s2d::matrix<float> single(20000, 2);
  s2d::matrix<double> twofold(20000, 2);
  s2d::uniform_points(single.view(), 11);
  s2d::uniform_points(twofold.view(), 11);
  std::vector<int> cells(16);
  for (std::ptrdiff_t p = 0; p < 20000; ++p) {
    REQUIRE(static_cast<double>(single(p, 0)) == twofold(p, 0));
    REQUIRE(static_cast<double>(single(p, 1)) == twofold(p, 1));
    REQUIRE(twofold(p, 0) >= 0);
    REQUIRE(twofold(p, 1) < 1);
    ++cells[static_cast<std::size_t>(twofold(p, 0) * 4) * 4 +
            static_cast<std::size_t>(twofold(p, 1) * 4)];
  }
  for (const int n : cells) CHECK(std::abs(n - 1250) < 170);  // five standard deviations
}

TEST_CASE("no points, all points and none of importance are possible", "[loss]") {
  const auto plane = ramp();
  std::vector<float> scratch;
  s2d::matrix<float> none(0, 2), points(40, 2), expected(40, 2);
  s2d::uncertain_points(plane.view(), 1, {.count = 0}, none.view(), scratch);
  s2d::uniform_points(expected.view(), 3);
  s2d::uncertain_points(plane.view(), 3, {.count = 40, .oversample = 1, .importance = 1},
                        points.view(), scratch);
  CHECK(points == expected);  // all candidates, in their order
  s2d::matrix<float> chosen(40, 2);
  s2d::uncertain_points(plane.view(), expected.view(), chosen.view(), scratch);
  CHECK(chosen == expected);
}

TEST_CASE("point options out of range are refused by name", "[loss]") {
  const auto plane = ramp();
  std::vector<float> scratch;
  s2d::matrix<float> points(10, 2);
  const auto draw = [&](const s2d::point_options& options) {
    s2d::uncertain_points(plane.view(), 1, options, points.view(), scratch);
  };
  CHECK_THROWS_WITH(draw({.count = -1}), Catch::Contains("points.count is -1"));
  CHECK_THROWS_WITH(draw({.count = 10, .oversample = 0.5}),
                    Catch::Contains("points.oversample is 0.5"));
  CHECK_THROWS_WITH(draw({.count = 10, .importance = 1.5}),
                    Catch::Contains("points.importance is 1.5"));
  CHECK_THROWS_WITH(draw({.count = 10, .importance = std::nan("")}),
                    Catch::Contains("points.importance"));
  CHECK_THROWS_WITH(draw({.count = 9}), Catch::Contains("expected [9, 2]"));
}
