#include <s2d/keymask/propagate.hpp>
#include <s2d/mask/bits.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace {

s2d::flow_field uniform(std::ptrdiff_t height, std::ptrdiff_t width, float u, float v) {
  s2d::flow_field field(height, width);
  std::fill(field.u.values.begin(), field.u.values.end(), u);
  std::fill(field.v.values.begin(), field.v.values.end(), v);
  return field;
}

// A clip in which everything moves by (u, v) grid pixels a frame.
s2d::video_flow drifting(std::size_t frames, std::ptrdiff_t height, std::ptrdiff_t width, float u,
                         float v) {
  s2d::video_flow flow{std::vector<s2d::flow_field>(frames), std::vector<s2d::flow_field>(frames)};
  for (std::size_t t = 0; t < frames; ++t) {
    if (t + 1 < frames) flow.forward[t] = uniform(height, width, u, v);
    if (t > 0) flow.backward[t] = uniform(height, width, -u, -v);
  }
  return flow;
}

s2d::bit_mask rectangle(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t y,
                        std::ptrdiff_t x, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(y, 0); i < std::min(y + rows, height); ++i)
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(x, 0); j < std::min(x + columns, width); ++j)
      mask.set(i, j);
  return mask;
}

s2d::bit_mask disc(std::ptrdiff_t height, std::ptrdiff_t width, double y, double x, double radius) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t i = 0; i < height; ++i)
    for (std::ptrdiff_t j = 0; j < width; ++j)
      mask.set(i, j, std::hypot(static_cast<double>(i) - y, static_cast<double>(j) - x) < radius);
  return mask;
}

s2d::video_flow random_flow(std::size_t frames, std::ptrdiff_t height, std::ptrdiff_t width,
                            float length, std::mt19937& random) {
  std::normal_distribution<float> draw{0, length};
  auto flow = drifting(frames, height, width, 0, 0);
  for (auto* fields : {&flow.forward, &flow.backward})
    for (auto& field : *fields)
      for (auto* plane : {&field.u, &field.v})
        for (float& value : plane->values) value = draw(random);
  return flow;
}

// The definition, one pixel at a time, in double and on whole frames.
using soft = s2d::matrix<double>;

double sample(const s2d::matrix<float>& plane, double y, double x) {
  y = std::clamp(y, 0., static_cast<double>(plane.height - 1));
  x = std::clamp(x, 0., static_cast<double>(plane.width - 1));
  const auto y0 = static_cast<std::ptrdiff_t>(y), x0 = static_cast<std::ptrdiff_t>(x);
  const auto y1 = std::min(y0 + 1, plane.height - 1), x1 = std::min(x0 + 1, plane.width - 1);
  const double fy = y - static_cast<double>(y0), fx = x - static_cast<double>(x0);
  return (plane(y0, x0) * (1 - fx) + plane(y0, x1) * fx) * (1 - fy) +
         (plane(y1, x0) * (1 - fx) + plane(y1, x1) * fx) * fy;
}

soft warped(const soft& mask, const s2d::flow_field& field) {
  soft result(mask.height, mask.width);
  const double sy = static_cast<double>(field.height()) / static_cast<double>(mask.height);
  const double sx = static_cast<double>(field.width()) / static_cast<double>(mask.width);
  const auto at = [&](std::ptrdiff_t y, std::ptrdiff_t x) {
    return y < 0 || x < 0 || y >= mask.height || x >= mask.width ? 0. : mask(y, x);
  };
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
      const double gy = (static_cast<double>(y) + 0.5) * sy - 0.5;
      const double gx = (static_cast<double>(x) + 0.5) * sx - 0.5;
      const double py = static_cast<double>(y) + sample(field.v, gy, gx) / sy;
      const double px = static_cast<double>(x) + sample(field.u, gy, gx) / sx;
      const auto y0 = static_cast<std::ptrdiff_t>(std::floor(py));
      const auto x0 = static_cast<std::ptrdiff_t>(std::floor(px));
      const double fy = py - std::floor(py), fx = px - std::floor(px);
      result(y, x) = (at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx) * (1 - fy) +
                     (at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx) * fy;
    }
  return result;
}

