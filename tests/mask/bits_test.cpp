#include <s2d/mask/bits.hpp>

#include <random>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

TEST_CASE("area and box of packed masks agree with the definition", "[bits]") {
  std::mt19937 random{1};
  brute_force::for_all_sizes(20, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto mask = brute_force::random_mask(random, height, width);
    const auto packed = brute_force::pack(mask);
    CHECK(s2d::area(packed) == brute_force::area(mask));
    CHECK(s2d::bounding_box(packed) == brute_force::bounding_box(mask));
  });
}

TEST_CASE("the box of one pixel is that pixel, wherever it lies", "[bits]") {
  for (std::ptrdiff_t x = 0; x < 200; ++x) {
    s2d::bit_mask mask(3, 200);
    mask.set(x % 3, x);
    CHECK(s2d::bounding_box(mask) == s2d::box{x, x % 3, 1, 1});
  }
}

TEST_CASE("set operations on packed masks agree with the definition", "[bits]") {
  std::mt19937 random{2};
  brute_force::for_all_sizes(12, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto a = brute_force::random_mask(random, height, width);
    const auto b = brute_force::random_mask(random, height, width);
    const auto p = brute_force::pack(a), q = brute_force::pack(b);
    const auto both = brute_force::combine(a, b, [](bool v, bool w) { return v && w; });
    const auto any = brute_force::combine(a, b, [](bool v, bool w) { return v || w; });
    const auto only = brute_force::combine(a, b, [](bool v, bool w) { return v && !w; });
    const auto none = brute_force::combine(a, a, [](bool v, bool) { return !v; });
    CHECK(s2d::intersect(p, q) == brute_force::pack(both));
    CHECK(s2d::unite(p, q) == brute_force::pack(any));
    CHECK(s2d::subtract(p, q) == brute_force::pack(only));
    CHECK(s2d::complement(p) == brute_force::pack(none));
    CHECK(s2d::intersection_area(p, q) == brute_force::area(both));
  });
}

TEST_CASE("packed masks of two sizes are refused with both sizes", "[bits]") {
  const s2d::bit_mask a(10, 12), b(12, 10);
  CHECK_THROWS_WITH(s2d::intersect(a, b),
                    "intersect: sizes differ, 10 x 12 and 12 x 10 (height x width)");
  CHECK_THROWS_AS(s2d::unite(a, b), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::subtract(a, b), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::intersection_area(a, b), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::iou(a, b), s2d::invalid_input);
}
