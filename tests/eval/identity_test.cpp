#include <s2d/eval/identity.hpp>

#include <vector>

#include "support/catch.hpp"

namespace {

// Columns [left, left + 10) of a picture of 6 x 40; none where left is negative.
s2d::bit_mask band(std::ptrdiff_t left) {
  s2d::bit_mask mask(6, 40);
  for (std::ptrdiff_t y = 0; y < 6 && left >= 0; ++y)
    for (std::ptrdiff_t x = left; x < left + 10; ++x) mask.set(y, x);
  return mask;
}

std::vector<s2d::bit_mask> bands(const std::vector<std::ptrdiff_t>& lefts) {
  std::vector<s2d::bit_mask> masks;
  for (const std::ptrdiff_t left : lefts) masks.push_back(band(left));
  return masks;
}

}  // namespace

TEST_CASE("an object found under one name has no switch, also after a gap", "[identity]") {
  const s2d::davis_masks truth{bands({0, 0, 0, 0}), bands({20, 20, 20, -1})};
  const auto same = s2d::identity_switches(truth, truth);
  CHECK(same.switches == 0);
  CHECK(same.matched == 7);
  CHECK(same.masks == 7);
  const auto gap = s2d::identity_switches(truth, {bands({0, -1, 30, 0})});
  CHECK(gap.switches == 0);
  CHECK(gap.matched == 2);
}

TEST_CASE("a name that changes is a switch, and so is its way back", "[identity]") {
  const s2d::davis_masks truth{bands({0, 0, 0, 0})};
  CHECK(s2d::identity_switches(truth, {bands({0, 0, -1, -1}), bands({-1, -1, 0, 0})}).switches ==
        1);
  CHECK(s2d::identity_switches(truth, {bands({0, -1, 0, 0}), bands({-1, 0, -1, -1})}).switches ==
        2);
  // Two that change places switch both.
  CHECK(s2d::identity_switches({bands({0, 0}), bands({20, 20})}, {bands({0, 20}), bands({20, 0})})
            .switches == 2);
}

TEST_CASE("a pair that stays is kept although another fits better", "[identity]") {
  const s2d::davis_masks truth{bands({0, 0})};
  // In frame 1 the first name is 2 columns off (IoU 8 / 12), the second fits exactly.
  const s2d::davis_masks found{bands({0, 2}), bands({-1, 0})};
  CHECK(s2d::identity_switches(truth, found).switches == 0);
  CHECK(s2d::identity_switches(truth, found, 0.8).switches == 1);
}

TEST_CASE("nothing found, nothing true, sizes that differ", "[identity]") {
  CHECK(s2d::identity_switches({}, {}).masks == 0);
  CHECK(s2d::identity_switches({bands({0, 0})}, {}).matched == 0);
  CHECK(s2d::identity_switches({bands({0, 0})}, {}).masks == 2);
  CHECK_THROWS_AS(s2d::identity_switches({bands({0, 0})}, {bands({0})}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::identity_switches({bands({0})}, {{s2d::bit_mask(6, 41)}}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::identity_switches({bands({0})}, {bands({0})}, 0), s2d::invalid_input);
}
