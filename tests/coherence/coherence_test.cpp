#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <s2d/coherence/match.hpp>
#include <s2d/coherence/point_mask.hpp>
#include <s2d/coherence/score.hpp>
#include <s2d/coherence/visibility.hpp>
#include <s2d/coherence/windows.hpp>

#include "support/catch.hpp"

namespace {

using rows = std::vector<std::size_t>;
using ranges = std::vector<s2d::frame_range>;

s2d::bit_mask block(std::ptrdiff_t left, std::ptrdiff_t right, std::ptrdiff_t height = 20,
                    std::ptrdiff_t width = 100) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = left; x < right; ++x) mask.set(y, x);
  return mask;
}

s2d::bit_matrix table_of(const std::vector<std::string>& text) {
  s2d::bit_matrix table(std::ptrdiff_t(text.size()), std::ptrdiff_t(text.front().size()));
  for (std::size_t r = 0; r < text.size(); ++r)
    for (std::size_t c = 0; c < text[r].size(); ++c)
      table.set(std::ptrdiff_t(r), std::ptrdiff_t(c), text[r][c] == '1');
  return table;
}

// Points in a row y = 5, resting, all visible.
s2d::point_tracks resting(std::size_t frames, const std::vector<float>& x) {
  s2d::point_tracks tracks(frames, x.size());
  for (std::size_t t = 0; t < frames; ++t)
    for (std::size_t n = 0; n < x.size(); ++n) {
      tracks.positions(t)[n] = {x[n], 5};
      tracks.visibility(t)[n] = 1;
    }
  return tracks;
}

}  // namespace

TEST_CASE("visible points are counted frame by frame", "[visibility]") {
  s2d::point_tracks tracks(3, 5);
  tracks.visible = {1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  CHECK(s2d::count_visible(tracks) == std::vector<std::uint32_t>{3, 0, 5});
  CHECK(s2d::count_visible(s2d::point_tracks(2, 0)) == std::vector<std::uint32_t>{0, 0});
}

TEST_CASE("a mask is seen where more than the threshold of its points is", "[visibility]") {
  s2d::matrix<std::uint32_t> visible(3, 4);
  visible.values = {3, 4, 10, 0, 750, 751, 749, 2500, 0, 0, 0, 0};
  const auto seen = s2d::visible_frames(visible, {10, 2500, 0}, 0.3);
  CHECK(seen == table_of({"0110", "0101", "0000"}));
  CHECK_THROWS_WITH(s2d::visible_frames(visible, {10, 10}), Catch::Contains("2 numbers of points"));
  CHECK_THROWS_WITH(s2d::visible_frames(visible, {1, 1, 1}, 1.5),
                    Catch::Contains("threshold is 1.5"));
}

TEST_CASE("exactly half of the rows are no majority", "[windows]") {
  const auto table = table_of({"1101", "1001", "0101", "0001"});
  CHECK(s2d::majority(table, rows{0, 1, 2, 3}) == std::vector<std::uint8_t>{0, 0, 0, 1});
  CHECK(s2d::majority(table, rows{0, 1, 2}) == std::vector<std::uint8_t>{1, 1, 0, 1});
  CHECK(s2d::majority(table, rows{}) == std::vector<std::uint8_t>{0, 0, 0, 0});
  CHECK_THROWS_WITH(s2d::majority(table, rows{4}), Catch::Contains("row 4 of 4"));
}

TEST_CASE("runs are maximal and include both ends", "[windows]") {
  using bytes = std::vector<std::uint8_t>;
  CHECK(s2d::runs(bytes{1, 1, 0, 1, 0, 0, 1, 1, 1}) == ranges{{0, 1}, {3, 3}, {6, 8}});
  CHECK(s2d::runs(bytes{0, 0}).empty());
  CHECK(s2d::runs(bytes{}).empty());
  CHECK(s2d::runs(bytes{1}) == ranges{{0, 0}});
}

TEST_CASE("bits are counted within any range", "[windows]") {
  std::mt19937 random{2};
  s2d::bit_matrix table(1, 200);
  for (std::ptrdiff_t t = 0; t < 200; ++t) table.set(0, t, random() % 3 == 0);
  for (int round = 0; round < 500; ++round) {
    const std::size_t a = random() % 200, b = random() % 200;
    const s2d::frame_range range{std::min(a, b), std::max(a, b)};
    std::size_t expected = 0;
    for (std::size_t t = range.first; t <= range.last; ++t) expected += table(0, std::ptrdiff_t(t));
    CHECK(s2d::count_bits({table.row(0), 4}, range) == expected);
  }
}

TEST_CASE("winners are seen in more than the threshold of the range", "[windows]") {
  const auto table = table_of({"1110000000", "1111000000", "0000000000", "1111111111"});
  CHECK(s2d::winners(table, rows{3, 0, 1, 2}, {0, 9}, 0.3) == rows{3, 1});
  CHECK(s2d::winners(table, rows{0, 1}, {0, 2}, 0.3) == rows{0, 1});
  CHECK_THROWS_WITH(s2d::winners(table, rows{0}, {4, 10}), Catch::Contains("frames 4 to 10"));
  CHECK_THROWS_WITH(s2d::winners(table, rows{9}, {0, 1}), Catch::Contains("row 9 of 4"));
}

TEST_CASE("points fall on the pixel they round to, ties to even", "[point_mask]") {
  const auto pixel = [](float x) { return s2d::detail::pixel_of(x, 100); };
  CHECK(pixel(0) == 0);
  CHECK(pixel(-0.5f) == 0);
  CHECK(pixel(-0.50001f) == -1);
  CHECK(pixel(0.5f) == 0);
  CHECK(pixel(1.5f) == 2);
  CHECK(pixel(2.5f) == 2);
  CHECK(pixel(98.5f) == 98);
  CHECK(pixel(99.49f) == 99);
  CHECK(pixel(99.5f) == -1);  // 100 is outside
  CHECK(s2d::detail::pixel_of(98.5f, 99) == 98);
  CHECK(s2d::detail::pixel_of(9e6f, 10'000'000) == 9'000'000);
  CHECK(pixel(1e30f) == -1);
  CHECK(pixel(-1e30f) == -1);
  CHECK(pixel(std::nanf("")) == -1);
  CHECK(pixel(std::numeric_limits<float>::infinity()) == -1);
  for (int i = 0; i < 1600; ++i) {
    const float x = float(i) / 16;
    const auto expected = std::ptrdiff_t(std::nearbyint(x));
    CHECK(pixel(x) == (expected < 100 ? expected : -1));
  }
}

TEST_CASE("the overlap counts distinct pixels inside the frame", "[point_mask]") {
  const std::vector<s2d::point> points{{1, 1}, {1.2f, 0.9f}, {50, 3}, {70, 3}, {-9, 3}, {3, 99}};
  CHECK(s2d::overlap(points, block(0, 60)) == s2d::point_overlap{2, 3});
  CHECK(s2d::overlap(points, s2d::bit_mask(20, 100)) == s2d::point_overlap{0, 3});
  CHECK(s2d::overlap(std::vector<s2d::point>{{-5, 0}}, block(0, 60)).ratio() == 0.0);
  const auto pixels = s2d::rasterize(points, 20, 100);
  CHECK(pixels(1, 1));
  CHECK(pixels(3, 50));
  CHECK(pixels(3, 70));
}

TEST_CASE("the overlap of random points equals the count by sets", "[point_mask]") {
  std::mt19937 random{8};
  for (int round = 0; round < 60; ++round) {
    const auto height = 1 + std::ptrdiff_t(random() % 40),
               width = 1 + std::ptrdiff_t(random() % 200);
    s2d::bit_mask mask(height, width);
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x) mask.set(y, x, random() % 3 == 0);
    std::vector<s2d::point> points;
    std::set<std::pair<int, int>> pixels;
    std::uint32_t inside = 0;
    for (unsigned i = 0; i < random() % 300; ++i) {
      const s2d::point p{float(random() % 4000) / 16 - 20, float(random() % 1000) / 16 - 10};
      points.push_back(p);
      const int x = int(std::nearbyint(p.x)), y = int(std::nearbyint(p.y));
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      if (pixels.emplace(y, x).second && mask(y, x)) ++inside;
    }
    CHECK(s2d::overlap(points, mask) == s2d::point_overlap{inside, std::uint32_t(pixels.size())});
  }
}

