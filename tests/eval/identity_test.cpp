#include <s2d/eval/identity.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
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

s2d::identity_counts switches(const s2d::davis_masks& truth, const s2d::davis_masks& found,
                              double least = 0.5) {
  return s2d::identity_switches(s2d::tracked_frames(truth, found), least);
}

}  // namespace

TEST_CASE("an object found under one name has no switch, also after a gap", "[identity]") {
  const s2d::davis_masks truth{bands({0, 0, 0, 0}), bands({20, 20, 20, -1})};
  const auto same = switches(truth, truth);
  CHECK(same.switches == 0);
  CHECK(same.matched == 7);
  CHECK(same.masks == 7);
  const auto gap = switches(truth, {bands({0, -1, 30, 0})});
  CHECK(gap.switches == 0);
  CHECK(gap.matched == 2);
}

TEST_CASE("a name that changes is a switch, and so is its way back", "[identity]") {
  const s2d::davis_masks truth{bands({0, 0, 0, 0})};
  CHECK(switches(truth, {bands({0, 0, -1, -1}), bands({-1, -1, 0, 0})}).switches == 1);
  CHECK(switches(truth, {bands({0, -1, 0, 0}), bands({-1, 0, -1, -1})}).switches == 2);
  // Two that change places switch both.
  CHECK(switches({bands({0, 0}), bands({20, 20})}, {bands({0, 20}), bands({20, 0})}).switches == 2);
}

TEST_CASE("a pair that stays is kept although another fits better", "[identity]") {
  const s2d::davis_masks truth{bands({0, 0})};
  // In frame 1 the first name is 2 columns off (IoU 8 / 12), the second fits exactly.
  const s2d::davis_masks found{bands({0, 2}), bands({-1, 0})};
  CHECK(switches(truth, found).switches == 0);
  CHECK(switches(truth, found, 0.8).switches == 1);
}

TEST_CASE("nothing found, nothing true, sizes that differ", "[identity]") {
  CHECK(switches({}, {}).masks == 0);
  CHECK(switches({bands({0, 0})}, {}).matched == 0);
  CHECK(switches({bands({0, 0})}, {}).masks == 2);
  CHECK_THROWS_AS(switches({bands({0, 0})}, {bands({0})}), s2d::invalid_input);
  CHECK_THROWS_AS(switches({bands({0})}, {{s2d::bit_mask(6, 41)}}), s2d::invalid_input);
  CHECK_THROWS_AS(switches({bands({0})}, {bands({0})}, 0), s2d::invalid_input);
}

TEST_CASE("identity F1 gives every object one name for the whole video", "[identity]") {
  // Found under one name for three frames of six, under another for two.
  const s2d::davis_masks truth{bands({0, 0, 0, 0, 0, 0}), bands({20, 20, -1, -1, -1, -1})};
  const s2d::davis_masks found{bands({0, 0, 0, 30, -1, -1}), bands({-1, -1, -1, -1, 0, 0}),
                               bands({20, 21, -1, -1, -1, -1})};
  const auto frames = s2d::tracked_frames(truth, found);
  const auto scores = s2d::identity_f1(frames);
  CHECK(scores.truths == 8);
  CHECK(scores.found == 8);
  CHECK(scores.matched == 5);
  CHECK(scores.f1() == 5.0 / 8);
  CHECK(scores.precision() == 5.0 / 8);
  CHECK(scores.recall() == 5.0 / 8);
  CHECK(s2d::identity_f1(frames, 1).matched == 4);  // an IoU of 9 / 11 is not enough
  CHECK(s2d::identity_f1(frames, 9.0 / 11).matched == 5);
  CHECK(s2d::identity_f1({}).f1() == 0);
  CHECK(s2d::identity_f1(s2d::tracked_frames(truth, {})).truths == 8);
  CHECK(s2d::identity_f1(s2d::tracked_frames(truth, {})).precision() == 0);
  CHECK(s2d::identity_f1(s2d::tracked_frames(truth, truth)).f1() == 1);
}

