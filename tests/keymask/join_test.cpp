#include <s2d/keymask/join.hpp>

#include <vector>

#include <s2d/mask/bits.hpp>
#include <s2d/mask/rle.hpp>

#include "support/catch.hpp"

namespace {

struct part {
  std::size_t frame;
  s2d::bit_mask mask;
};
using joined = std::vector<part>;
using numbers = std::vector<std::vector<std::size_t>>;

// `width` columns of a picture of 8 x 40 from column `left` on.
s2d::bit_mask columns(std::ptrdiff_t left, std::ptrdiff_t width) {
  s2d::bit_mask mask(8, 40);
  for (std::ptrdiff_t y = 0; y < 8; ++y)
    for (std::ptrdiff_t x = left; x < left + width; ++x) mask.set(y, x);
  return mask;
}

// A band in frames first, first + step, .. before `end`.
joined band_tube(std::size_t first, std::size_t end, std::ptrdiff_t left, std::ptrdiff_t width = 10,
                 std::size_t step = 1) {
  joined result;
  for (std::size_t t = first; t < end; t += step) result.push_back({t, columns(left, width)});
  return result;
}

}  // namespace

TEST_CASE("a tube overlaps itself wholly and a distant one not at all", "[join]") {
  const joined a = band_tube(0, 5, 0);
  CHECK(s2d::tube_iou(a, a) == 1.0);
  CHECK(s2d::tube_iou(a, band_tube(0, 5, 20)) == 0.0);
  CHECK(s2d::tube_iou(a, joined{}) == 0.0);
  CHECK(s2d::tube_iou(joined{}, joined{}) == 0.0);
}

TEST_CASE("pixels are summed over frames before they are divided", "[join]") {
  // Frame 0: 80 of 80 common, frame 1: 40 of 120.
  const joined a{{0, columns(0, 10)}, {1, columns(0, 10)}};
  const joined b{{0, columns(0, 10)}, {1, columns(5, 10)}};
  CHECK(s2d::tube_iou(a, b) == 120.0 / 200.0);
}

TEST_CASE("a frame with one mask alone is ignored, or counts as empty if asked for", "[join]") {
  const joined sparse = band_tube(0, 9, 0, 10, 3), dense = band_tube(0, 9, 0);
  CHECK(s2d::tube_iou(sparse, dense) == 1.0);
  CHECK(s2d::tube_iou(sparse, dense, s2d::absent_frame::empty) == 3.0 / 9.0);
  CHECK(s2d::tube_iou(dense, sparse, s2d::absent_frame::empty) == 3.0 / 9.0);
}

TEST_CASE("tubes of runs overlap as tubes of bits do", "[join]") {
  struct runs {
    std::size_t frame;
    s2d::rle mask;
  };
  const joined a = band_tube(2, 6, 0), b = band_tube(4, 9, 3);
  std::vector<runs> a_runs, b_runs;
  for (const part& p : a) a_runs.push_back({p.frame, s2d::encode(p.mask)});
  for (const part& p : b) b_runs.push_back({p.frame, s2d::encode(p.mask)});
  CHECK(s2d::tube_iou(a_runs, b_runs) == s2d::tube_iou(a, b));
  CHECK(s2d::tube_iou(a, b) == 7.0 / 13.0);
}

TEST_CASE("masks of different size in one frame are refused", "[join]") {
  const joined a{{0, columns(0, 1)}}, b{{0, s2d::bit_mask(8, 41)}};
  CHECK_THROWS_AS(s2d::tube_iou(a, b), s2d::invalid_input);
}

TEST_CASE("the best pair is taken first, ties by order", "[join]") {
  s2d::matrix<double> values(2, 3);
  values(0, 0) = 0.6;
  values(0, 1) = 0.9;
  values(1, 1) = 0.95;
  values(1, 2) = 0.7;
  using pairs = std::vector<std::pair<std::size_t, std::size_t>>;
  CHECK(s2d::best_pairs(values) == pairs{{0, 0}, {1, 1}});
  CHECK(s2d::best_pairs(s2d::matrix<double>(2, 2, 0.8)) == pairs{{0, 0}, {1, 1}});
  CHECK(s2d::best_pairs(s2d::matrix<double>(2, 2, 0.5)).empty());  // strictly above
  CHECK(s2d::best_pairs(s2d::matrix<double>(0, 3)).empty());
  CHECK(s2d::best_pairs(s2d::matrix<double>(3, 0)).empty());
}

TEST_CASE("an object keeps its number from window to window", "[join]") {
  // Three windows of 150 frames, 30 shared. Two objects, named in another order in the second;
  // one of them is not found in the third, where a new one appears.
  const std::vector<std::vector<joined>> windows{{band_tube(0, 150, 0), band_tube(0, 150, 20)},
                                                 {band_tube(120, 270, 20), band_tube(120, 270, 0)},
                                                 {band_tube(240, 390, 30), band_tube(240, 390, 0)}};
  CHECK(s2d::join_windows(windows) == numbers{{0, 1}, {1, 0}, {2, 0}});
}

TEST_CASE("windows without a common frame share no object", "[join]") {
  const std::vector<std::vector<joined>> windows{
      {band_tube(0, 10, 0)}, {band_tube(10, 20, 0)}, {}, {band_tube(10, 20, 0)}};
  CHECK(s2d::join_windows(windows) == numbers{{0}, {1}, {}, {2}});
  CHECK(s2d::join_windows(std::vector<std::vector<joined>>{}).empty());
}
