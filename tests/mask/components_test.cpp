#include <s2d/mask/components.hpp>

#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using s2d::component_order;
using s2d::connectivity;

namespace {

// Rows of '#' and '.'.
s2d::bit_mask picture(const std::vector<std::string>& rows) {
  s2d::bit_mask mask(static_cast<std::ptrdiff_t>(rows.size()),
                     static_cast<std::ptrdiff_t>(rows.front().size()));
  for (std::size_t y = 0; y < rows.size(); ++y)
    for (std::size_t x = 0; x < rows[y].size(); ++x)
      mask.set(static_cast<std::ptrdiff_t>(y), static_cast<std::ptrdiff_t>(x), rows[y][x] == '#');
  return mask;
}

// Labels 1, 2, .. by flooding from each first pixel in scan order; 0 where `mask` is 0.
s2d::matrix<std::int32_t> flood(const s2d::bit_mask& mask, connectivity touching) {
  s2d::matrix<std::int32_t> label(mask.height, mask.width);
  std::int32_t count = 0;
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> open;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
      if (!mask(y, x) || label(y, x) != 0) continue;
      label(y, x) = ++count;
      open.assign(1, {y, x});
      while (!open.empty()) {
        const auto [v, u] = open.back();
        open.pop_back();
        for (std::ptrdiff_t dy = -1; dy <= 1; ++dy) {
          for (std::ptrdiff_t dx = -1; dx <= 1; ++dx) {
            if (touching == connectivity::four && dy != 0 && dx != 0) continue;
            const std::ptrdiff_t row = v + dy, column = u + dx;
            if (row < 0 || column < 0 || row >= mask.height || column >= mask.width) continue;
            if (!mask(row, column) || label(row, column) != 0) continue;
            label(row, column) = count;
            open.push_back({row, column});
          }
        }
      }
    }
  }
  return label;
}

s2d::bit_mask where(const s2d::matrix<std::int32_t>& label, std::int32_t value) {
  s2d::bit_mask mask(label.height, label.width);
  for (std::ptrdiff_t y = 0; y < label.height; ++y)
    for (std::ptrdiff_t x = 0; x < label.width; ++x) mask.set(y, x, label(y, x) == value);
  return mask;
}

}  // namespace

TEST_CASE("nothing to connect gives no component", "[components]") {
  CHECK(s2d::components(s2d::bit_mask{}).empty());
  CHECK(s2d::components(s2d::bit_mask(0, 9)).empty());
  CHECK(s2d::components(s2d::bit_mask(9, 70)).empty());
  CHECK(s2d::labels(s2d::components(s2d::bit_mask(2, 3))) == s2d::matrix<std::int32_t>(2, 3));
}

TEST_CASE("corners connect by eight and not by four", "[components]") {
  const auto mask = picture({"##..#",  //
                             "..#.#",  //
                             ".#..#"});
  const auto eight = s2d::components(mask, connectivity::eight);
  REQUIRE(eight.size() == 2);
  CHECK(eight.items[0].area == 4);
  CHECK(eight.items[0].bounds == s2d::box{0, 0, 3, 3});
  CHECK(eight.items[1].area == 3);
  CHECK(eight.items[1].bounds == s2d::box{4, 0, 1, 3});
  const auto four = s2d::components(mask, connectivity::four);
  REQUIRE(four.size() == 4);
  CHECK(four.items[0].bounds == s2d::box{4, 0, 1, 3});
  CHECK(four.items[1].bounds == s2d::box{0, 0, 2, 1});
}

TEST_CASE("the largest comes first, equal ones in scan order", "[components]") {
  const auto mask = picture({"#.#.##",  //
                             "......",  //
                             "###.##"});
  const auto by_area = s2d::components(mask);
  REQUIRE(by_area.size() == 5);
  CHECK(by_area.items[0].bounds == s2d::box{0, 2, 3, 1});
  CHECK(by_area.items[1].bounds == s2d::box{4, 0, 2, 1});
  CHECK(by_area.items[2].bounds == s2d::box{4, 2, 2, 1});
  CHECK(by_area.items[3].bounds == s2d::box{0, 0, 1, 1});
  CHECK(by_area.items[4].bounds == s2d::box{2, 0, 1, 1});
  const auto by_scan = s2d::components(mask, connectivity::eight, component_order::scan);
  CHECK(by_scan.items[0].bounds == s2d::box{0, 0, 1, 1});
  CHECK(by_scan.items[1].bounds == s2d::box{2, 0, 1, 1});
  CHECK(by_scan.items[4].bounds == s2d::box{4, 2, 2, 1});
}

