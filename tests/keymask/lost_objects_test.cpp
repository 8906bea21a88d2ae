#include <s2d/keymask/lost_objects.hpp>

#include <vector>

#include <s2d/mask/bits.hpp>
#include <s2d/mask/rle.hpp>

#include "support/catch.hpp"

namespace {

using tube = std::vector<s2d::tube_segment<s2d::rle>>;
using indices = std::vector<std::size_t>;

// Columns [left, left + 10) of a picture of 6 x 40 in each of the frames.
tube seen_band(std::ptrdiff_t left, const std::vector<std::ptrdiff_t>& frames) {
  s2d::bit_mask mask(6, 40);
  for (std::ptrdiff_t y = 0; y < 6; ++y)
    for (std::ptrdiff_t x = left; x < left + 10; ++x) mask.set(y, x);
  tube result;
  for (const std::ptrdiff_t t : frames) result.push_back({t, s2d::encode(mask)});
  return result;
}

}  // namespace

TEST_CASE("an object is lost where no prediction fits its keymasks", "[lost]") {
  const std::vector<tube> keys{seen_band(0, {2, 5}), seen_band(20, {1})};
  // What a prediction has in frames without keymask does not count.
  CHECK(s2d::lost_objects(keys, {seen_band(0, {0, 1, 2, 3, 4, 5}), seen_band(21, {1, 2})}).empty());
  CHECK(s2d::lost_objects(keys, {seen_band(0, {0, 1, 2, 3, 4, 5})}) == indices{1});
  CHECK(s2d::lost_objects(keys, {}) == indices{0, 1});
  // In a frame with a keymask an absent prediction is an empty one: half of the pixels.
  CHECK(s2d::lost_objects(keys, {seen_band(0, {2}), seen_band(20, {1})}) == indices{});
  CHECK(s2d::lost_objects(keys, {seen_band(0, {2}), seen_band(20, {1})}, 0.6) == indices{0});
}

TEST_CASE("objects without keymask are not lost, what does not fit is refused", "[lost]") {
  CHECK(s2d::lost_objects(std::vector<tube>{tube{}}, {}).empty());
  CHECK(s2d::lost_objects(std::vector<tube>{}, {seen_band(0, {1})}).empty());
  CHECK_THROWS_AS(s2d::lost_objects(std::vector<tube>{}, {}, 1.5), s2d::invalid_input);
}

TEST_CASE("what is kept is taken from the predictions", "[lost]") {
  const tube other = seen_band(4, {0, 1, 2, 3});
  SECTION("a mask that loses half of its pixels or less keeps the rest") {
    const auto left = s2d::without_kept({seen_band(9, {1, 2})}, {other});
    REQUIRE(left.at(0).size() == 2);
    CHECK(left[0][0].frame == 1);
    CHECK(left[0][0].mask == s2d::subtract(seen_band(9, {1})[0].mask, other[1].mask));
    CHECK(s2d::area(left[0][1].mask) == 6 * 5);
  }
  SECTION("one that loses more goes as a whole, in frames that both have") {
    const auto left = s2d::without_kept({seen_band(8, {3, 5, 6})}, {other});
    REQUIRE(left.at(0).size() == 2);
    CHECK(left[0][0] == seen_band(8, {5})[0]);
    CHECK(left[0][1] == seen_band(8, {6})[0]);
  }
  SECTION("a prediction that loses more than half of its masks goes as a whole") {
    CHECK(s2d::without_kept({seen_band(4, {2, 3, 4, 5})}, {other}).at(0).size() == 2);
    CHECK(s2d::without_kept({seen_band(4, {1, 2, 3, 4, 5})}, {other}).at(0).empty());
  }
  SECTION("all that is kept counts together") {
    // A third is left after both; each alone leaves two thirds or more.
    const auto left = s2d::without_kept({seen_band(4, {0, 1, 2, 9, 10, 11})},
                                        {seen_band(4, {0, 1}), seen_band(4, {10, 11})});
    CHECK(left.at(0).empty());
  }
  SECTION("order stays, nothing kept changes nothing") {
    const std::vector<tube> found{seen_band(0, {0}), tube{}, seen_band(20, {3})};
    CHECK(s2d::without_kept(found, {}) == found);
    CHECK(s2d::without_kept(found, {other}).at(2) == found[2]);
    CHECK(s2d::without_kept({}, {other}).empty());
  }
}

