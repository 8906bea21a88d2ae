#include <s2d/mask/rle_components.hpp>

#include <vector>

#include <s2d/mask/components.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using s2d::component_order;
using s2d::connectivity;
using s2d::rle;

TEST_CASE("components of runs are those of packed bits, in the same order", "[rle_components]") {
  brute_force::for_all_runs(8, [](const s2d::bit_mask& bits, const rle& runs) {
    for (const auto touching : {connectivity::four, connectivity::eight}) {
      for (const auto order : {component_order::largest_first, component_order::scan}) {
        const s2d::component_list expected = s2d::components(bits, touching, order);
        const std::vector<rle> found = s2d::components(runs, touching, order);
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
          if (i > 20 && i + 20 < found.size()) continue;  // of noise the ends are enough
          CAPTURE(i);
          REQUIRE(found[i] == s2d::encode(s2d::extract(expected, i)));
          CHECK(s2d::area(found[i]) == expected.items[i].area);
          CHECK(s2d::bounding_box(found[i]) == expected.items[i].bounds);
        }
      }
      CHECK(s2d::fill_holes(runs, touching) == s2d::encode(s2d::fill_holes(bits, touching)));
    }
  });
}

TEST_CASE("corners connect by eight and enclose by eight", "[rle_components]") {
  // . # .
  // # . #
  // . # .
  const rle ring{3, 3, {1, 1, 1, 1, 1, 1, 1, 1, 1}};
  CHECK(s2d::components(ring, connectivity::eight) == std::vector{ring});
  CHECK(s2d::components(ring, connectivity::four).size() == 4);
  CHECK(s2d::fill_holes(ring, connectivity::eight) == rle{3, 3, {1, 1, 1, 3, 1, 1, 1}});
  CHECK(s2d::fill_holes(ring, connectivity::four) == ring);
}

TEST_CASE("a snake through the whole frame is one component", "[rle_components]") {
  // The frame of the pooling method that needs 1,088 passes for it.
  const rle snake = brute_force::draw(
      33, 65, [](auto y, auto x) { return y % 2 == 0 || (y % 4 == 1 ? x == 64 : x == 0); });
  for (const auto touching : {connectivity::four, connectivity::eight})
    CHECK(s2d::components(snake, touching) == std::vector{snake});
}

TEST_CASE("nothing has no components, and wrong sums are refused", "[rle_components]") {
  CHECK(s2d::components(rle{}).empty());
  CHECK(s2d::components(rle{5, 7, {35}}).empty());
  CHECK(s2d::fill_holes(rle{}) == rle{0, 0, {0}});
  CHECK_THROWS_AS(s2d::components(rle{5, 7, {34}}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::fill_holes(rle{5, 7, {34}}), s2d::invalid_input);
}
