#include <s2d/mask/rle_morphology.hpp>

#include <s2d/mask/boundary.hpp>
#include <s2d/mask/morphology.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using s2d::rle;

// Packed bits are tested against the definition in morphology_test and boundary_test.
TEST_CASE("growing and shrinking runs does what it does to packed bits", "[rle_morphology]") {
  brute_force::for_all_runs(2, [](const s2d::bit_mask& bits, const rle& runs) {
    CHECK(s2d::boundary_map(runs) == s2d::encode(s2d::boundary_map(bits)));
    for (const std::ptrdiff_t radius : {0, 1, 2, 3, 8, 18, 70}) {
      if (radius == 70 && bits.height * bits.width > 50'000) continue;
      CAPTURE(radius);
      CHECK(s2d::dilate_disk(runs, radius) == s2d::encode(s2d::dilate_disk(bits, radius)));
      CHECK(s2d::erode_disk(runs, radius) == s2d::encode(s2d::erode_disk(bits, radius)));
      CHECK(s2d::dilate(runs, radius) == s2d::encode(s2d::dilate(bits, radius)));
      CHECK(s2d::erode(runs, radius) == s2d::encode(s2d::erode(bits, radius)));
    }
  });
}

TEST_CASE("a pixel grows to a disk, and a disk shrinks to a pixel", "[rle_morphology]") {
  const rle pixel{9, 11, {49, 1, 49}};
  for (std::ptrdiff_t radius = 0; radius < 5; ++radius) {
    const rle disk = brute_force::draw(9, 11, [&](auto y, auto x) {
      return (y - 4) * (y - 4) + (x - 5) * (x - 5) <= radius * radius;
    });
    CHECK(s2d::dilate_disk(pixel, radius) == disk);
    CHECK(s2d::erode_disk(disk, radius) == pixel);
  }
}

TEST_CASE("the frame does not eat a mask that it cuts", "[rle_morphology]") {
  const rle half = brute_force::draw(20, 30, [](auto, auto x) { return x < 15; });
  const rle less = brute_force::draw(20, 30, [](auto, auto x) { return x < 12; });
  CHECK(s2d::erode_disk(half, 3) == less);
  CHECK(s2d::erode(half, 3) == less);
  CHECK(s2d::erode_disk(s2d::encode(s2d::bit_mask(20, 30)), 3) == rle{20, 30, {600}});
}

TEST_CASE("runs grown beyond all extents reach everything", "[rle_morphology]") {
  const rle pixel{3, 70, {209, 1}};
  CHECK(s2d::dilate_disk(pixel, PTRDIFF_MAX) == rle{3, 70, {0, 210}});
  CHECK(s2d::dilate(pixel, PTRDIFF_MAX) == rle{3, 70, {0, 210}});
  CHECK(s2d::dilate(rle{3, 70, {210}}, PTRDIFF_MAX) == rle{3, 70, {210}});
  CHECK(s2d::dilate(rle{1, 1'000'000, {1'000'000}}, 1'000'000) == rle{1, 1'000'000, {1'000'000}});
}

TEST_CASE("negative radii and wrong sums are refused for runs", "[rle_morphology]") {
  const rle mask{2, 2, {4}};
  CHECK_THROWS_WITH(s2d::dilate_disk(mask, -1), "dilate_disk: radius is -1, expected 0 or more");
  CHECK_THROWS_WITH(s2d::erode_disk(mask, -1), "erode_disk: radius is -1, expected 0 or more");
  CHECK_THROWS_WITH(s2d::dilate(mask, -1), "dilate: radius is -1, expected 0 or more");
  CHECK_THROWS_WITH(s2d::erode(mask, -1), "erode: radius is -1, expected 0 or more");
  CHECK_THROWS_AS(s2d::dilate_disk(rle{2, 2, {5}}, 1), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::boundary_map(rle{2, 2, {5}}), s2d::invalid_input);
  CHECK_THROWS_WITH(s2d::erode_disk(s2d::bit_mask(2, 2), -1),
                    "erode_disk: radius is -1, expected 0 or more");
}
