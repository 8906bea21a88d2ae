#include <s2d/mask/rle_transform.hpp>

#include <cstddef>
#include <random>

#include <s2d/mask/resize.hpp>
#include <s2d/mask/rle.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using brute_force::draw;
using s2d::rle;

namespace {

// Calls check(random, mask, its runs, the same runs not canonical).
template <class Check>
void for_random_masks(unsigned seed, const Check& check) {
  std::mt19937 random{seed};
  brute_force::for_all_sizes(8, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto mask = brute_force::random_mask(random, height, width);
    const rle runs = brute_force::runs_of(mask);
    check(random, mask, runs, brute_force::padded(random, runs));
  });
}

std::ptrdiff_t between(std::mt19937& random, std::ptrdiff_t low, std::ptrdiff_t high) {
  return std::uniform_int_distribution<std::ptrdiff_t>{low, high}(random);
}

}  // namespace

TEST_CASE("small masks are moved, cut and turned as one draws them", "[rle_transform]") {
  //  . # #        # # .
  //  . . #        # . .
  const rle mask = draw(2, 3, [](auto y, auto x) { return x == 2 || (x == 1 && y == 0); });
  CHECK(s2d::flip_horizontal(mask) ==
        draw(2, 3, [](auto y, auto x) { return x == 0 || (x == 1 && y == 0); }));
  CHECK(s2d::flip_vertical(mask) ==
        draw(2, 3, [](auto y, auto x) { return x == 2 || (x == 1 && y == 1); }));
  CHECK(s2d::transpose(mask) ==
        draw(3, 2, [](auto y, auto x) { return y == 2 || (y == 1 && x == 0); }));
  CHECK(s2d::translate(mask, -1, 1) == draw(2, 3, [](auto y, auto x) { return y == 1 && x < 2; }));
  CHECK(s2d::crop(mask, {1, 0, 2, 1}) == rle{1, 2, {0, 2}});
  CHECK(s2d::pad(rle{1, 1, {0, 1}}, {.bottom = 1, .left = 2}) == rle{2, 3, {4, 1, 1}});
  CHECK(s2d::resize_nearest(rle{1, 2, {1, 1}}, 2, 4) == rle{2, 4, {4, 4}});
}

TEST_CASE("a moved mask holds the pixels that stay in the frame", "[rle_transform]") {
  for_random_masks(1, [](auto& random, const auto& mask, const rle&, const rle& runs) {
    const std::ptrdiff_t right = between(random, -mask.width - 1, mask.width + 1);
    const std::ptrdiff_t down = between(random, -mask.height - 1, mask.height + 1);
    CAPTURE(right, down);
    CHECK(s2d::translate(runs, right, down) ==
          draw(mask.height, mask.width, [&](std::ptrdiff_t y, std::ptrdiff_t x) {
            const std::ptrdiff_t v = y - down, u = x - right;
            return v >= 0 && u >= 0 && v < mask.height && u < mask.width && mask(v, u) != 0;
          }));
    CHECK(s2d::area(s2d::translate(runs, PTRDIFF_MAX, PTRDIFF_MIN)) == 0);
  });
}

TEST_CASE("a cut out part holds what is in the box, and padding puts it back", "[rle_transform]") {
  for_random_masks(2, [](auto& random, const auto& mask, const rle&, const rle& runs) {
    const std::ptrdiff_t left = between(random, 0, mask.width);
    const std::ptrdiff_t top = between(random, 0, mask.height);
    const s2d::box part{left, top, between(random, 0, mask.width - left),
                        between(random, 0, mask.height - top)};
    CAPTURE(part.x, part.y, part.width, part.height);
    const rle cut = s2d::crop(runs, part);
    CHECK(cut == draw(part.height, part.width,
                      [&](auto y, auto x) { return mask(y + top, x + left) != 0; }));
    CHECK(s2d::pad(cut,
                   {top, mask.height - top - part.height, left, mask.width - left - part.width}) ==
          draw(mask.height, mask.width, [&](auto y, auto x) {
            return y >= top && y < top + part.height && x >= left && x < left + part.width &&
                   mask(y, x) != 0;
          }));
  });
}

