#include <s2d/segment/normalized_cut_masks.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <s2d/segment/motion_features.hpp>
#include <s2d/segment/normalized_cut_segmenter.hpp>

#include "support/catch.hpp"

namespace {

struct color {
  int r, g, b;
};

void paint(s2d::image& picture, std::ptrdiff_t top, std::ptrdiff_t left, std::ptrdiff_t height,
           std::ptrdiff_t width, color c) {
  for (std::ptrdiff_t y = std::max<std::ptrdiff_t>(top, 0);
       y < std::min(top + height, picture.height); ++y)
    for (std::ptrdiff_t x = std::max<std::ptrdiff_t>(left, 0);
         x < std::min(left + width, picture.width); ++x) {
      picture.row(y)[3 * x] = static_cast<std::uint8_t>(c.r);
      picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(c.g);
      picture.row(y)[3 * x + 2] = static_cast<std::uint8_t>(c.b);
    }
}

s2d::bit_mask rectangle(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t top,
                        std::ptrdiff_t left, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t y = top; y < top + rows; ++y)
    for (std::ptrdiff_t x = left; x < left + columns; ++x) mask.set(y, x);
  return mask;
}

double overlap(const s2d::bit_mask& a, const s2d::bit_mask& b) {
  std::ptrdiff_t both = 0, either = 0;
  for (std::ptrdiff_t y = 0; y < a.height; ++y)
    for (std::ptrdiff_t x = 0; x < a.width; ++x) {
      both += a(y, x) && b(y, x);
      either += a(y, x) || b(y, x);
    }
  return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

// Mean colour of plain rectangular cells, black to white from 0 to `scale`.
s2d::feature_grid mean_colors(const s2d::image& picture, std::ptrdiff_t rows,
                              std::ptrdiff_t columns, float scale) {
  s2d::feature_grid grid(rows, columns, 3);
  const s2d::image reduced = s2d::resize_area(picture.view(), rows, columns);
  for (std::size_t i = 0; i < grid.cells(); ++i)
    for (std::size_t c = 0; c < 3; ++c)
      grid.cell(i)[c] = scale * static_cast<float>(reduced.values[3 * i + c]) / 255;
  return grid;
}

}  // namespace

TEST_CASE("a blob that is coloured unlike its surroundings is cut out to the pixel",
          "[normalized_cut_masks]") {
  const auto [height, width] = GENERATE(std::pair{96, 128}, std::pair{101, 63});
  s2d::image picture(height, width);
  paint(picture, 0, 0, height, width, {40, 90, 40});
  paint(picture, 27, 20, 30, 25, {220, 60, 50});
  const auto source = [&](std::size_t) { return mean_colors(picture, 12, 16, 4); };
  const auto masks = s2d::normalized_cut_masks(std::vector{picture}, source);
  REQUIRE(masks.size() == 1);
  REQUIRE(masks[0].size() == 1);
  CHECK(overlap(masks[0][0].mask, rectangle(height, width, 27, 20, 30, 25)) > 0.95);
  CHECK(masks[0][0].confidence > 0.5);
}

TEST_CASE("two blobs of one colour are two components of one cut", "[normalized_cut_masks]") {
  s2d::image picture(96, 128);
  paint(picture, 0, 0, 96, 128, {40, 90, 40});
  paint(picture, 20, 20, 40, 30, {220, 60, 50});
  paint(picture, 50, 80, 24, 24, {220, 60, 50});
  const auto source = [&](std::size_t) { return mean_colors(picture, 12, 16, 4); };
  const auto masks = s2d::normalized_cut_masks(std::vector{picture}, source);
  REQUIRE(masks[0].size() == 2);  // the larger first
  CHECK(overlap(masks[0][0].mask, rectangle(96, 128, 20, 20, 40, 30)) > 0.95);
  CHECK(overlap(masks[0][1].mask, rectangle(96, 128, 50, 80, 24, 24)) > 0.95);
}

TEST_CASE("repeated cuts find blobs of two colours one by one", "[normalized_cut_masks]") {
  s2d::image picture(96, 128);
  paint(picture, 0, 0, 96, 128, {40, 90, 40});
  paint(picture, 16, 16, 40, 40, {230, 50, 50});
  paint(picture, 48, 72, 32, 32, {60, 60, 230});
  const auto source = [&](std::size_t) { return mean_colors(picture, 12, 16, 6); };
  const auto masks =
      s2d::normalized_cut_masks(std::vector{picture}, source, {.cuts = 3, .max_cost = 0.5});
  REQUIRE(masks[0].size() == 2);
  const auto red = rectangle(96, 128, 16, 16, 40, 40), blue = rectangle(96, 128, 48, 72, 32, 32);
  const bool red_first = overlap(masks[0][0].mask, red) > 0.5;
  CHECK(overlap(masks[0][red_first ? 0 : 1].mask, red) > 0.95);
  CHECK(overlap(masks[0][red_first ? 1 : 0].mask, blue) > 0.95);
}