// A picture in which every pixel has a colour of its own, or one colour.
s2d::image noise(std::ptrdiff_t height, std::ptrdiff_t width, std::mt19937& random) {
  s2d::image picture(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t i = 0; i < 3 * width; ++i)
      picture.row(y)[i] = static_cast<std::uint8_t>(random());
  return picture;
}
s2d::image plain(std::ptrdiff_t height, std::ptrdiff_t width, std::uint8_t value) {
  s2d::image picture(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y) std::fill_n(picture.row(y), 3 * width, value);
  return picture;
}

// The colour, times the mask, of every pixel.
std::vector<soft> painted(const soft& mask, const s2d::image& picture) {
  std::vector<soft> planes(3, soft(mask.height, mask.width));
  for (std::size_t c = 0; c < 3; ++c)
    for (std::ptrdiff_t y = 0; y < mask.height; ++y)
      for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
        const auto row = static_cast<std::ptrdiff_t>((static_cast<double>(y) + 0.5) *
                                                     static_cast<double>(picture.height) /
                                                     static_cast<double>(mask.height));
        const auto column = static_cast<std::ptrdiff_t>((static_cast<double>(x) + 0.5) *
                                                        static_cast<double>(picture.width) /
                                                        static_cast<double>(mask.width));
        planes[c](y, x) =
            mask(y, x) * picture.row(row)[3 * column + static_cast<std::ptrdiff_t>(c)];
      }
  return planes;
}

double pixels_of(const soft& mask) {
  return static_cast<double>(std::count_if(mask.values.begin(), mask.values.end(),
                                           [](double value) { return value > 0.5; }));
}

// Share of the pixels of a mask whose colours, brought along, are those of the picture.
double share_alike(const soft& mask, const std::vector<soft>& colors, const s2d::image& picture,
                   double most) {
  const soft ones(mask.height, mask.width, 1);
  const std::vector<soft> here = painted(ones, picture);
  double near = 0;
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    if (!(mask.values[i] > 0.5)) continue;
    double square = 0;
    for (std::size_t c = 0; c < 3; ++c)
      square += std::pow(colors[c].values[i] / mask.values[i] - here[c].values[i], 2);
    if (square <= most * most) ++near;
  }
  return near / pixels_of(mask);
}

// Averaged values of every frame; a frame that nothing reaches is empty. `clear` becomes false if
// whether a mask is alike hangs on rounding.
std::vector<soft> defined(const std::vector<s2d::bit_mask>& keys, const s2d::video_flow& flow,
                          const std::vector<s2d::image>& pictures = {},
                          const s2d::likeness_options& likeness = {}, bool* clear = nullptr) {
  struct side {
    soft mask;
    double age = -1;
    std::vector<soft> colors = {};
    double pixels = 0;
  };
  const auto alike = [&](const side& now, std::size_t t) {
    if (pictures.empty()) return true;
    const double before = now.pixels, here = pixels_of(now.mask);
    const double share = share_alike(now.mask, now.colors, pictures[t], likeness.color);
    for (const double value : now.mask.values)
      if (std::abs(value - 0.5) < 1e-3) *clear = false;
    for (const double off : {-0.01, 0.01})
      if (here > 0 && share_alike(now.mask, now.colors, pictures[t], likeness.color + off) != share)
        *clear = false;
    return (here == 0 || share >= likeness.share) && here >= likeness.size * before &&
           likeness.size * here <= before;
  };
  const std::size_t frames = keys.size();
  std::vector<side> passes[2] = {std::vector<side>(frames), std::vector<side>(frames)};
  for (int pass = 0; pass < 2; ++pass) {
    side now;
    for (std::size_t k = 0; k < frames; ++k) {
      const std::size_t t = pass == 0 ? k : frames - 1 - k;
      const auto& field = pass == 0 ? flow.backward[t] : flow.forward[t];
      if (!keys[t].empty()) {
        now = {soft(keys[t].height, keys[t].width), 0};
        for (std::ptrdiff_t y = 0; y < keys[t].height; ++y)
          for (std::ptrdiff_t x = 0; x < keys[t].width; ++x) now.mask(y, x) = keys[t](y, x);
        now.pixels = pixels_of(now.mask);
        if (!pictures.empty()) now.colors = painted(now.mask, pictures[t]);
      } else if (now.age >= 0 && !field.empty()) {
        now.mask = warped(now.mask, field);
        for (soft& plane : now.colors) plane = warped(plane, field);
        ++now.age;
        if (!alike(now, t)) now = {};
      } else {
        now = {};
      }
      passes[pass][t] = now;
    }
  }
  std::vector<soft> result(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    const side &a = passes[0][t], &b = passes[1][t];
    if (a.age < 0 && b.age < 0) continue;
    const double wa = a.age < 0 ? 0 : 1 / (a.age + 0.5), wb = b.age < 0 ? 0 : 1 / (b.age + 0.5);
    result[t] = a.age < 0 ? b.mask : a.mask;
    if (a.age >= 0 && b.age >= 0)
      for (std::size_t i = 0; i < result[t].values.size(); ++i)
        result[t].values[i] = (a.mask.values[i] * wa + b.mask.values[i] * wb) / (wa + wb);
  }
  return result;
}