TEST_CASE("mirrored and transposed masks agree with the definition", "[rle_transform]") {
  for_random_masks(3, [](auto&, const auto& mask, const rle& canonical, const rle& runs) {
    const std::ptrdiff_t height = mask.height, width = mask.width;
    CHECK(s2d::flip_horizontal(runs) ==
          draw(height, width, [&](auto y, auto x) { return mask(y, width - 1 - x) != 0; }));
    CHECK(s2d::flip_vertical(runs) ==
          draw(height, width, [&](auto y, auto x) { return mask(height - 1 - y, x) != 0; }));
    const rle turned = s2d::transpose(runs);
    CHECK(turned == draw(width, height, [&](auto y, auto x) { return mask(x, y) != 0; }));
    CHECK(s2d::transpose(turned) == canonical);
  });
}

TEST_CASE("resizing takes the pixels that resizing packed bits takes", "[rle_transform]") {
  for_random_masks(4, [](auto& random, const auto& mask, const rle& canonical, const rle& runs) {
    if (mask.empty()) return;
    for (int round = 0; round < 3; ++round) {
      const std::ptrdiff_t height = between(random, 0, 2 * mask.height + 3);
      const std::ptrdiff_t width = between(random, 0, 2 * mask.width + 3);
      CAPTURE(height, width);
      CHECK(s2d::resize_nearest(runs, height, width) ==
            s2d::encode(s2d::resize_nearest(brute_force::pack(mask), height, width)));
    }
    CHECK(s2d::resize_nearest(runs, mask.height, mask.width) == canonical);
  });
}

TEST_CASE("masks of nearly 2^32 pixels are transformed by their runs", "[rle_transform]") {
  const std::ptrdiff_t height = 65'535, width = 65'537;
  const rle dot{height, width, {0xffff'fffe, 1}};  // the last pixel
  CHECK(s2d::flip_horizontal(s2d::flip_vertical(dot)) == rle{height, width, {0, 1, 0xffff'fffe}});
  CHECK(s2d::transpose(dot) == rle{width, height, {0xffff'fffe, 1}});
  CHECK(s2d::translate(dot, -65'536, -65'534) == rle{height, width, {0, 1, 0xffff'fffe}});
  CHECK(s2d::crop(dot, {65'536, 65'534, 1, 1}) == rle{1, 1, {0, 1}});
  CHECK(s2d::resize_nearest(dot, 1, 1) == rle{1, 1, {1}});
}

TEST_CASE("a size that stays moves no pixel, also where floats have no such row",
          "[rle_transform]") {
  const rle odd{(1 << 24) + 4, 1, {(1 << 24) + 1, 1, 2}};
  CHECK(s2d::resize_nearest(odd, odd.height, odd.width) == odd);
}

TEST_CASE("boxes outside the frame, wild margins and sizes are refused", "[rle_transform]") {
  const rle mask{4, 6, {24}};
  CHECK_THROWS_WITH(s2d::crop(mask, {3, 0, 4, 4}),
                    "crop: box is 4 x 4 at (3, 0) (width x height), expected one inside 6 x 4");
  CHECK_THROWS_AS(s2d::crop(mask, {-1, 0, 2, 2}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::crop(mask, {0, 0, -1, 2}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::crop(mask, {1, 1, PTRDIFF_MAX, PTRDIFF_MAX}), s2d::invalid_input);
  CHECK_THROWS_WITH(s2d::pad(mask, {.left = -2}), "pad: margin is -2, expected 0 to 4294967295");
  CHECK_THROWS_WITH(
      s2d::pad(mask, {.right = 4'000'000'000}),
      "pad: size is 4 x 4000000006 (height x width), expected fewer than 2^32 pixels");
  CHECK_THROWS_AS(s2d::pad(mask, {.top = PTRDIFF_MAX}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::resize_nearest(mask, -1, 2), s2d::invalid_input);
  CHECK_THROWS_WITH(s2d::resize_nearest(rle{0, 5, {}}, 1, 2), Catch::Contains("0 x 5"));
  CHECK_THROWS_WITH(s2d::transpose(rle{2, 2, {5}}),
                    "transpose: run lengths sum to 5, expected 4 = 2 x 2 (height x width)");
  for (const auto& call : {s2d::flip_horizontal, s2d::flip_vertical})
    CHECK_THROWS_AS(call(rle{2, 2, {5}}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::translate(rle{2, 2, {5}}, 0, 0), s2d::invalid_input);
}