TEST_CASE("identity F1 equals TrackEval's", "[identity]") {
  std::ifstream file("tests/eval/golden/identity.txt");
  REQUIRE(file);
  std::size_t cases = 0, frames = 0, matched = 0, missed = 0, wrong = 0;
  for (; file >> frames >> matched >> missed >> wrong; ++cases) {
    std::vector<s2d::tracked_frame> video(frames);
    for (s2d::tracked_frame& frame : video) {
      std::size_t truths = 0, found = 0;
      file >> truths >> found;
      frame.truth.resize(truths);
      frame.found.resize(found);
      for (auto* names : {&frame.truth, &frame.found})
        for (std::int64_t& name : *names) file >> name;
      frame.overlap = s2d::matrix<double>(std::ssize(frame.truth), std::ssize(frame.found));
      for (double& value : frame.overlap.values) file >> value;
    }
    REQUIRE(file);
    const auto scores = s2d::identity_f1(video);
    CAPTURE(cases);
    CHECK(scores.matched == matched);
    CHECK(scores.truths == matched + missed);
    CHECK(scores.found == matched + wrong);
  }
  CHECK(cases == 60);
}

TEST_CASE("tracked frames that do not fit are refused", "[identity]") {
  const auto with = [](auto change) {
    s2d::tracked_frame frame{{1, 2}, {5}, s2d::matrix<double>(2, 1)};
    change(frame);
    return std::vector{frame};
  };
  const auto refused = [](const std::vector<s2d::tracked_frame>& frames) {
    CHECK_THROWS_AS(s2d::identity_f1(frames), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::identity_switches(frames), s2d::invalid_input);
  };
  CHECK(s2d::identity_f1(with([](auto&) {})).truths == 2);
  refused(with([](auto& frame) { frame.truth = {1, 1}; }));
  refused(with([](auto& frame) { frame.found = {5, 6}; }));
  refused(with([](auto& frame) {
    frame.found = {5, 5};
    frame.overlap = s2d::matrix<double>(2, 2);
  }));
  refused(with([](auto& frame) { frame.overlap(1, 0) = 1.5; }));
  refused(with([](auto& frame) { frame.overlap(1, 0) = -0.5; }));
  refused(with([](auto& frame) { frame.overlap(1, 0) = std::nan(""); }));
  CHECK_THROWS_AS(s2d::identity_f1({}, 0), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::identity_f1({}, 1.1), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::identity_f1({}, std::nan("")), s2d::invalid_input);
}

TEST_CASE("an overlap of exactly the least counts, and a pair that stays counts most",
          "[identity]") {
  const auto frame = [](std::vector<double> overlap) {
    s2d::tracked_frame one{{1, 2}, {5, 6}, s2d::matrix<double>(2, 2)};
    one.overlap.values = std::move(overlap);
    return one;
  };
  CHECK(s2d::identity_switches(std::vector{frame({0.5, 0, 0, 0.5})}).matched == 2);
  CHECK(s2d::identity_switches(std::vector{frame({0.5, 0, 0, 0.499})}).matched == 1);
  CHECK(s2d::identity_f1(std::vector{frame({0.5, 0, 0, 0.499})}).matched == 1);
  // 1 stays with 5, although 1 with 6 and 2 with 5 overlap more together.
  const std::vector video{frame({1, 0, 0, 0}), frame({0.5, 1, 1, 0})};
  CHECK(s2d::identity_switches(video).switches == 0);
  CHECK(s2d::identity_switches(video).matched == 2);
}

TEST_CASE("tracked frames of nothing true still hold what was found", "[identity]") {
  const auto frames = s2d::tracked_frames({}, {bands({0, -1, 5})});
  REQUIRE(frames.size() == 3);
  CHECK(s2d::identity_f1(frames).found == 2);
  CHECK(s2d::tracked_frames({}, {}).empty());
  CHECK_THROWS_AS(s2d::tracked_frames({{}}, {bands({0})}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::tracked_frames({{}, bands({0})}, {}), s2d::invalid_input);
}