// Pixels that differ from the definition where it is clear of the threshold.
std::size_t wrong_pixels(const std::vector<s2d::bit_mask>& masks,
                         const std::vector<soft>& expected) {
  std::size_t wrong = 0;
  for (std::size_t t = 0; t < masks.size(); ++t)
    for (std::ptrdiff_t y = 0; y < masks[t].height; ++y)
      for (std::ptrdiff_t x = 0; x < masks[t].width; ++x) {
        const double value = expected[t].empty() ? 0 : expected[t](y, x);
        if (std::abs(value - 0.5) > 1e-3 && masks[t](y, x) != (value > 0.5)) ++wrong;
      }
  return wrong;
}

}  // namespace

TEST_CASE("no frames give no masks", "[propagate]") {
  CHECK(s2d::propagate({}, s2d::video_flow{}).empty());
}

TEST_CASE("without a key every mask is without pixels", "[propagate]") {
  const std::vector<s2d::bit_mask> keys(3);
  CHECK(s2d::propagate(keys, drifting(3, 4, 4, 1, 0)) == keys);
}

TEST_CASE("a key frame keeps its own mask", "[propagate]") {
  std::mt19937 random{1};
  std::vector<s2d::bit_mask> keys(4);
  keys[1] = rectangle(9, 70, 2, 60, 4, 9);
  CHECK(s2d::propagate(keys, random_flow(4, 9, 70, 3, random))[1] == keys[1]);
}

TEST_CASE("a mask rides on a uniform motion, both ways and on every grid", "[propagate]") {
  const auto [rows, columns] = GENERATE(std::pair{24, 100}, std::pair{12, 50}, std::pair{48, 200},
                                        std::pair{1, 1}, std::pair{1, 100}, std::pair{24, 2});
  CAPTURE(rows, columns);
  // Three frame pixels to the right and one down, in pixels of the grid.
  const auto flow = drifting(7, rows, columns, 3.f * static_cast<float>(columns) / 100.f,
                             static_cast<float>(rows) / 24.f);
  std::vector<s2d::bit_mask> keys(7);
  keys[3] = rectangle(24, 100, 8, 40, 5, 30);
  const auto masks = s2d::propagate(keys, flow);
  for (int t = 0; t < 7; ++t) {
    CAPTURE(t);
    CHECK(masks[static_cast<std::size_t>(t)] ==
          rectangle(24, 100, 8 + t - 3, 40 + 3 * (t - 3), 5, 30));
  }
}

TEST_CASE("a mask that leaves the frame does not come back", "[propagate]") {
  auto flow = drifting(5, 10, 20, 6, 0);
  flow.backward[3] = flow.backward[4] = uniform(10, 20, 6, 0);  // the motion turns around
  std::vector<s2d::bit_mask> keys(5);
  keys[0] = rectangle(10, 20, 3, 12, 4, 6);
  const auto masks = s2d::propagate(keys, flow);
  CHECK(masks[1] == rectangle(10, 20, 3, 18, 4, 2));
  for (const std::size_t t : {2u, 3u, 4u}) CHECK(masks[t] == s2d::bit_mask(10, 20));
}

TEST_CASE("the nearer key weighs more", "[propagate]") {
  // Two keys without overlap on a still clip: at the same distance each pixel has 1/2, which is not
  // more than the threshold; elsewhere the nearer one wins.
  std::vector<s2d::bit_mask> keys(5);
  keys[0] = rectangle(8, 8, 0, 0, 8, 3);
  keys[4] = rectangle(8, 8, 0, 5, 8, 3);
  const auto masks = s2d::propagate(keys, drifting(5, 8, 8, 0, 0));
  CHECK(masks[1] == keys[0]);
  CHECK(masks[2] == s2d::bit_mask(8, 8));
  CHECK(masks[3] == keys[4]);
}

