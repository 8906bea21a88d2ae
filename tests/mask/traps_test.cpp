// Traps into which other mask libraries fell, one test each.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <s2d/mask/bits.hpp>
#include <s2d/mask/boundary.hpp>
#include <s2d/mask/components.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/nms.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/rle_components.hpp>
#include <s2d/mask/rle_merge.hpp>
#include <s2d/mask/rle_morphology.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using s2d::connectivity;
using s2d::rle;

TEST_CASE("trap: differences of a string begin with the fourth run, not the third", "[traps]") {
  CHECK(s2d::to_string(rle{41, 1, {8, 12, 6, 15}}) == "8<63");
  CHECK(rle::from_string("8<63", 41, 1).counts == brute_force::run_lengths{8, 12, 6, 15});
}

TEST_CASE("trap: a difference of 2^29 or more takes seven characters, not six", "[traps]") {
  const auto wide = std::uint32_t{1} << 29;
  const rle mask{1 << 16, 1 << 15, {1, wide, 1, 2 * wide - 2, 1, wide - 1}};
  const std::string text = s2d::to_string(mask);
  CHECK(text.size() > 2 * 7);
  CHECK(rle::from_string(text, 1 << 16, 1 << 15) == mask);
}

TEST_CASE("trap: a string that ends inside a number is refused, not read on", "[traps]") {
  const std::vector<char> exact{'P'};  // nothing behind it: a read is outside the allocation
  CHECK_THROWS_WITH(rle::from_string({exact.data(), exact.size()}, 4, 4),
                    "run 0 ends inside a number after 1 characters, expected another character");
}

TEST_CASE("trap: runs beyond or short of the mask are refused by decoding, mask by mask",
          "[traps]") {
  // Of two masks one is as much too long as the other is too short.
  std::vector<std::uint8_t> out(24, 7);
  for (const std::uint32_t wrong : {11u, 13u}) {
    CHECK_THROWS_AS(s2d::decode(rle{3, 4, {wrong}}, {out.data(), 3, 4}), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::decode(rle{3, 4, {0, wrong}}), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::to_bits(rle{3, 4, {wrong - 1, 1}}), s2d::invalid_input);
    CHECK_THROWS_AS(rle::from_counts({wrong}, 3, 4), s2d::invalid_input);
  }
  CHECK(out == std::vector<std::uint8_t>(24, 7));
}

TEST_CASE("trap: values other than 0 and 1 are one foreground", "[traps]") {
  const std::vector<std::uint8_t> gray{0, 1, 2, 2, 1, 0, 255, 255};
  CHECK(s2d::area(s2d::encode(s2d::mask_view{gray.data(), 8, 1})) == 6);
  CHECK(s2d::bounding_box(s2d::encode(s2d::mask_view{gray.data(), 1, 8})) == s2d::box{1, 0, 7, 1});
}

TEST_CASE("trap: runs of length 0 do not spoil the box", "[traps]") {
  CHECK(s2d::bounding_box(rle{10, 10, {100, 0}}) == s2d::box{});
  CHECK(s2d::bounding_box(rle{10, 10, {12, 0, 0, 0, 3, 5, 0, 0, 80}}) == s2d::box{1, 5, 1, 5});
}

TEST_CASE("trap: the overlap of nothing with nothing is the caller's choice", "[traps]") {
  const std::vector empty{rle{4, 4, {16}}};
  CHECK(s2d::iou(empty, empty)(0, 0) == 0);
  CHECK(s2d::iou(empty, empty, {.when_empty = 1})(0, 0) == 1);
}

TEST_CASE("trap: a crowd is measured by the detection, and the table has a row a detection",
          "[traps]") {
  const std::vector detections{rle{8, 1, {0, 2, 6}}, rle{8, 1, {4, 4}}};
  const std::vector truths{rle{8, 1, {0, 6, 2}}, rle{8, 1, {0, 8}}, rle{8, 1, {8}}};
  const auto table = s2d::iou<double>(detections, truths, {}, std::vector<std::uint8_t>{0, 1, 1});
  CHECK(table.height == 2);
  CHECK(table.width == 3);
  CHECK(table.values == std::vector<double>{2 / 6.0, 1, 0, 2 / 8.0, 1, 0});
}

TEST_CASE("trap: masks of two sizes are refused even where their boxes are apart", "[traps]") {
  const std::vector a{rle{9, 9, {0, 1, 80}}}, b{rle{9, 10, {89, 1}}};
  CHECK_THROWS_AS(s2d::iou(a, b), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::iou(a[0], b[0]), s2d::invalid_input);
}