TEST_CASE("shapes that join late become one component", "[components]") {
  const auto mask = picture({"#.#.#.#.#",  //
                             "#.#.#.#.#",  //
                             "#########"});
  CHECK(s2d::components(mask).size() == 1);
  const auto snake = picture({"#########",  //
                              "........#",  //
                              "#########",  //
                              "#........",  //
                              "#########"});
  CHECK(s2d::components(snake, connectivity::four).size() == 1);
}

TEST_CASE("components agree with flooding", "[components]") {
  std::mt19937 random{1};
  for (int round = 0; round < 10; ++round) {
    for (const auto& [height, width] : brute_force::sizes()) {
      auto dense = brute_force::random_mask(random, height, width);
      if (round % 3 == 0)
        for (auto& value : dense.values) value = random() % 5 < 2;  // near percolation
      const auto mask = brute_force::pack(dense);
      for (const auto touching : {connectivity::four, connectivity::eight}) {
        CAPTURE(round, height, width, touching == connectivity::four);
        const auto flooded = flood(mask, touching);
        const auto found = s2d::components(mask, touching, component_order::scan);
        CHECK(s2d::labels(found) == flooded);
        std::ptrdiff_t total = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
          total += found.items[i].area;
          if (i % 50 != 0) continue;
          const auto one = s2d::extract(found, i);
          CHECK(one == where(flooded, static_cast<std::int32_t>(i + 1)));
          CHECK(s2d::area(one) == found.items[i].area);
          CHECK(s2d::bounding_box(one) == found.items[i].bounds);
        }
        CHECK(total == s2d::area(mask));
        const auto sorted = s2d::components(mask, touching);
        REQUIRE(sorted.size() == found.size());
        for (std::size_t i = 1; i < sorted.size(); ++i) {
          REQUIRE(sorted.items[i - 1].area >= sorted.items[i].area);
          if (sorted.items[i - 1].area > sorted.items[i].area) continue;
          const auto &a = sorted.runs_of(i - 1)[0], &b = sorted.runs_of(i)[0];
          REQUIRE((a.y < b.y || (a.y == b.y && a.begin < b.begin)));
        }
      }
    }
  }
}

TEST_CASE("a component that does not exist is refused", "[components]") {
  CHECK_THROWS_WITH(s2d::extract(s2d::components(s2d::bit_mask(2, 2)), 0),
                    "extract: component 0 of 0");
}

TEST_CASE("holes are filled, bays are not", "[components]") {
  const auto ring = picture({".......",  //
                             ".####..",  //
                             ".#..#..",  //
                             ".####..",  //
                             "......."});
  const auto disk = picture({".......",  //
                             ".####..",  //
                             ".####..",  //
                             ".####..",  //
                             "......."});
  CHECK(s2d::fill_holes(ring) == disk);
  const auto bay = picture({".......",  //
                            ".####..",  //
                            ".#.....",  //
                            ".####..",  //
                            "......."});
  CHECK(s2d::fill_holes(bay) == bay);
}

TEST_CASE("a diagonal encloses where it connects", "[components]") {
  const auto diamond = picture({"..#..",  //
                                ".#.#.",  //
                                "..#.."});
  const auto full = picture({"..#..",  //
                             ".###.",  //
                             "..#.."});
  CHECK(s2d::fill_holes(diamond, connectivity::eight) == full);
  CHECK(s2d::fill_holes(diamond, connectivity::four) == diamond);
}

TEST_CASE("what is filled is the background that does not reach the border", "[components]") {
  std::mt19937 random{2};
  for (int round = 0; round < 6; ++round) {
    for (const auto& [height, width] : brute_force::sizes()) {
      auto dense = brute_force::random_mask(random, height, width);
      if (round % 2 == 0)
        for (auto& value : dense.values) value = random() % 5 < 3;
      const auto mask = brute_force::pack(dense);
      for (const auto touching : {connectivity::four, connectivity::eight}) {
        CAPTURE(round, height, width, touching == connectivity::four);
        const auto background =
            flood(s2d::complement(mask),
                  touching == connectivity::eight ? connectivity::four : connectivity::eight);
        std::vector<bool> outside(static_cast<std::size_t>(height * width + 1));
        for (std::ptrdiff_t y = 0; y < height; ++y)
          for (std::ptrdiff_t x = 0; x < width; ++x)
            if (y == 0 || x == 0 || y == height - 1 || x == width - 1)
              outside[static_cast<std::size_t>(background(y, x))] = true;
        s2d::bit_mask expected(height, width);
        for (std::ptrdiff_t y = 0; y < height; ++y)
          for (std::ptrdiff_t x = 0; x < width; ++x)
            expected.set(y, x, mask(y, x) || !outside[static_cast<std::size_t>(background(y, x))]);
        CHECK(s2d::fill_holes(mask, touching) == expected);
      }
    }
  }
}