TEST_CASE("a key without foreground says that the object is not there", "[propagate]") {
  std::vector<s2d::bit_mask> keys(5);
  keys[0] = rectangle(8, 8, 2, 2, 4, 4);
  keys[3] = s2d::bit_mask(8, 8);
  const auto masks = s2d::propagate(keys, drifting(5, 8, 8, 0, 0));
  CHECK(masks[1] == keys[0]);
  CHECK(masks[2] == s2d::bit_mask(8, 8));
  CHECK(masks[4] == s2d::bit_mask(8, 8));
}

TEST_CASE("nothing is carried over a cut", "[propagate]") {
  auto flow = drifting(6, 8, 8, 0, 0);
  flow.forward[2] = flow.backward[3] = {};
  std::vector<s2d::bit_mask> keys(6);
  keys[1] = rectangle(8, 8, 2, 2, 4, 4);
  const auto masks = s2d::propagate(keys, flow);
  CHECK(masks[0] == keys[1]);
  CHECK(masks[2] == keys[1]);
  for (const std::size_t t : {3u, 4u, 5u}) CHECK(masks[t] == s2d::bit_mask(8, 8));
}

TEST_CASE("reach ends the way of a mask", "[propagate]") {
  std::vector<s2d::bit_mask> keys(9);
  keys[4] = rectangle(8, 8, 2, 2, 4, 4);
  const auto masks = s2d::propagate(keys, drifting(9, 8, 8, 0, 0), {.reach = 2});
  for (std::size_t t = 0; t < 9; ++t) {
    CAPTURE(t);
    CHECK(masks[t] == (t >= 2 && t <= 6 ? keys[4] : s2d::bit_mask(8, 8)));
  }
}

TEST_CASE("random clips agree with the definition wherever it is clear of the threshold",
          "[propagate][threads]") {
  std::mt19937 random{7};
  const auto draw = [&](int least, int most) {
    return std::uniform_int_distribution<>{least, most}(random);
  };
  for (int round = 0; round < 40; ++round) {
    CAPTURE(round);
    const std::ptrdiff_t height = draw(1, 40), width = draw(1, 140);
    const auto frames = static_cast<std::size_t>(draw(1, 9));
    const bool same_grid = draw(0, 2) == 0;
    const auto flow = random_flow(frames, same_grid ? height : draw(1, 50),
                                  same_grid ? width : draw(1, 60), 2, random);
    std::vector<s2d::bit_mask> keys(frames);
    for (auto& key : keys)
      if (draw(0, 3) == 0) key = disc(height, width, draw(0, 40), draw(0, 140), draw(1, 30));
    const auto masks = s2d::propagate(keys, flow, {.threads = 1});
    CHECK(s2d::propagate(keys, flow, {.threads = 4}) == masks);
    const auto expected = defined(keys, flow);
    CHECK(wrong_pixels(masks, expected) == 0);
  }
}

TEST_CASE("a mask is carried as long as it looks like its key", "[propagate]") {
  // A block on noise; everything drifts by two pixels a frame. From frame 5 on the block is not
  // there, though the flow goes on.
  std::mt19937 random{3};
  const s2d::image ground = noise(20, 80, random), block = noise(6, 6, random);
  std::vector<s2d::image> pictures;
  for (std::ptrdiff_t t = 0; t < 9; ++t) {
    s2d::image& picture = pictures.emplace_back(20, 80);
    for (std::ptrdiff_t y = 0; y < 20; ++y)
      for (std::ptrdiff_t i = 0; i < 3 * 80; ++i)
        picture.row(y)[i] = ground.row(y)[((i - 6 * t) % 240 + 240) % 240];
    if (t >= 5) continue;
    for (std::ptrdiff_t y = 0; y < 6; ++y)
      std::copy_n(block.row(y), 18, picture.row(7 + y) + 3 * (20 + 2 * t));
  }
  const auto flow = drifting(9, 20, 80, 2, 0);
  std::vector<s2d::bit_mask> keys(9);
  keys[1] = rectangle(20, 80, 7, 22, 6, 6);
  const auto masks = s2d::propagate(keys, flow, {.pictures = pictures});
  const auto blind = s2d::propagate(keys, flow);
  for (std::size_t t = 0; t < 9; ++t) {
    CAPTURE(t);
    CHECK(blind[t] == rectangle(20, 80, 7, 20 + 2 * static_cast<std::ptrdiff_t>(t), 6, 6));
    CHECK(masks[t] == (t < 5 ? blind[t] : s2d::bit_mask(20, 80)));
  }
  // Colours that may be anything, and no share of them: as without pictures.
  CHECK(s2d::propagate(keys, flow, {.pictures = pictures, .likeness = {.color = 442}}) == blind);
  CHECK(s2d::propagate(keys, flow, {.pictures = pictures, .likeness = {.share = 0}}) == blind);
}

