#include <s2d/mask/morphology.hpp>

#include <algorithm>
#include <random>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

namespace {

// Number of foreground pixels within `radius` of each pixel, inside the frame, and of all pixels.
struct neighborhood {
  std::ptrdiff_t foreground, all;
};

class neighborhoods {
 public:
  explicit neighborhoods(const s2d::bit_mask& mask)
      : height_{mask.height}, width_{mask.width}, sums_(mask.height + 1, mask.width + 1) {
    for (std::ptrdiff_t y = 0; y < height_; ++y)
      for (std::ptrdiff_t x = 0; x < width_; ++x)
        sums_(y + 1, x + 1) = sums_(y, x + 1) + sums_(y + 1, x) - sums_(y, x) + mask(y, x);
  }

  neighborhood around(std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t radius) const {
    const std::ptrdiff_t top = (std::max)(std::ptrdiff_t{0}, y - radius);
    const std::ptrdiff_t left = (std::max)(std::ptrdiff_t{0}, x - radius);
    const std::ptrdiff_t bottom = (std::min)(height_, y + radius + 1);
    const std::ptrdiff_t right = (std::min)(width_, x + radius + 1);
    return {sums_(bottom, right) - sums_(top, right) - sums_(bottom, left) + sums_(top, left),
            (bottom - top) * (right - left)};
  }

 private:
  std::ptrdiff_t height_, width_;
  s2d::matrix<std::ptrdiff_t> sums_;
};

}  // namespace

TEST_CASE("dilation and erosion agree with the definition for any radius", "[morphology]") {
  std::mt19937 random{1};
  for (const std::ptrdiff_t radius : {0, 1, 2, 3, 4, 7, 31, 32, 33, 64, 90, 1000}) {
    for (const auto& [height, width] : brute_force::sizes()) {
      CAPTURE(radius, height, width);
      s2d::bit_mask mask = brute_force::pack(brute_force::random_mask(random, height, width));
      if (radius % 2 == 1 && !mask.empty()) {
        mask = s2d::bit_mask(height, width);
        mask.set(height / 2, width / 3);
      }
      const neighborhoods sums(mask);
      s2d::bit_mask grown(height, width), shrunk(height, width);
      for (std::ptrdiff_t y = 0; y < height; ++y) {
        for (std::ptrdiff_t x = 0; x < width; ++x) {
          const auto [foreground, all] = sums.around(y, x, radius);
          grown.set(y, x, foreground > 0);
          shrunk.set(y, x, foreground == all);
        }
      }
      CHECK(s2d::dilate(mask, radius) == grown);
      CHECK(s2d::erode(mask, radius) == shrunk);
    }
  }
}

TEST_CASE("dilating twice is dilating by the sum", "[morphology]") {
  std::mt19937 random{2};
  const auto mask = brute_force::pack(brute_force::random_mask(random, 97, 130));
  CHECK(s2d::dilate(s2d::dilate(mask, 3), 4) == s2d::dilate(mask, 7));
  CHECK(s2d::erode(s2d::erode(mask, 1), 2) == s2d::erode(mask, 3));
}

TEST_CASE("a radius beyond all extents reaches everything", "[morphology]") {
  s2d::bit_mask mask(3, 70);
  CHECK(s2d::area(s2d::dilate(mask, PTRDIFF_MAX)) == 0);
  mask.set(0, 69);
  CHECK(s2d::area(s2d::dilate(mask, PTRDIFF_MAX)) == 210);
}

TEST_CASE("a negative radius is refused", "[morphology]") {
  CHECK_THROWS_WITH(s2d::dilate(s2d::bit_mask(2, 2), -1),
                    "dilate: radius is -1, expected 0 or more");
  CHECK_THROWS_WITH(s2d::erode(s2d::bit_mask(2, 2), -3), "erode: radius is -3, expected 0 or more");
}