TEST_CASE("what the predictions lose is kept, and what they lose by that", "[lost]") {
  const auto joined = [](tube one, const tube& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
  };
  indices asked;
  std::vector<tube> keys;
  const auto carry = [&](std::size_t k) {
    asked.push_back(k);
    return keys[k];
  };
  SECTION("nothing is lost") {
    keys = {seen_band(0, {0, 1}), tube{}};
    const std::vector<tube> found{seen_band(1, {0, 1, 2}), seen_band(20, {1})};
    const s2d::lost_and_kept all = s2d::keep_lost(found, keys, carry);
    CHECK(all.found == found);
    CHECK(all.kept.empty());
    CHECK(all.lost.empty());
    CHECK(asked.empty());
  }
  SECTION("all are lost where nothing is predicted") {
    keys = {seen_band(0, {0, 1}), tube{}, seen_band(20, {1})};
    const s2d::lost_and_kept all = s2d::keep_lost({}, keys, carry);
    CHECK(all.lost == indices{0, 2});
    CHECK(asked == all.lost);
    CHECK(all.kept == std::vector<tube>{keys[0], keys[2]});
  }
  SECTION("a prediction that was another's too goes, and its object is kept in the second round") {
    // What fits object 0 in two frames is in five others what object 1 is, which no prediction fits
    // as a whole: where 1 is kept, the prediction goes, and 0 has none.
    keys = {seen_band(0, {0, 1}), seen_band(20, {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})};
    const tube mixed = joined(seen_band(0, {0, 1}), seen_band(20, {2, 3, 4, 5, 6}));
    REQUIRE(s2d::lost_objects(keys, std::vector<tube>{mixed}) == indices{1});
    const s2d::lost_and_kept all = s2d::keep_lost({mixed, seen_band(30, {0})}, keys, carry);
    CHECK(all.lost == indices{1, 0});
    CHECK(asked == all.lost);
    CHECK(all.kept == std::vector<tube>{keys[1], keys[0]});
    CHECK(all.found == std::vector<tube>{tube{}, seen_band(30, {0})});
  }
  SECTION("the limit is the caller's") {
    keys = {seen_band(0, {0})};
    CHECK(s2d::keep_lost({seen_band(3, {0})}, keys, carry).lost.empty());  // 7 of 13 columns
    CHECK(s2d::keep_lost({seen_band(3, {0})}, keys, carry, 0.6).lost == indices{0});
    CHECK_THROWS_AS(s2d::keep_lost({}, keys, carry, 1.1), s2d::invalid_input);
  }
}

TEST_CASE("a prediction stays in the shots in which it fits keymasks", "[lost]") {
  const std::vector<bool> cuts{false, false, true, false, true};  // 0 and 1, 2 and 3, 4 and later
  const std::vector<tube> keys{seen_band(0, {0}), seen_band(20, {3, 6})};
  SECTION("one shot of three") {
    const auto left = s2d::within_shots({seen_band(0, {0, 1, 2, 3, 4, 5})}, keys, cuts);
    CHECK(left == std::vector<tube>{seen_band(0, {0, 1})});
  }
  SECTION("all with keymasks, whoever's; frames of a shot without keymask stay") {
    tube both = seen_band(0, {0, 1});
    const tube behind = seen_band(20, {2, 3, 4, 6, 7});
    both.insert(both.end(), behind.begin(), behind.end());
    CHECK(s2d::within_shots({both}, keys, cuts) == std::vector<tube>{both});
  }
  SECTION("none, and order stays") {
    const auto left = s2d::within_shots({seen_band(10, {0, 3, 6}), seen_band(0, {0})}, keys, cuts);
    CHECK(left == std::vector<tube>{tube{}, seen_band(0, {0})});
    CHECK(s2d::within_shots({seen_band(0, {0})}, {}, cuts) == std::vector<tube>{tube{}});
  }
  SECTION("one for an object, the best") {
    const auto left = s2d::within_shots(
        {seen_band(1, {0, 1}), seen_band(0, {0, 1, 2}), seen_band(0, {0}), seen_band(21, {3})},
        keys, cuts);
    CHECK(left[0].empty());
    CHECK(left[1] == seen_band(0, {0, 1}));
    CHECK(left[2].empty());
    CHECK(left[3] == seen_band(21, {3}));
  }
  SECTION("the limit") {
    CHECK(s2d::within_shots({seen_band(3, {0})}, keys, cuts).at(0).size() == 1);  // 7 of 13 columns
    CHECK(s2d::within_shots({seen_band(4, {0})}, keys, cuts).at(0).empty());      // 6 of 14
    CHECK(s2d::within_shots({seen_band(4, {0})}, keys, cuts, 0.4).at(0).size() == 1);
    CHECK_THROWS_AS(s2d::within_shots({}, keys, cuts, -0.1), s2d::invalid_input);
  }
  SECTION("without cuts nothing changes") {
    const std::vector<tube> found{seen_band(10, {0, 3, 6})};
    CHECK(s2d::within_shots(found, keys, {}) == found);
    CHECK(s2d::within_shots(found, keys, {true, false, false}) == found);
  }
}