TEST_CASE("salience decides which side is the object", "[normalized_cut_masks]") {
  s2d::image picture(96, 128);
  paint(picture, 0, 0, 96, 128, {40, 90, 40});
  paint(picture, 24, 32, 40, 48, {220, 60, 50});
  auto grid = mean_colors(picture, 12, 16, 4);
  grid.salience.assign(grid.cells(), 1);
  grid.salience[6 * 16 + 6] = 0;  // the blob stands out less
  const auto source = [&](std::size_t) { return grid; };
  const auto blob = rectangle(96, 128, 24, 32, 40, 48);
  CHECK(overlap(s2d::normalized_cut_masks(std::vector{picture}, source)[0][0].mask, blob) < 0.1);
  for (const auto side : {s2d::foreground_side::inner, s2d::foreground_side::compact})
    CHECK(
        overlap(s2d::normalized_cut_masks(std::vector{picture}, source, {.side = side})[0][0].mask,
                blob) > 0.95);
}

TEST_CASE("learned features are compared by their angle", "[normalized_cut_masks]") {
  s2d::image picture(64, 64);
  paint(picture, 16, 24, 24, 16, {200, 200, 200});
  std::mt19937 random{4};
  std::normal_distribution<float> noise{0, 0.05f};
  s2d::feature_grid grid(8, 8, 6);
  for (std::size_t i = 0; i < 64; ++i) {
    const bool inside = i / 8 >= 2 && i / 8 < 5 && i % 8 >= 3 && i % 8 < 5;
    const float length = 1 + static_cast<float>(i % 7);  // must not matter
    for (std::size_t c = 0; c < 6; ++c)
      grid.cell(i)[c] = length * ((inside ? c == 0 : c == 1) + noise(random));
  }
  const auto masks =
      s2d::normalized_cut_masks(std::vector{picture}, [&](std::size_t) { return grid; },
                                {.affinity = s2d::cell_affinity::cosine, .threshold = 0.5f});
  REQUIRE(masks[0].size() == 1);
  CHECK(overlap(masks[0][0].mask, rectangle(64, 64, 16, 24, 24, 16)) > 0.9);
}

TEST_CASE("what gives nothing to cut gives no mask", "[normalized_cut_masks]") {
  const std::vector<s2d::image> frames(2, s2d::image(40, 40));
  CHECK(s2d::normalized_cut_masks({}, [](std::size_t) { return s2d::feature_grid{}; }).empty());
  for (const auto& masks :
       s2d::normalized_cut_masks(frames, [](std::size_t) { return s2d::feature_grid{}; }))
    CHECK(masks.empty());
  // Cells that are all alike: every cut costs more than 1.
  for (const auto& masks :
       s2d::normalized_cut_masks(frames, [](std::size_t) { return s2d::feature_grid(5, 5, 2); }))
    CHECK(masks.empty());
}

TEST_CASE("a grid that does not fit is refused by name", "[normalized_cut_masks]") {
  const std::vector<s2d::image> frames(1, s2d::image(40, 40));
  s2d::feature_grid grid(5, 5, 2);
  grid.salience.resize(3);
  CHECK_THROWS_WITH(s2d::normalized_cut_masks(frames, [&](std::size_t) { return grid; }),
                    Catch::Contains("3 of salience"));
  grid.salience.clear();
  grid.values[7] = NAN;
  CHECK_THROWS_WITH(s2d::normalized_cut_masks(frames, [&](std::size_t) { return grid; }),
                    Catch::Contains("value 7"));
  grid.values[7] = 0;
  CHECK_THROWS_AS(s2d::normalized_cut_masks(frames, [&](std::size_t) { return grid; }, {.cuts = 0}),
                  s2d::invalid_input);
  CHECK_THROWS_AS(
      s2d::normalized_cut_masks(
          frames, [&](std::size_t) { return grid; }, {}, [](auto&&...) { return false; }),
      s2d::cancelled);
}

