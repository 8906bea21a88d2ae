#include <s2d/mask/contours.hpp>

#include <cstddef>
#include <random>
#include <vector>

#include <s2d/mask/even_odd.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle_components.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using coordinates = std::vector<double>;
using s2d::connectivity;
using s2d::polygon;
using s2d::rle;

namespace {

// Positive where the outline runs clockwise on the screen.
double signed_area(const coordinates& outline) {
  double twice = 0;
  for (std::size_t i = 0, before = outline.size() - 2; i < outline.size(); before = i, i += 2)
    twice += outline[before] * outline[i + 1] - outline[i] * outline[before + 1];
  return twice / 2;
}

// Horizontal and vertical edges by turns, none of length 0.
bool turns_everywhere(const coordinates& outline) {
  bool good = outline.size() >= 8;
  const std::size_t n = outline.size() / 2;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t next = (i + 1) % n;
    const bool same_x = outline[2 * i] == outline[2 * next];
    const bool same_y = outline[2 * i + 1] == outline[2 * next + 1];
    good = good && same_x != same_y && same_x == (i % 2 == 0);
  }
  return good;
}

}  // namespace

TEST_CASE("a square with a hole has an outline and a hole", "[contours]") {
  const rle mask = brute_force::draw(
      5, 6, [](auto y, auto x) { return x > 0 && x < 5 && y > 0 && y < 4 && (x != 2 || y != 2); });
  const std::vector<polygon> found = s2d::to_polygons(mask);
  REQUIRE(found.size() == 1);
  CHECK(found[0].outline == coordinates{1, 4, 1, 1, 5, 1, 5, 4});
  REQUIRE(found[0].holes.size() == 1);
  CHECK(found[0].holes[0] == coordinates{2, 2, 2, 3, 3, 3, 3, 2});
}

TEST_CASE("pixels that meet at a corner have outlines of their own", "[contours]") {
  CHECK(s2d::to_polygons(rle{2, 2, {0, 1, 2, 1}}) ==
        std::vector<polygon>{{{0, 1, 0, 0, 1, 0, 1, 1}, {}}, {{1, 2, 1, 1, 2, 1, 2, 2}, {}}});
  CHECK(s2d::to_polygons(rle{2, 2, {1, 2, 1}}) ==
        std::vector<polygon>{{{0, 2, 0, 1, 1, 1, 1, 2}, {}}, {{1, 1, 1, 0, 2, 0, 2, 1}, {}}});
}

TEST_CASE("an island in a hole is a polygon of its own", "[contours]") {
  const rle mask = brute_force::draw(7, 7, [](std::ptrdiff_t y, std::ptrdiff_t x) {
    const std::ptrdiff_t ring = (std::max)(std::abs(y - 3), std::abs(x - 3));
    return ring == 3 || ring == 1 || ring == 0;
  });
  const std::vector<polygon> found = s2d::to_polygons(mask);
  REQUIRE(found.size() == 2);
  CHECK(found[0].holes.size() == 1);
  CHECK(found[1] == polygon{{2, 5, 2, 2, 5, 2, 5, 5}, {}});
}

TEST_CASE("polygons give back the mask, one for every component, turned the stated way",
          "[contours]") {
  std::mt19937 random{1};
  brute_force::for_all_sizes(12, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const rle mask = brute_force::runs_of(brute_force::random_mask(random, height, width));
    const std::vector<polygon> found = s2d::to_polygons(brute_force::padded(random, mask));
    CHECK(s2d::encode_even_odd(found, height, width) == mask);
    const std::vector<rle> parts = s2d::components(mask, connectivity::four);
    REQUIRE(found.size() == parts.size());
    double covered = 0;
    bool clockwise = true, turning = true;
    for (const polygon& one : found) {
      covered += signed_area(one.outline);
      clockwise = clockwise && signed_area(one.outline) > 0;
      turning = turning && turns_everywhere(one.outline);
      for (const coordinates& hole : one.holes) {
        covered += signed_area(hole);
        clockwise = clockwise && signed_area(hole) < 0;
        turning = turning && turns_everywhere(hole);
      }
    }
    CHECK(clockwise);
    CHECK(turning);
    CHECK(covered == static_cast<double>(s2d::area(mask)));
    // Each polygon is one component, with its own holes.
    for (std::size_t i = 0; i < found.size() && i < 40; ++i) {
      const rle one = s2d::encode_even_odd(std::vector{found[i]}, height, width);
      CHECK(std::count(parts.begin(), parts.end(), one) == 1);
    }
  });
}

TEST_CASE("COCO's rule fills an outline of whole pixels alike", "[contours]") {
  std::mt19937 random{2};
  brute_force::for_all_sizes(6, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const rle mask = s2d::fill_holes(
        brute_force::runs_of(brute_force::random_mask(random, height, width)), connectivity::four);
    rle filled{height, width, {static_cast<std::uint32_t>(height * width)}};
    for (const polygon& one : s2d::to_polygons(mask)) {
      CHECK(one.holes.empty());
      filled = s2d::unite(filled, s2d::encode_polygon(one.outline, height, width));
    }
    CHECK(filled == s2d::canonical(mask));
  });
}

TEST_CASE("no foreground has no polygons, and wrong sums are refused", "[contours]") {
  CHECK(s2d::to_polygons(rle{}).empty());
  CHECK(s2d::to_polygons(rle{3, 0, {}}).empty());
  CHECK(s2d::to_polygons(rle{3, 4, {12}}).empty());
  CHECK_THROWS_AS(s2d::to_polygons(rle{3, 4, {11}}), s2d::invalid_input);
}