TEST_CASE("trap: the sum of two areas may need 33 bits", "[traps]") {
  const rle all{65'535, 65'537, {0, 0xffff'ffff}};
  CHECK(s2d::iou(all, all) == 1);
  CHECK(s2d::area(s2d::unite(all, all)) == 0xffff'ffff);
}

TEST_CASE("trap: a merge of other sizes is refused, one of nothing is empty", "[traps]") {
  CHECK_THROWS_AS(s2d::unite(std::vector{rle{2, 3, {6}}, rle{3, 2, {6}}, rle{2, 3, {6}}}),
                  s2d::invalid_input);
  CHECK(s2d::unite(std::vector<rle>{}) == rle{0, 0, {0}});
}

TEST_CASE("trap: intersection is and, not exclusive or", "[traps]") {
  const rle a{6, 1, {0, 4, 2}}, b{6, 1, {2, 4}};
  CHECK(s2d::intersect(std::vector{a, b}) == rle{6, 1, {2, 2, 2}});
  CHECK(s2d::symmetric_difference(a, b) == rle{6, 1, {0, 2, 2, 2}});
  CHECK(s2d::intersect(std::vector{a, b, a, b}) == rle{6, 1, {2, 2, 2}});
}

TEST_CASE("trap: the order of the bytes is the view's, never guessed", "[traps]") {
  const std::vector<std::uint8_t> bytes{1, 1, 0, 0, 0, 0};
  using view = s2d::mask_view<const std::uint8_t>;
  CHECK(s2d::encode(view{bytes.data(), 2, 3}) == rle{2, 3, {0, 1, 1, 1, 3}});
  CHECK(s2d::encode(view{bytes.data(), 2, 3, 1, 2}) == rle{2, 3, {0, 2, 4}});
}

TEST_CASE("trap: lists of different lengths fill a table of their lengths", "[traps]") {
  const rle one{5, 5, {0, 3, 22}};
  for (const std::size_t n : {0u, 1u, 7u})
    for (const std::size_t m : {0u, 1u, 9u}) {
      const auto table = s2d::iou(std::vector(n, one), std::vector(m, one));
      CHECK(table.values == std::vector<float>(n * m, 1.0f));
    }
}

TEST_CASE("trap: a score that is not a number is refused", "[traps]") {
  const std::vector masks{rle{1, 1, {1}}};
  CHECK_THROWS_AS(s2d::nms(masks, std::vector{std::numeric_limits<double>::quiet_NaN()}),
                  s2d::invalid_input);
}

TEST_CASE("trap: a number of more than 64 bits is refused", "[traps]") {
  for (const std::size_t more : {7u, 13u, 14u, 100u})
    CHECK_THROWS_WITH(
        rle::from_string(std::string(more, 'o') + "0", 4, 4),
        "character 6 (run 0) continues a number beyond 7 characters, expected its end");
}

TEST_CASE("trap: COCO's arithmetic rounds products before it adds them", "[traps]") {
  // With a fused multiply-add, one pixel of this polygon changes sides.
  const std::vector<double> corners{5.125,    9.375,     20.125,   17.875,    11.59375,
                                    -1.28125, -2.921875, 7.421875, -10.71875, 12.265625};
  CHECK(s2d::to_string(s2d::encode_polygon(corners, 15, 15)) == "55:0O100O100O1O2O0O2O0010O2O1O");
}

TEST_CASE("trap: extents may be odd", "[traps]") {
  const rle mask = brute_force::draw(7, 5, [](auto y, auto x) { return x + 2 < y; });
  CHECK(s2d::components(mask).size() == 1);
  CHECK(s2d::components(s2d::to_bits(mask)).size() == 1);
}

TEST_CASE("trap: a checkerboard has as many components as it has fields", "[traps]") {
  for (const std::ptrdiff_t size : {1, 2, 7, 64, 101}) {
    const rle board =
        brute_force::draw(size, size, [](auto y, auto x) { return (x + y) % 2 == 0; });
    const auto fields = static_cast<std::size_t>((size * size + 1) / 2);
    CHECK(s2d::components(board, connectivity::four).size() == fields);
    CHECK(s2d::components(s2d::to_bits(board), connectivity::four).size() == fields);
    CHECK(s2d::components(board, connectivity::eight).size() == 1);
  }
}

TEST_CASE("trap: components come with area and box, however they wind", "[traps]") {
  const rle snake = brute_force::draw(
      33, 65, [](auto y, auto x) { return y % 2 == 0 || (y % 4 == 1 ? x == 64 : x == 0); });
  const s2d::component_list found = s2d::components(s2d::to_bits(snake));
  REQUIRE(found.size() == 1);
  CHECK(found.items[0].area == s2d::area(snake));
  CHECK(found.items[0].bounds == s2d::box{0, 0, 65, 33});
}

TEST_CASE("trap: growing by a disk costs no square of the radius and stays exact", "[traps]") {
  // The tolerances of the DAVIS measure at 480p, 720p and 1080p.
  for (const std::ptrdiff_t radius : {8, 12, 18}) {
    const rle pixel = brute_force::draw(65, 65, [](auto y, auto x) { return y == 32 && x == 32; });
    const rle disk = brute_force::draw(65, 65, [&](auto y, auto x) {
      return (y - 32) * (y - 32) + (x - 32) * (x - 32) <= radius * radius;
    });
    CHECK(s2d::dilate_disk(pixel, radius) == disk);
    CHECK(s2d::encode(s2d::dilate_disk(s2d::to_bits(pixel), radius)) == disk);
  }
}