TEST_CASE("points are matched with all masks of the frames asked for", "[match]") {
  const s2d::bit_mask left = block(0, 50), right = block(50, 100), middle = block(25, 75);
  s2d::mask_table table{4, 20, 100};
  table.add(0, left);
  table.add(0, right);
  table.add(2, middle);
  table.add(3, left);
  CHECK(table.size() == 4);
  CHECK(table.first_row(2) == 2);
  CHECK(table.first_row(4) == 4);
  CHECK(table[0].area == 1000);

  const auto tracks = resting(4, {10, 20, 30, 40, 60});
  std::vector<s2d::mask_overlap> found;
  s2d::point_matcher matcher{table};
  matcher.match(tracks, {0, 2}, found);
  CHECK(found == std::vector<s2d::mask_overlap>{{0, {4, 5}}, {1, {1, 5}}, {2, {3, 5}}});
  found.clear();
  matcher.match(tracks, {1, 1}, found);
  CHECK(found.empty());
  CHECK_THROWS_WITH(matcher.match(tracks, {2, 4}, found), Catch::Contains("frames 2 to 4 of 4"));
  CHECK_THROWS_WITH(matcher.match(resting(3, {1}), {0, 1}, found),
                    Catch::Contains("tracks of 3 frames"));
}

TEST_CASE("points may be counted by point, and hidden ones left out", "[match]") {
  const s2d::bit_mask left = block(0, 50);
  s2d::mask_table table{1, 20, 100};
  table.add(0, left);
  auto tracks = resting(1, {10, 10.1f, 20, 60, 300});
  tracks.visibility(0)[2] = 0;
  const auto match = [&](s2d::match_options options) {
    std::vector<s2d::mask_overlap> found;
    s2d::point_matcher{table, options}.match(tracks, {0, 0}, found);
    return found.front().points;
  };
  using s2d::match_unit;
  CHECK(match({match_unit::pixels, false}) == s2d::point_overlap{2, 3});
  CHECK(match({match_unit::pixels, true}) == s2d::point_overlap{1, 2});
  CHECK(match({match_unit::points, false}) == s2d::point_overlap{3, 5});
  CHECK(match({match_unit::points, true}) == s2d::point_overlap{2, 4});
}

