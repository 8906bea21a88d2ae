#include <s2d/mask/tube.hpp>

#include <random>
#include <vector>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

namespace {

using segment = s2d::tube_segment<s2d::rle>;
using tube = std::vector<segment>;

static_assert(s2d::mask_tube<tube>);
static_assert(s2d::mask_tube<std::vector<s2d::tube_segment<s2d::bit_mask>>>);
static_assert(!s2d::mask_tube<std::vector<s2d::rle>>);
static_assert(s2d::tube_list<std::vector<tube>>);
static_assert(!s2d::tube_list<tube>);

std::vector<tube> random_tubes(std::mt19937& random, std::size_t n, std::ptrdiff_t frames,
                               std::ptrdiff_t height, std::ptrdiff_t width) {
  std::vector<tube> tubes(n);
  for (tube& each : tubes)
    for (std::ptrdiff_t t = 0; t < frames; ++t) {
      if (random() % 3 == 0) continue;
      const auto mask = brute_force::random_mask(random, height, width);
      each.push_back({t, s2d::encode(s2d::mask_view{mask.view()})});
    }
  return tubes;
}

// All frames, pixel by pixel; a missing mask is empty, or its frame is left out.
double pixel_by_pixel(const tube& a, const tube& b, std::ptrdiff_t frames, std::ptrdiff_t height,
                      std::ptrdiff_t width, s2d::absent_frame absent) {
  std::ptrdiff_t common = 0, either = 0;
  for (std::ptrdiff_t t = 0; t < frames; ++t) {
    brute_force::dense_mask planes[2]{{height, width}, {height, width}};
    bool there[2] = {};
    for (int side = 0; side < 2; ++side)
      for (const segment& each : side == 0 ? a : b)
        if (each.frame == t) {
          planes[side] = s2d::decode(each.mask);
          there[side] = true;
        }
    if (absent == s2d::absent_frame::ignored && !(there[0] && there[1])) continue;
    for (std::size_t i = 0; i < planes[0].values.size(); ++i) {
      common += planes[0].values[i] && planes[1].values[i];
      either += planes[0].values[i] || planes[1].values[i];
    }
  }
  return either == 0 ? 0 : static_cast<double>(common) / static_cast<double>(either);
}

}  // namespace

TEST_CASE("a table of tube overlaps equals the pixels counted", "[tube]") {
  std::mt19937 random{2};
  for (const auto& [height, width] : {std::pair{1, 1}, {5, 7}, {64, 65}, {70, 33}}) {
    for (int round = 0; round < 8; ++round) {
      const auto a = random_tubes(random, 4, 6, height, width);
      const auto b = random_tubes(random, 5, 6, height, width);
      for (const auto absent : {s2d::absent_frame::ignored, s2d::absent_frame::empty}) {
        const auto table = s2d::tube_iou<double>(a, b, absent);
        for (std::size_t i = 0; i < a.size(); ++i)
          for (std::size_t j = 0; j < b.size(); ++j) {
            CAPTURE(height, width, round, i, j);
            const double found =
                table(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j));
            CHECK(found == pixel_by_pixel(a[i], b[j], 6, height, width, absent));
            CHECK(found == s2d::tube_iou(a[i], b[j], absent));
          }
      }
    }
  }
}

TEST_CASE("tubes of runs and of bits overlap alike", "[tube]") {
  std::mt19937 random{4};
  const auto a = random_tubes(random, 6, 9, 33, 70), b = random_tubes(random, 3, 9, 33, 70);
  const auto packed = [](const std::vector<tube>& tubes) {
    std::vector<std::vector<s2d::tube_segment<s2d::bit_mask>>> result(tubes.size());
    for (std::size_t i = 0; i < tubes.size(); ++i)
      for (const segment& each : tubes[i])
        result[i].push_back({each.frame, s2d::to_bits(each.mask)});
    return result;
  };
  CHECK(s2d::tube_iou(a, b) == s2d::tube_iou(packed(a), packed(b)));
}

TEST_CASE("tubes without masks overlap nothing", "[tube]") {
  const std::vector<tube> none, empty(2), one{{{3, s2d::rle{2, 2, {0, 4}}}}};
  CHECK(s2d::tube_iou(none, one).height == 0);
  CHECK(s2d::tube_iou(empty, one, s2d::absent_frame::empty).values == std::vector<float>{0, 0});
  CHECK(s2d::tube_iou(empty, empty, s2d::absent_frame::empty).values ==
        std::vector<float>{0, 0, 0, 0});
}

TEST_CASE("frames out of order and masks of different sizes are refused", "[tube]") {
  const s2d::rle mask{2, 2, {0, 4}}, other{4, 1, {0, 4}};
  const std::vector<tube> good{{{0, mask}, {1, mask}}};
  CHECK_THROWS_WITH(s2d::tube_iou(std::vector<tube>{{{1, mask}, {1, mask}}}, good),
                    "tube_iou: tube 0: frame 1 follows frame 1, expected ascending frames");
  CHECK_THROWS_WITH(s2d::tube_iou(good, std::vector<tube>{{{1, other}}}),
                    Catch::Contains("sizes differ, 2 x 2 and 4 x 1"));
}
