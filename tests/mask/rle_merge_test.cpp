#include <s2d/mask/rle_merge.hpp>

#include <random>
#include <vector>

#include <s2d/mask/rle.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using s2d::rle;

namespace {

rle fold(const std::vector<rle>& masks, rle (*combine)(const rle&, const rle&)) {
  rle result = s2d::canonical(masks.front());
  for (const rle& mask : masks) result = combine(result, mask);
  return result;
}

}  // namespace

TEST_CASE("merging many masks equals merging them two by two", "[rle_merge]") {
  std::mt19937 random{1};
  brute_force::for_all_sizes(6, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    for (const std::size_t count : {1, 2, 3, 5, 17}) {
      std::vector<rle> masks;
      while (masks.size() < count) {
        const auto mask = brute_force::random_mask(random, height, width);
        masks.push_back(brute_force::padded(random, brute_force::runs_of(mask)));
        // Otherwise few pixels are common to all.
        if (random() % 2 == 0) masks.back() = s2d::complement(masks.back());
      }
      CAPTURE(count);
      CHECK(s2d::unite(masks) == fold(masks, s2d::unite));
      CHECK(s2d::intersect(masks) == fold(masks, s2d::intersect));
    }
  });
}

TEST_CASE("one of many masks decides where it is alone", "[rle_merge]") {
  // Changes at, before and behind the ends of the stretches of 2^16 pixels that a sweep takes.
  const std::ptrdiff_t height = 1 << 10, width = 1 << 9;
  const auto pixels = static_cast<std::uint32_t>(height * width);
  for (const std::uint32_t at : {65'535u, 65'536u, 65'537u, 131'071u, 500'000u, pixels - 1}) {
    for (const std::uint32_t length : {1u, 63u, 65'536u, 200'000u}) {
      if (length > pixels - at) continue;
      rle dot{height, width, {at, length, pixels - at - length}};
      dot = s2d::canonical(dot);
      const rle none{height, width, {pixels}}, all{height, width, {0, pixels}};
      CAPTURE(at, length);
      CHECK(s2d::unite(std::vector{none, dot, none, none}) == dot);
      CHECK(s2d::unite(std::vector{none, all, dot}) == all);
      CHECK(s2d::intersect(std::vector{all, all, dot, all}) == dot);
      CHECK(s2d::intersect(std::vector{dot, dot, none}) == none);
    }
  }
}

TEST_CASE("no masks make a mask without pixels", "[rle_merge]") {
  CHECK(s2d::unite(std::span<const rle>{}) == rle{0, 0, {0}});
  CHECK(s2d::intersect(std::span<const rle>{}) == rle{0, 0, {0}});
  CHECK(s2d::unite(std::vector<rle>(3)) == rle{0, 0, {0}});
}

TEST_CASE("masks of other sizes and wrong sums are refused, not dropped", "[rle_merge]") {
  const rle a{2, 3, {6}}, b{3, 2, {6}}, wrong{2, 3, {7}};
  CHECK_THROWS_WITH(s2d::unite(std::vector{a, a, b}),
                    "unite: sizes differ, 2 x 3 and 3 x 2 (height x width)");
  CHECK_THROWS_AS(s2d::intersect(std::vector{a, b}), s2d::invalid_input);
  CHECK_THROWS_WITH(s2d::intersect(std::vector{a, a, wrong}),
                    "intersect: run lengths sum to 7, expected 6 = 2 x 3 (height x width)");
  CHECK_THROWS_AS(s2d::unite(std::vector{wrong}), s2d::invalid_input);
}

TEST_CASE("frames of nearly 2^32 pixels are merged without being painted", "[rle_merge]") {
  const std::ptrdiff_t height = 65'535, width = 65'537;
  const rle first{height, width, {0, 1, 0xffff'fffe}}, last{height, width, {0xffff'fffe, 1}};
  CHECK(s2d::unite(std::vector{first, last, first}) == rle{height, width, {0, 1, 0xffff'fffd, 1}});
  CHECK(s2d::intersect(std::vector{first, last, first}) == rle{height, width, {0xffff'ffff}});
}
