#include <s2d/assign/hungarian.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace {

constexpr double forbidden = std::numeric_limits<double>::infinity();

s2d::matrix<double> table(std::ptrdiff_t rows, std::ptrdiff_t columns, std::vector<double> values) {
  s2d::matrix<double> result(rows, columns);
  result.values = std::move(values);
  return result;
}

s2d::matrix<double> transposed(const s2d::matrix<double>& a) {
  s2d::matrix<double> result(a.width, a.height);
  for (std::ptrdiff_t y = 0; y < a.height; ++y)
    for (std::ptrdiff_t x = 0; x < a.width; ++x) result(x, y) = a(y, x);
  return result;
}

// The least total over all matchings, by trying them all. rows <= columns.
double least_total(const s2d::matrix<double>& cost) {
  if (cost.height > cost.width) return least_total(transposed(cost));
  std::vector<std::ptrdiff_t> order(static_cast<std::size_t>(cost.width));
  std::iota(order.begin(), order.end(), 0);
  double best = forbidden;
  do {
    double total = 0;
    for (std::ptrdiff_t y = 0; y < cost.height; ++y)
      total += cost(y, order[static_cast<std::size_t>(y)]);
    best = (std::min)(best, total);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

void check_is_matching(const s2d::assignment& found, const s2d::matrix<double>& cost) {
  std::vector<int> used(static_cast<std::size_t>(cost.width));
  std::ptrdiff_t pairs = 0;
  double total = 0;
  REQUIRE(found.column_of.size() == static_cast<std::size_t>(cost.height));
  for (std::ptrdiff_t y = 0; y < cost.height; ++y) {
    const std::ptrdiff_t x = found.column_of[static_cast<std::size_t>(y)];
    if (x == s2d::assignment::none) continue;
    REQUIRE(x >= 0);
    REQUIRE(x < cost.width);
    CHECK(++used[static_cast<std::size_t>(x)] == 1);
    total += cost(y, x);
    ++pairs;
  }
  CHECK(pairs == (std::min)(cost.height, cost.width));
  CHECK(found.total == Approx(total).margin(1e-12));
}

}  // namespace

TEST_CASE("the least total is found for every shape up to 7 x 7", "[hungarian]") {
  std::mt19937 random{3};
  for (int round = 0; round < 600; ++round) {
    const std::ptrdiff_t rows = 1 + static_cast<std::ptrdiff_t>(random() % 7);
    const std::ptrdiff_t columns = 1 + static_cast<std::ptrdiff_t>(random() % 7);
    CAPTURE(round, rows, columns);
    s2d::matrix<double> cost(rows, columns);
    const bool whole = round % 2 == 0;
    for (double& value : cost.values) {
      value = whole ? static_cast<double>(random() % 5) - 2
                    : std::normal_distribution<double>{0, 1e3}(random);
      if (round % 3 == 0 && random() % 4 == 0) value = forbidden;
    }
    const double least = least_total(cost);
    const auto found = s2d::hungarian(cost);
    REQUIRE(found.has_value() == (least < forbidden));
    if (!found) continue;
    check_is_matching(*found, cost);
    CHECK(found->total == Approx(least).margin(1e-9));
  }
}

TEST_CASE("equal costs match the diagonal, as SciPy does", "[hungarian]") {
  for (const auto& [rows, columns] : {std::pair{4, 4}, {3, 5}, {5, 3}, {1, 9}}) {
    const auto found = s2d::hungarian(s2d::matrix<double>(rows, columns, 2.5));
    REQUIRE(found);
    for (int y = 0; y < rows; ++y)
      CHECK(found->column_of[static_cast<std::size_t>(y)] ==
            (y < columns ? y : s2d::assignment::none));
  }
}

TEST_CASE("maximize finds the greatest total", "[hungarian]") {
  const auto cost = table(2, 3, {1, 5, 2, 4, 6, 3});
  const auto found = s2d::hungarian(cost, {.maximize = true});
  REQUIRE(found);
  CHECK(found->total == 9);  // 5 + 4
  CHECK(found->column_of == std::vector<std::ptrdiff_t>{1, 0});
}

TEST_CASE("integers and floats of any stride give the answer of doubles", "[hungarian]") {
  std::mt19937 random{5};
  std::vector<int> values(6 * 9);
  for (int& value : values) value = static_cast<int>(random() % 1000) - 500;
  s2d::matrix<double> cost(6, 9);
  for (std::size_t k = 0; k < values.size(); ++k) cost.values[k] = values[k];
  const auto expected = s2d::hungarian(cost);
  const auto whole = s2d::hungarian(s2d::plane_view<const int>{values.data(), 6, 9});
  REQUIRE(whole);
  CHECK(whole->column_of == expected->column_of);
  std::vector<float> columns(6 * 9);
  for (std::ptrdiff_t y = 0; y < 6; ++y)
    for (std::ptrdiff_t x = 0; x < 9; ++x)
      columns[static_cast<std::size_t>(x * 6 + y)] = static_cast<float>(cost(y, x));
  const auto strided =
      s2d::hungarian(s2d::plane_view<const float>::column_major(columns.data(), 6, 9));
  CHECK(strided->column_of == expected->column_of);
}

TEST_CASE("a table without rows or columns matches nothing", "[hungarian]") {
  CHECK(s2d::hungarian(s2d::matrix<double>(0, 4))->column_of.empty());
  CHECK(s2d::hungarian(s2d::matrix<double>(3, 0))->column_of ==
        std::vector<std::ptrdiff_t>(3, s2d::assignment::none));
}

TEST_CASE("forbidden pairs that leave no matching are reported", "[hungarian]") {
  CHECK_FALSE(s2d::hungarian(table(2, 2, {forbidden, 1, forbidden, 1})));
  CHECK_FALSE(s2d::hungarian(table(2, 2, {forbidden, forbidden, 1, 1})));
  CHECK_FALSE(s2d::hungarian(table(1, 1, {forbidden})));
  CHECK_FALSE(
      s2d::hungarian(table(3, 3, {1, 2, 3, 1, forbidden, forbidden, 1, forbidden, forbidden})));
}

TEST_CASE("a cost that is not a number is refused with its place, or the worst", "[hungarian]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  auto cost = table(3, 2, {1, 2, 3, 4, nan, 0});
  CHECK_THROWS_WITH(s2d::hungarian(cost), Catch::Contains("cost(2, 0) is not a number"));
  const auto found = s2d::hungarian(cost, {.nan = s2d::nan_policy::worst});
  REQUIRE(found);
  cost(2, 0) = 4;
  CHECK(found->column_of == s2d::hungarian(cost)->column_of);
  // The worst is the greatest cost, or the least where the greatest total is sought.
  const auto square = table(2, 2, {nan, 5, 9, 1});
  CHECK(s2d::hungarian(square, {.nan = s2d::nan_policy::worst})->total == 10);
  CHECK(s2d::hungarian(square, {.maximize = true, .nan = s2d::nan_policy::worst})->total == 14);
  CHECK_THROWS_WITH(s2d::hungarian(table(1, 2, {0, -forbidden})), Catch::Contains("-inf"));
}

TEST_CASE("costs of a million are as exact as costs of one", "[hungarian]") {
  const auto found = s2d::hungarian(table(2, 2, {1e15, 1e15 + 1, 1e15 + 1, 1e15}));
  REQUIRE(found);
  CHECK(found->column_of == std::vector<std::ptrdiff_t>{0, 1});
}