TEST_CASE("a mask that shrinks or grows too much is carried no further", "[propagate]") {
  const std::vector<s2d::image> pictures(4, plain(12, 40, 90));
  // Every step shows what was half as far from the left border, or twice as far.
  const float factor = GENERATE(0.5f, 2.f);
  auto flow = drifting(4, 12, 40, 0, 0);
  for (std::size_t t = 1; t < 4; ++t)
    for (std::ptrdiff_t y = 0; y < 12; ++y)
      for (std::ptrdiff_t x = 0; x < 40; ++x)
        flow.backward[t].u(y, x) = (factor - 1) * (static_cast<float>(x) + 0.5f);
  std::vector<s2d::bit_mask> keys(4);
  keys[0] = rectangle(12, 40, 4, 0, 5, 8);
  const auto blind = s2d::propagate(keys, flow);
  const auto carried = [&](float size) {
    return s2d::propagate(keys, flow, {.pictures = pictures, .likeness = {.size = size}});
  };
  CHECK(s2d::area(blind[1]) == (factor < 1 ? 80 : 20));
  CHECK(s2d::area(blind[2]) == (factor < 1 ? 160 : 10));
  CHECK(carried(0) == blind);
  CHECK(carried(0.25f)[2] == blind[2]);
  CHECK(carried(0.5f)[1] == blind[1]);
  CHECK(carried(0.5f)[2] == s2d::bit_mask(12, 40));
  CHECK(carried(0.51f)[1] == s2d::bit_mask(12, 40));
}

TEST_CASE("colours at the edge of a mask are those of the object alone", "[propagate]") {
  // A line one pixel wide that moves by a quarter: its mask has 3/4 of a pixel in the next frame.
  const std::vector<s2d::image> pictures(2, plain(8, 8, 200));
  std::vector<s2d::bit_mask> keys(2);
  keys[0] = rectangle(8, 8, 1, 3, 6, 1);
  const auto masks = s2d::propagate(keys, drifting(2, 8, 8, 0.25f, 0),
                                    {.pictures = pictures, .likeness = {.color = 5, .share = 1}});
  CHECK(masks[1] == keys[0]);
}

TEST_CASE("pictures may be smaller than masks, and a key may be empty", "[propagate]") {
  std::mt19937 random{5};
  std::vector<s2d::bit_mask> keys(5);
  keys[0] = rectangle(8, 12, 2, 2, 4, 6);
  keys[4] = s2d::bit_mask(8, 12);
  const auto flow = drifting(5, 8, 12, 0, 0);
  const std::vector<s2d::image> still(5, noise(4, 3, random));
  CHECK(s2d::propagate(keys, flow, {.pictures = still}) == s2d::propagate(keys, flow));
  std::vector<s2d::image> changed = still;
  for (const std::size_t t : {1u, 2u, 3u}) changed[t] = noise(4, 3, random);
  const auto masks = s2d::propagate(keys, flow, {.pictures = changed, .likeness = {.color = 30}});
  for (const std::size_t t : {1u, 2u, 3u}) CHECK(masks[t] == s2d::bit_mask(8, 12));
}

