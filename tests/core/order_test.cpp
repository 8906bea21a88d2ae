#include <s2d/core/detail/order.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using s2d::detail::counted;
using s2d::detail::select_nth;
using s2d::detail::sort_stably;

namespace {

/// Random, ascending, descending, constant and zigzag sequences of many lengths.
std::vector<std::vector<int>> sequences() {
  std::mt19937 random{7};
  std::vector<std::vector<int>> all;
  for (const int n : {0, 1, 2, 3, 15, 16, 17, 31, 33, 100, 1023}) {
    std::vector<int> up = counted<int>(static_cast<std::size_t>(n));
    std::vector<int> down(up.rbegin(), up.rend());
    std::vector<int> zigzag(up), few(up), many(up);
    for (int& v : zigzag) v = v % 2 == 0 ? v : 2 * n - v;
    for (int& v : few) v = static_cast<int>(random() % 4);
    for (int& v : many) v = static_cast<int>(random());
    all.insert(all.end(), {up, down, zigzag, few, many, std::vector<int>(up.size(), 5)});
  }
  return all;
}

}  // namespace

TEST_CASE("selection puts one element in its place and parts the others around it", "[order]") {
  for (const std::vector<int>& values : sequences()) {
    std::vector<int> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = values.size();
    for (std::size_t k = 0; k < n; k += 1 + n / 7) {
      CAPTURE(n, k);
      std::vector<int> parted = values;
      select_nth(parted.data(), n, k);
      CHECK(parted[k] == sorted[k]);
      CHECK(std::all_of(parted.begin(), parted.begin() + static_cast<std::ptrdiff_t>(k),
                        [&](int v) { return v <= sorted[k]; }));
      CHECK(std::all_of(parted.begin() + static_cast<std::ptrdiff_t>(k), parted.end(),
                        [&](int v) { return v >= sorted[k]; }));
      CHECK(std::is_permutation(parted.begin(), parted.end(), sorted.begin()));
    }
  }
}

TEST_CASE("selection obeys the order it is given", "[order]") {
  std::vector<int> values{3, 1, 4, 1, 5, 9, 2, 6};
  select_nth(values.data(), values.size(), 0, [](int a, int b) { return a > b; });
  CHECK(values[0] == 9);
}

TEST_CASE("sorting is stable", "[order]") {
  for (const std::vector<int>& values : sequences()) {
    std::vector<std::pair<int, std::size_t>> pairs;
    for (std::size_t i = 0; i < values.size(); ++i) pairs.emplace_back(values[i] % 10, i);
    const auto by_first = [](const auto& a, const auto& b) { return a.first < b.first; };
    auto expected = pairs;
    std::stable_sort(expected.begin(), expected.end(), by_first);
    sort_stably(pairs, by_first);
    CHECK(pairs == expected);
  }
}

TEST_CASE("counted numbers begin at zero", "[order]") {
  CHECK(counted<int>(0).empty());
  CHECK(counted<std::uint32_t>(4) == std::vector<std::uint32_t>{0, 1, 2, 3});
}
