#include <s2d/mask/nms.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

namespace {

using indices = std::vector<std::size_t>;

// Columns [left, left + width) of a picture of 1 x 100.
s2d::rle span_mask(std::uint32_t left, std::uint32_t width) {
  return {1, 100, {left, width, 100 - left - width}};
}

}  // namespace

TEST_CASE("the best of two masks that overlap too much stays", "[nms]") {
  const std::vector<s2d::rle> masks{span_mask(0, 10), span_mask(1, 10), span_mask(50, 10)};
  CHECK(s2d::nms(masks, std::vector{0.5, 0.9, 0.1}, {.threshold = 0.5}) == indices{1, 2});
  CHECK(s2d::nms(masks, std::vector{0.9, 0.5, 1.0}, {.threshold = 0.5}) == indices{2, 0});
}

TEST_CASE("an overlap equal to the threshold is kept", "[nms]") {
  // 5 common of 15: exactly one third; 5 of 10 of the smaller.
  const std::vector<s2d::rle> masks{span_mask(0, 10), span_mask(5, 10)};
  const std::vector<float> scores{2, 1};
  CHECK(s2d::nms(masks, scores, {.threshold = 5.0 / 15.0}) == indices{0, 1});
  CHECK(s2d::nms(masks, scores, {.threshold = 0.33}) == indices{0});
  CHECK(s2d::nms(masks, scores, {.threshold = 0.5, .over = s2d::over::smaller}) == indices{0, 1});
  CHECK(s2d::nms(masks, scores, {.threshold = 0.49, .over = s2d::over::smaller}) == indices{0});
}

TEST_CASE("of equal scores the earlier item wins", "[nms]") {
  const std::vector<s2d::rle> masks(3, span_mask(20, 30));
  CHECK(s2d::nms(masks, std::vector<int>{7, 7, 7}) == indices{0});
  CHECK(s2d::nms(masks, std::vector<int>{7, 8, 8}) == indices{1});
}

TEST_CASE("a mask that was removed removes nothing", "[nms]") {
  const std::vector<s2d::rle> chain{span_mask(0, 20), span_mask(8, 20), span_mask(16, 20)};
  CHECK(s2d::nms(chain, std::vector{3, 2, 1}, {.threshold = 0.3}) == indices{0, 2});
}

TEST_CASE("masks of all forms and their table give the same answer", "[nms]") {
  std::mt19937 random{6};
  for (int round = 0; round < 40; ++round) {
    std::vector<s2d::bit_mask> packed;
    std::vector<s2d::rle> runs;
    std::vector<double> scores;
    for (int i = 0; i < 20; ++i) {
      packed.push_back(brute_force::pack(brute_force::random_mask(random, 20, 70)));
      runs.push_back(s2d::encode(packed.back()));
      scores.push_back(static_cast<double>(random() % 8));
    }
    for (const double threshold : {0.0, 0.2, 0.75, 1.0}) {
      // The definition: in order, keep what no kept one overlaps by more.
      indices order(packed.size()), expected;
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t i, std::size_t j) { return scores[i] > scores[j]; });
      for (const std::size_t i : order)
        if (std::none_of(expected.begin(), expected.end(),
                         [&](std::size_t k) { return s2d::iou(packed[k], packed[i]) > threshold; }))
          expected.push_back(i);
      CAPTURE(round, threshold);
      CHECK(s2d::nms(packed, scores, {.threshold = threshold}) == expected);
      CHECK(s2d::nms(runs, scores, {.threshold = threshold}) == expected);
      CHECK(s2d::nms(s2d::iou<double>(runs, runs), scores, {.threshold = threshold}) == expected);
    }
  }
}

TEST_CASE("tubes are compared over all frames, absent ones count as empty", "[nms]") {
  using tube = std::vector<s2d::tube_segment<s2d::rle>>;
  const s2d::rle mask = span_mask(0, 10);
  // Two of four frames: IoU 0.5 with the whole.
  const std::vector<tube> tubes{{{0, mask}, {1, mask}, {2, mask}, {3, mask}},
                                {{1, mask}, {2, mask}}};
  CHECK(s2d::nms(tubes, std::vector{1, 2}, {.threshold = 0.5}) == indices{1, 0});
  CHECK(s2d::nms(tubes, std::vector{1, 2}, {.threshold = 0.49}) == indices{1});
}

TEST_CASE("nothing to suppress gives nothing", "[nms]") {
  CHECK(s2d::nms(std::vector<s2d::rle>{}, std::vector<float>{}).empty());
  CHECK(s2d::nms(s2d::matrix<float>{}, std::vector<float>{}).empty());
}

TEST_CASE("scores and tables that do not fit are refused", "[nms]") {
  const std::vector<s2d::rle> masks{span_mask(0, 10)};
  CHECK_THROWS_WITH(s2d::nms(masks, std::vector<float>{}), "nms: 0 scores, expected 1");
  CHECK_THROWS_WITH(s2d::nms(masks, std::vector{std::numeric_limits<float>::quiet_NaN()}),
                    "nms: score 0 is not a number");
  CHECK_THROWS_AS(s2d::nms(masks, std::vector{1}, {.threshold = 1.5}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::nms(s2d::matrix<float>(2, 3), std::vector{1, 2}), s2d::invalid_input);
}
