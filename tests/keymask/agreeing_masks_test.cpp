#include <s2d/keymask/agreeing_masks.hpp>

#include <vector>

#include <s2d/mask/bits.hpp>
#include <s2d/mask/rle.hpp>

#include "support/catch.hpp"

namespace {

using tube = std::vector<s2d::tube_segment<s2d::rle>>;

// Columns [left, left + width) of a picture of 6 x 40.
s2d::rle band(std::ptrdiff_t left, std::ptrdiff_t width = 10) {
  s2d::bit_mask mask(6, 40);
  for (std::ptrdiff_t y = 0; y < 6; ++y)
    for (std::ptrdiff_t x = left; x < left + width; ++x) mask.set(y, x);
  return s2d::encode(mask);
}

}  // namespace

TEST_CASE("frame masks join the keymasks where a prediction finds them again", "[agree]") {
  // Known in frames 1 and 4, predicted in all six.
  const std::vector<tube> keys{{{1, band(5)}, {4, band(8)}}};
  const std::vector<tube> found{
      {{1, band(30)}, {4, band(30)}},  // fits nothing
      {{0, band(4)}, {1, band(5)}, {2, band(6)}, {3, band(7)}, {4, band(8)}, {5, band(9)}}};
  const std::vector<std::vector<s2d::rle>> masks{
      {band(20), band(6), band(5)},  // IoU 8/12 and 9/11: the better one
      {band(4)},                     // a keymask is there
      {band(9)},                     // 7/13, below 0.6
      {},
      {band(8)},
      {band(11)}};  // 8/12
  s2d::agreement_options alone{.united = false};
  const auto all = s2d::add_agreeing_masks<s2d::rle>(keys, found, masks, alone);
  REQUIRE(all.size() == 1);
  CHECK(all[0] == tube{{0, band(5)}, {1, band(5)}, {4, band(8)}, {5, band(11)}});
  // With the predictions 4 and 9, and not that of frame 2, which no mask is near enough to.
  CHECK(s2d::add_agreeing_masks<s2d::rle>(keys, found, masks)[0] ==
        tube{{0, band(4, 11)}, {1, band(5)}, {4, band(8)}, {5, band(9, 12)}});

  alone.least_overlap = 0.5;
  const auto more = s2d::add_agreeing_masks<s2d::rle>(keys, found, masks, alone);
  CHECK(more[0] == tube{{0, band(5)}, {1, band(5)}, {2, band(9)}, {4, band(8)}, {5, band(11)}});
  alone.least_overlap = 0.7;
  const auto fewer = s2d::add_agreeing_masks<s2d::rle>(keys, found, masks, alone);
  CHECK(fewer[0] == tube{{0, band(5)}, {1, band(5)}, {4, band(8)}});
}

TEST_CASE("an object that no prediction fits keeps its keymasks", "[agree]") {
  const std::vector<tube> keys{{{0, band(5)}}, {{2, band(20)}}, {}};
  const std::vector<std::vector<s2d::rle>> masks{{}, {band(9), band(20)}, {}};
  // 6/14 of the first; the second is found, in front of its keymask; the third has none.
  const std::vector<tube> found{{{0, band(9)}, {1, band(9)}}, {{1, band(20)}, {2, band(20)}}};
  const auto all = s2d::add_agreeing_masks<s2d::rle>(keys, found, masks);
  CHECK(all == std::vector<tube>{{{0, band(5)}}, {{1, band(20)}, {2, band(20)}}, {}});
  CHECK(s2d::add_agreeing_masks<s2d::rle>(keys, {}, masks) == keys);
  CHECK(s2d::add_agreeing_masks<s2d::rle>({}, found, masks).empty());
}

TEST_CASE("a frame mask that shows two objects joins neither", "[agree]") {
  const std::vector<tube> keys{{{0, band(5)}}, {{0, band(25, 6)}}};
  // The first tube touches the second in frames 1 and 2; the third is the first once more.
  const std::vector<tube> found{{{0, band(5)}, {1, band(8)}, {2, band(8)}},
                                {{0, band(25, 6)}, {1, band(18, 6)}, {2, band(18, 6)}},
                                {{0, band(6)}, {1, band(8)}, {2, band(8)}}};
  // 13 columns, IoU 10/13 with the first, 3 of the 6 columns of the second; then 12, 2 of 6.
  const std::vector<std::vector<s2d::rle>> masks{{}, {band(8, 13)}, {band(8, 12)}};
  const auto all = s2d::add_agreeing_masks<s2d::rle>(keys, found, masks);
  CHECK(all == std::vector<tube>{{{0, band(5)}, {2, band(8, 12)}}, {{0, band(25, 6)}}});
  const auto either = s2d::add_agreeing_masks<s2d::rle>(keys, found, masks, {.most_of_another = 2});
  CHECK(either[0] == tube{{0, band(5)}, {1, band(8, 13)}, {2, band(8, 12)}});
  // The smaller mask beside the larger one is taken instead.
  const std::vector<std::vector<s2d::rle>> apart{{}, {band(8, 13), band(9)}, {}};
  // Its prediction is band(8): of several objects it does not join.
  CHECK(s2d::add_agreeing_masks<s2d::rle>(keys, found, apart)[0] ==
        tube{{0, band(5)}, {1, band(9)}});
}

TEST_CASE("frames and overlaps out of range are refused", "[agree]") {
  const std::vector<std::vector<s2d::rle>> masks(2);
  const std::vector<tube> good{{{1, band(5)}}}, late{{{2, band(5)}}}, early{{{-1, band(5)}}};
  CHECK_THROWS_AS(s2d::add_agreeing_masks<s2d::rle>(late, good, masks), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::add_agreeing_masks<s2d::rle>(good, early, masks), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::add_agreeing_masks<s2d::rle>(good, good, masks, {.least_overlap = 1.5}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::add_agreeing_masks<s2d::rle>(good, good, masks, {.most_of_another = -1}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::add_agreeing_masks<s2d::rle>(good, good, masks, {.least_fit = -1}),
                  s2d::invalid_input);
}