TEST_CASE("random clips with pictures agree with the definition", "[propagate][threads]") {
  std::mt19937 random{11};
  const auto draw = [&](int least, int most) {
    return std::uniform_int_distribution<>{least, most}(random);
  };
  int compared = 0, ended = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const std::ptrdiff_t height = draw(1, 30), width = draw(1, 50);
    const auto frames = static_cast<std::size_t>(draw(1, 7));
    const auto flow = random_flow(frames, draw(1, 30), draw(1, 40), 0.4f, random);
    std::vector<s2d::bit_mask> keys(frames);
    for (auto& key : keys)
      if (draw(0, 3) == 0) key = disc(height, width, draw(0, 30), draw(0, 50), draw(2, 20));
    std::vector<s2d::image> pictures;
    const std::ptrdiff_t rows = draw(1, 30), columns = draw(1, 50);
    for (std::size_t t = 0; t < frames; ++t)
      pictures.push_back(draw(0, 2) == 0
                             ? plain(rows, columns, static_cast<std::uint8_t>(draw(0, 255)))
                             : noise(rows, columns, random));
    const s2d::likeness_options likeness{.color = static_cast<float>(draw(40, 300)),
                                         .share = static_cast<float>(draw(0, 8)) / 8,
                                         .size = static_cast<float>(draw(0, 3)) / 4};
    bool clear = true;
    const auto expected = defined(keys, flow, pictures, likeness, &clear);
    const s2d::propagate_options options{.pictures = pictures, .likeness = likeness};
    const auto masks = s2d::propagate(keys, flow, options);
    auto alone = options;
    alone.threads = 1;
    CHECK(s2d::propagate(keys, flow, alone) == masks);
    if (!clear) continue;
    ++compared;
    const auto blind = s2d::propagate(keys, flow);
    if (blind != masks) ++ended;
    CHECK(wrong_pixels(masks, expected) == 0);
  }
  CHECK(compared >= 10);
  CHECK(ended >= 5);
}

TEST_CASE("vectors that are not finite lead outside the frame", "[propagate]") {
  const float bad =
      GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
               -std::numeric_limits<float>::infinity());
  auto flow = drifting(2, 6, 6, 0, 0);
  flow.backward[1].u(2, 3) = bad;
  std::vector<s2d::bit_mask> keys(2);
  keys[0] = rectangle(6, 6, 0, 0, 6, 6);
  auto expected = keys[0];
  expected.set(2, 3, false);
  CHECK(s2d::propagate(keys, flow)[1] == expected);
}

TEST_CASE("wrong shapes are refused by name", "[propagate]") {
  std::vector<s2d::bit_mask> keys(3);
  keys[0] = s2d::bit_mask(4, 5);
  CHECK_THROWS_WITH(s2d::propagate(keys, drifting(2, 4, 5, 0, 0)), Catch::Contains("3 keys"));
  keys[2] = s2d::bit_mask(4, 6);
  CHECK_THROWS_WITH(s2d::propagate(keys, drifting(3, 4, 5, 0, 0)), Catch::Contains("frame 2"));
  keys[2] = {};
  CHECK_THROWS_AS(s2d::propagate(keys, drifting(3, 4, 5, 0, 0), {.threshold = 1}),
                  s2d::invalid_input);
  std::vector<s2d::image> pictures(2, plain(4, 5, 0));
  const auto with = [&](const s2d::likeness_options& likeness = {}) {
    return s2d::propagate(keys, drifting(3, 4, 5, 0, 0),
                          {.pictures = pictures, .likeness = likeness});
  };
  CHECK_THROWS_WITH(with(), Catch::Contains("3 keys, but 2 pictures"));
  pictures.push_back(plain(4, 4, 0));
  CHECK_THROWS_WITH(with(), Catch::Contains("a picture is 4 x 4, the first 4 x 5"));
  pictures[2] = plain(4, 5, 0);
  CHECK_NOTHROW(with());
  for (const s2d::likeness_options& bad :
       {s2d::likeness_options{.color = -1}, s2d::likeness_options{.share = 2},
        s2d::likeness_options{.size = -0.5f}, s2d::likeness_options{.size = NAN}})
    CHECK_THROWS_WITH(with(bad), Catch::Contains("likeness"));
  auto flow = drifting(3, 4, 5, 0, 0);
  flow.forward[1].v = s2d::matrix<float>(4, 4);
  CHECK_THROWS_AS(s2d::propagate(keys, flow), s2d::invalid_input);
}

TEST_CASE("the caller can stop it and sees every frame done", "[propagate]") {
  std::vector<s2d::bit_mask> keys(6);
  keys[2] = rectangle(6, 6, 1, 1, 3, 3);
  const auto flow = drifting(6, 6, 6, 0, 0);
  std::size_t last = 0, calls = 0;
  (void)s2d::propagate(keys, flow, {}, [&](std::string_view, std::size_t done, std::size_t total) {
    CHECK(total == 6);
    CHECK(done >= last);
    last = done;
    ++calls;
    return true;
  });
  CHECK(last == 6);
  CHECK(calls == 2 + 2 * 3);  // behind the key a way there, on which nothing arrives, and back
  CHECK_THROWS_AS(s2d::propagate(keys, flow, {}, [](auto&&...) { return false; }), s2d::cancelled);
}