TEST_CASE("a table takes masks of its frames in order", "[match]") {
  const s2d::bit_mask fits = block(0, 5), wrong(20, 99);
  s2d::mask_table table{3, 20, 100};
  table.add(1, fits);
  CHECK_THROWS_WITH(table.add(0, fits), Catch::Contains("out of order"));
  CHECK_THROWS_WITH(table.add(3, fits), Catch::Contains("frame 3 of 3"));
  CHECK_THROWS_WITH(table.add(1, wrong), Catch::Contains("20 x 99, expected 20 x 100"));
}

TEST_CASE("frames with several overlapped masks are counted once each", "[match]") {
  const s2d::bit_mask a = block(0, 30), b = block(30, 60), c = block(60, 100);
  s2d::mask_table table{3, 20, 100};
  for (std::size_t t = 0; t < 3; ++t)
    for (const auto* mask : {&a, &b, &c}) table.add(t, *mask);
  // Frame 0: three masks; frame 1: one, and one at exactly a quarter; frame 2: two.
  const std::vector<s2d::mask_overlap> found{{0, {4, 12}}, {1, {4, 12}}, {2, {4, 12}},
                                             {3, {9, 12}}, {4, {3, 12}}, {5, {0, 12}},
                                             {6, {6, 12}}, {7, {6, 12}}, {8, {0, 12}}};
  CHECK(s2d::frames_with_several(found, table, 0.25) == 2);
  CHECK(s2d::frames_with_several({}, table, 0.25) == 0);
}

namespace {

// Scores of masks whose points, eight in a row across the mask, rest and are always visible.
std::vector<float> scores(const s2d::mask_table& table, std::size_t reach) {
  s2d::coherence_table coherence{table, reach};
  for (std::size_t row = 0; row < table.size(); ++row) {
    std::vector<float> x;
    for (std::ptrdiff_t column = 0; column < table.width(); ++column)
      if ((*table[row].mask)(5, column)) x.push_back(float(column));
    const auto tracks = resting(table.frames(), x);
    coherence.add(row, tracks, s2d::count_visible(tracks));
  }
  return coherence.scores();
}

}  // namespace

TEST_CASE("a mask that every frame confirms has coherence 1, a lone one 0", "[coherence]") {
  const s2d::bit_mask same = block(10, 50);
  s2d::mask_table table{5, 20, 100};
  for (std::size_t t = 0; t < 5; ++t) table.add(t, same);
  for (const float score : scores(table, 8)) CHECK(score == 1.0f);

  s2d::mask_table lone{5, 20, 100};
  lone.add(2, same);
  CHECK(scores(lone, 8) == std::vector<float>{0.0f});
  s2d::mask_table single{1, 20, 100};
  single.add(0, same);
  CHECK(scores(single, 8) == std::vector<float>{0.0f});
}

TEST_CASE("coherence refuses rows, counts and tracks that do not fit", "[coherence]") {
  const s2d::bit_mask mask = block(10, 50);  // tables refer to their masks
  s2d::mask_table masks{3, 20, 100};
  masks.add(0, mask);
  s2d::coherence_table table{masks, 8};
  const std::vector<std::uint32_t> seen(3, 2), few(2, 2);
  CHECK_THROWS_AS(table.add(1, resting(3, {20, 30}), seen), s2d::invalid_input);
  CHECK_THROWS_AS(table.add(0, resting(3, {20, 30}), few), s2d::invalid_input);
  CHECK_THROWS_AS(table.add(0, resting(3, {}), seen), s2d::invalid_input);
  CHECK_NOTHROW(table.add(0, resting(3, {20, 30}), seen));
}

TEST_CASE("fragments and over-merged masks are less coherent than the others", "[coherence]") {
  const s2d::bit_mask whole = block(10, 50), part = block(10, 20), both = block(10, 90);
  s2d::mask_table table{7, 20, 100};
  for (std::size_t t = 0; t < 7; ++t) table.add(t, t == 2 ? part : t == 5 ? both : whole);
  const auto score = scores(table, 8);
  for (const std::size_t good : {0u, 1u, 3u, 4u, 6u})
    for (const std::size_t bad : {2u, 5u}) CHECK(score[good] > score[bad]);
}

TEST_CASE("only frames within reach count", "[coherence]") {
  const s2d::bit_mask here = block(10, 50), there = block(60, 90);
  s2d::mask_table table{9, 20, 100};
  for (std::size_t t = 0; t < 9; ++t) table.add(t, t < 4 ? here : there);
  const auto near = scores(table, 2), far = scores(table, 8);
  CHECK(near[0] == 1.0f);
  CHECK(far[0] < 0.5f);
}
