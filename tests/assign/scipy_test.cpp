#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <s2d/assign/hungarian_batch.hpp>

#include "support/catch.hpp"

namespace {

// Output i of splitmix64 seeded with `seed`.
std::uint64_t output(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

// Table number `number` of tests/assign/golden/make_scipy_table.py.
struct scipy_case {
  s2d::matrix<double> cost;
  bool maximize = false, whole = false;

  explicit scipy_case(std::uint64_t number) {
    const std::uint64_t largest = number % 50 == 0 ? 64 : 14;
    const auto extent = [&](std::uint64_t i) {
      return static_cast<std::ptrdiff_t>(1 + (output(number, i) >> 32) % largest);
    };
    cost = s2d::matrix<double>(extent(0), extent(1));
    maximize = number % 7 == 0;
    whole = number % 6 == 1 || number % 6 == 2;
    constexpr double infinite = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < cost.values.size(); ++i) {
      const std::uint64_t bits = output(number + 1000000, i);
      const double unit = static_cast<double>(bits >> 11) * 0x1p-53;
      const auto low = static_cast<int>(bits & 0x7ff);
      double& value = cost.values[i];
      switch (number % 6) {
        case 0:
          value = unit;
          break;
        case 1:
          value = std::floor(unit * 4);
          break;
        case 2:
          value = std::floor(unit * 2000) - 1000;
          break;
        case 3:
          value = low < 512 ? infinite : unit * 10;
          break;
        case 4:
          value = std::ldexp(unit - 0.5, low % 60 - 30);
          break;
        default:
          value = number % 60 == 5 ? 2.5 : low < 1200 ? infinite : std::floor(unit * 6);
      }
      if (maximize) value = -value;
    }
  }
};

std::uint32_t hash(const std::vector<std::ptrdiff_t>& column_of) {
  std::uint32_t h = 2166136261;
  for (const std::ptrdiff_t column : column_of)
    h = (h ^ static_cast<std::uint32_t>(column)) * 16777619;
  return h;
}

// What SciPy found for each case: the line of its file.
const std::vector<std::string>& scipy_lines() {
  static const std::vector<std::string> lines = [] {
    std::ifstream file{"tests/assign/golden/scipy.txt"};
    std::vector<std::string> read;
    std::string line;
    std::getline(file, line);  // the version
    while (std::getline(file, line)) read.push_back(line);
    return read;
  }();
  return lines;
}

bool agrees(const std::optional<s2d::assignment>& found, const std::string& line) {
  if (line == "x") return !found;
  if (!found) return false;
  std::size_t end = 0;
  const double total = std::stod(line, &end);
  const auto expected = static_cast<std::uint32_t>(std::stoul(line.substr(end), nullptr, 16));
  const double slack = 1e-12 * std::fmax(1, std::abs(total));
  return std::abs(found->total - total) <= slack &&
         (expected == 0 || expected == hash(found->column_of));
}

}  // namespace

TEST_CASE("totals are SciPy's on 10,000 tables, matchings too where defined", "[hungarian]") {
  const auto& lines = scipy_lines();
  REQUIRE(lines.size() == 10000);
  std::vector<std::size_t> wrong;
  for (std::size_t number = 0; number < lines.size(); ++number) {
    const scipy_case given{number};
    const auto found = s2d::hungarian(given.cost, {.maximize = given.maximize});
    bool right = agrees(found, lines[number]);
    if (given.whole) {
      const std::vector<int> values(given.cost.values.begin(), given.cost.values.end());
      const s2d::plane_view<const int> view{values.data(), given.cost.height, given.cost.width};
      right &= agrees(s2d::hungarian(view, {.maximize = given.maximize}), lines[number]);
      const std::vector<float> narrow(given.cost.values.begin(), given.cost.values.end());
      const s2d::plane_view<const float> floats{narrow.data(), given.cost.height, given.cost.width};
      right &= agrees(s2d::hungarian(floats, {.maximize = given.maximize}), lines[number]);
    }
    if (!right) wrong.push_back(number);
  }
  CHECK(wrong == std::vector<std::size_t>{});
}

TEST_CASE("a batch gives what its tables give alone, on any number of threads",
          "[hungarian][threads]") {
  std::vector<scipy_case> cases;
  for (std::uint64_t number = 0; number < 500; ++number)
    if (scipy_case next{number}; !next.maximize) cases.push_back(std::move(next));
  std::vector<s2d::plane_view<const double>> views;
  for (const scipy_case& given : cases) views.push_back(given.cost.view());
  for (const std::size_t threads : {1, 2, 5, 0}) {
    const auto found =
        s2d::hungarian_batch(std::span<const s2d::plane_view<const double>>{views}, {}, threads);
    REQUIRE(found.size() == views.size());
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto alone = s2d::hungarian(views[i]);
      REQUIRE(found[i].has_value() == alone.has_value());
      if (!alone) continue;
      CHECK(found[i]->column_of == alone->column_of);
      CHECK(found[i]->total == alone->total);
    }
  }
}

TEST_CASE("a batch names the first table that is refused", "[hungarian][threads]") {
  std::vector<s2d::matrix<float>> tables(50, s2d::matrix<float>(3, 2, 1.0f));
  tables[21](1, 0) = tables[40](0, 0) = std::numeric_limits<float>::quiet_NaN();
  std::vector<s2d::plane_view<float>> views(tables.begin(), tables.end());
  for (const std::size_t threads : {1, 3})
    CHECK_THROWS_WITH(
        s2d::hungarian_batch(std::span<const s2d::plane_view<float>>{views}, {}, threads),
        Catch::Contains("table 21: hungarian: cost(1, 0) is not a number"));
  CHECK(s2d::hungarian_batch(std::span<const s2d::plane_view<float>>{}).empty());
}