namespace {

// A textured square that moves over a textured ground, and the true flow.
struct scene {
  std::vector<s2d::image> frames;
  s2d::video_flow flow;
  std::vector<s2d::bit_mask> truth;
};

scene moving_square(std::size_t count, float speed) {
  std::mt19937 random{9};
  std::uniform_int_distribution<> level{0, 60};
  scene s;
  s2d::image ground(120, 160), square(40, 36);
  for (auto& value : ground.values) value = static_cast<std::uint8_t>(60 + level(random));
  for (auto& value : square.values) value = static_cast<std::uint8_t>(120 + level(random));
  for (std::size_t t = 0; t < count; ++t) {
    const auto left = static_cast<std::ptrdiff_t>(30 + speed * static_cast<float>(t));
    s2d::image frame = ground;
    for (std::ptrdiff_t y = 0; y < 40; ++y)
      std::copy_n(square.row(y), 36 * 3, frame.row(40 + y) + 3 * left);
    s.frames.push_back(frame);
    s.truth.push_back(rectangle(120, 160, 40, left, 40, 36));
    for (auto* fields : {&s.flow.forward, &s.flow.backward}) {
      const bool forward = fields == &s.flow.forward;
      fields->emplace_back();
      if (forward ? t + 1 == count : t == 0) continue;
      fields->back() = s2d::flow_field(120, 160);
      for (std::ptrdiff_t y = 40; y < 80; ++y)
        for (std::ptrdiff_t x = left; x < left + 36; ++x)
          fields->back().u(y, x) = forward ? speed : -speed;
    }
  }
  return s;
}

}  // namespace

TEST_CASE("what moves is cut out, for any number of threads", "[normalized_cut_masks][threads]") {
  const scene s = moving_square(6, 3);
  const auto masks = s2d::normalized_cut_masks(s.frames, s.flow, {.threads = 1});
  for (std::size_t t = 0; t < 6; ++t) {
    CAPTURE(t);
    REQUIRE(masks[t].size() == 1);
    CHECK(overlap(masks[t][0].mask, s.truth[t]) > 0.75);
  }
  const auto again = s2d::normalized_cut_masks(s.frames, s.flow, {.threads = 3});
  for (std::size_t t = 0; t < 6; ++t) {
    REQUIRE(again[t].size() == 1);
    CHECK(again[t][0].mask == masks[t][0].mask);
    CHECK(again[t][0].confidence == masks[t][0].confidence);
  }
}

TEST_CASE("where nothing moves nothing is found", "[normalized_cut_masks]") {
  const scene s = moving_square(4, 0);
  for (const auto& masks : s2d::normalized_cut_masks(s.frames, s.flow)) CHECK(masks.empty());
}

TEST_CASE("without flow colour alone decides", "[normalized_cut_masks]") {
  s2d::image picture(120, 160);
  paint(picture, 0, 0, 120, 160, {40, 90, 40});
  paint(picture, 40, 50, 40, 50, {220, 60, 50});
  const auto masks = s2d::normalized_cut_masks(std::vector{picture}, {});
  REQUIRE(masks[0].size() == 1);
  CHECK(overlap(masks[0][0].mask, rectangle(120, 160, 40, 50, 40, 50)) > 0.95);
}

TEST_CASE("flow of another number of frames is refused", "[normalized_cut_masks]") {
  const scene s = moving_square(4, 3);
  CHECK_THROWS_WITH(s2d::normalized_cut_masks(std::span{s.frames}.first(3), s.flow),
                    Catch::Contains("3 frames"));
  CHECK(s2d::normalized_cut_masks({}, {}).empty());
}

TEST_CASE("the segmenter finds its flow itself", "[normalized_cut_masks]") {
  const scene s = moving_square(5, 3);
  s2d::normalized_cut_segmenter segmenter;
  const auto masks = segmenter(s.frames);
  CHECK(segmenter.flow().frames() == 5);
  REQUIRE(masks.size() == 5);
  REQUIRE_FALSE(masks[2].empty());
  CHECK(overlap(masks[2][0].mask, s.truth[2]) > 0.6);
  CHECK(segmenter({}).empty());
}

TEST_CASE("motion features refuse flow that is not finite, and take no flow at all") {
  const std::vector<s2d::image> frames(3, s2d::image(48, 64));
  s2d::video_flow flow;
  flow.forward.resize(3);
  flow.backward.resize(3);
  flow.forward[1] = s2d::flow_field(24, 32);
  flow.forward[1].v(3, 4) = std::nanf("");
  CHECK_THROWS_WITH(s2d::motion_features(frames, flow), Catch::Contains("flow of frame 1"));
  flow.backward.pop_back();
  CHECK_THROWS_WITH(s2d::motion_features(frames, flow),
                    Catch::Contains("3 frames, but flow of 3 forward and 2 backward"));
  CHECK_NOTHROW(s2d::motion_features(frames, s2d::video_flow{}));
}
