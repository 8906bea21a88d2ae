#include <s2d/mask/boundary.hpp>

#include <random>

#include <s2d/mask/bits.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

TEST_CASE("the boundary map holds the pixels that differ from what follows them", "[boundary]") {
  std::mt19937 random{1};
  for (int round = 0; round < 8; ++round) {
    for (const auto& [height, width] : brute_force::sizes()) {
      const auto mask = brute_force::random_mask(random, height, width);
      const s2d::bit_mask edges = s2d::boundary_map(brute_force::pack(mask));
      s2d::bit_mask expected(height, width);
      for (std::ptrdiff_t y = 0; y < height; ++y)
        for (std::ptrdiff_t x = 0; x < width; ++x) {
          const std::ptrdiff_t below = y + 1 < height ? y + 1 : y,
                               right = x + 1 < width ? x + 1 : x;
          const auto here = mask(y, x);
          expected.set(y, x,
                       here != mask(below, x) || here != mask(y, right) ||
                           (below != y && right != x && here != mask(below, right)));
        }
      CAPTURE(round, height, width);
      CHECK(edges == expected);
    }
  }
}

TEST_CASE("a mask grown by a disk holds what is near enough", "[boundary]") {
  std::mt19937 random{2};
  for (const auto& [height, width] : brute_force::sizes()) {
    if (height * width > 40000) continue;
    for (const std::ptrdiff_t radius : {0, 1, 2, 5, 8, 12, 70, 1000}) {
      const auto mask = brute_force::random_mask(random, height, width);
      // Distances row by row: the nearest foreground pixel of each row to each column.
      s2d::bit_mask expected(height, width);
      for (std::ptrdiff_t y = 0; y < height; ++y) {
        std::ptrdiff_t left = -1;
        for (std::ptrdiff_t x = 0; x < width; ++x) {
          if (mask(y, x) != 0) left = x;
          std::ptrdiff_t near = left < 0 ? width : x - left;
          for (std::ptrdiff_t right = x; right < width && right - x < near; ++right)
            if (mask(y, right) != 0) near = right - x;
          if (near >= width) continue;
          for (std::ptrdiff_t to = 0; to < height; ++to)
            if (near * near + (to - y) * (to - y) <= radius * radius) expected.set(to, x);
        }
      }
      CAPTURE(height, width, radius);
      CHECK(s2d::dilate_disk(brute_force::pack(mask), radius) == expected);
    }
  }
}

TEST_CASE("a single pixel grows to the disk", "[boundary]") {
  s2d::bit_mask point(9, 9);
  point.set(4, 4);
  CHECK(s2d::area(s2d::dilate_disk(point, 1)) == 5);
  CHECK(s2d::area(s2d::dilate_disk(point, 2)) == 13);
  CHECK(s2d::area(s2d::dilate_disk(point, 3)) == 29);
}

TEST_CASE("a disk of negative radius is refused", "[boundary]") {
  CHECK_THROWS_WITH(s2d::dilate_disk(s2d::bit_mask(2, 2), -1),
                    "dilate_disk: radius is -1, expected 0 or more");
}
