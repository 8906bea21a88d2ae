#include <s2d/segment/detail/confidence.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace {

s2d::matrix<float> row(std::vector<float> values) {
  s2d::matrix<float> result(1, static_cast<std::ptrdiff_t>(values.size()));
  result.values = std::move(values);
  return result;
}

s2d::bit_mask bits(std::ptrdiff_t width, std::vector<std::ptrdiff_t> set) {
  s2d::bit_mask mask(1, width);
  for (const std::ptrdiff_t x : set) mask.set(0, x);
  return mask;
}

}  // namespace

TEST_CASE("Agreement of votes and mask is taken within the room of an object alone") {
  s2d::matrix<std::int32_t> labels(1, 3);
  labels.values = {0, 1, 1};
  const std::vector<float> votes = {0.5F, 1};
  // smaller: 0.5 + 0 + 0; larger: 1 + 0 + 1 without a room, the last place lies outside of it.
  const s2d::matrix<float> share = row({1, 0, 0}), room = row({1, 0.5F, 0});
  CHECK(s2d::detail::agreement(share, nullptr, labels, votes) == Approx(0.5 / 3));
  CHECK(s2d::detail::agreement(share, &room, labels, votes) == Approx(0.5 / 1.5));
  CHECK(s2d::detail::agreement(row({0, 0, 0}), nullptr, labels, std::vector<float>(2)) == 0);
}

TEST_CASE("Stability is the share of sure among possible pixels, nearby if asked") {
  const s2d::bit_mask sure = bits(130, {3, 70}), possible = bits(130, {2, 3, 70, 129});
  const s2d::bit_mask near = bits(130, {2, 3, 4});
  CHECK(s2d::detail::stability(sure, possible, nullptr) == 0.5F);
  CHECK(s2d::detail::stability(sure, possible, &near) == 0.5F);
  const s2d::bit_mask nearer = bits(130, {3});
  CHECK(s2d::detail::stability(sure, possible, &nearer) == 1);
  CHECK(s2d::detail::stability(bits(5, {}), bits(5, {}), nullptr) == 0);
}

TEST_CASE("Overlap of soft masks takes the first one as far as it is near, both empty agree") {
  const s2d::matrix<float> a = row({1, 0.5F, 1}), b = row({1, 1, 0}), near = row({1, 1, 0});
  CHECK(s2d::detail::soft_iou(a, b, nullptr) == Approx(1.5 / 3));
  CHECK(s2d::detail::soft_iou(a, b, &near) == Approx(1.5 / 2));
  CHECK(s2d::detail::soft_iou(row({0}), row({0}), nullptr) == 1);
}

TEST_CASE("Coverage counts the foreground of blocks, across words and on larger grids") {
  const s2d::bit_mask mask = bits(128, {0, 63, 64, 127});
  const s2d::matrix<float> halves = s2d::detail::coverage(mask, 1, 2);
  CHECK(halves.values == std::vector<float>{2.0F / 64, 2.0F / 64});
  CHECK(s2d::detail::coverage(bits(2, {1}), 2, 4).values ==
        std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1});
}

TEST_CASE("Coverage is warped along flow of another grid and is zero where it comes from outside") {
  s2d::flow_field flow(2, 8);
  for (float& u : flow.u.values) u = 2;  // one pixel of a plane of half the size
  const s2d::matrix<float> moved = s2d::detail::warped_coverage(row({1, 2, 3, 4}), flow);
  CHECK(moved.values == std::vector<float>{2, 3, 4, 0});
}
