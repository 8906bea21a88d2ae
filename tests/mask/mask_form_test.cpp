#include <s2d/mask/mask_form.hpp>

#include <random>

#include <s2d/mask/bits.hpp>
#include <s2d/mask/dense.hpp>
#include <s2d/mask/rle.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

static_assert(s2d::mask_form<s2d::rle>);
static_assert(s2d::mask_form<s2d::bit_mask>);
static_assert(s2d::mask_form<s2d::mask_view<const std::uint8_t>>);
static_assert(s2d::mask_form<s2d::mask_view<float>>);
static_assert(!s2d::mask_form<s2d::matrix<float>>);
static_assert(!s2d::mask_form<int>);

TEST_CASE("the three forms of a mask agree on every measure", "[mask_form]") {
  std::mt19937 random{1};
  brute_force::for_all_sizes(12, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto a = brute_force::random_mask(random, height, width);
    const auto b = brute_force::random_mask(random, height, width);
    const s2d::mask_view dense_a{a.view()}, dense_b{b.view()};
    const s2d::bit_mask bits_a = s2d::pack(dense_a), bits_b = s2d::pack(dense_b);
    const s2d::rle runs_a = s2d::encode(dense_a), runs_b = s2d::encode(dense_b);
    CHECK(s2d::area(dense_a) == brute_force::area(a));
    CHECK(s2d::bounding_box(dense_a) == brute_force::bounding_box(a));
    for (const auto rule : {s2d::over::either, s2d::over::smaller, s2d::over::first}) {
      const double expected = s2d::iou(bits_a, bits_b, {.over = rule});
      CHECK(s2d::iou(dense_a, dense_b, {.over = rule}) == expected);
      CHECK(s2d::iou(runs_a, runs_b, {.over = rule}) == expected);
    }
    CHECK(s2d::iou(runs_a, runs_a, {.when_empty = 1}) == 1.0);
    CHECK(s2d::iou(bits_a, bits_b) == s2d::iou(bits_b, bits_a));
    CHECK(s2d::to_bits(runs_a) == bits_a);
    CHECK(s2d::encode(bits_a) == runs_a);
    CHECK(s2d::encode(s2d::intersect(bits_a, bits_b)) == s2d::intersect(runs_a, runs_b));
    CHECK(s2d::encode(s2d::unite(bits_a, bits_b)) == s2d::unite(runs_a, runs_b));
    CHECK(s2d::encode(s2d::subtract(bits_a, bits_b)) == s2d::subtract(runs_a, runs_b));
  });
}

TEST_CASE("the divisor of the overlap is chosen by name", "[mask_form]") {
  // a: 6 pixels, b: 3 pixels, 2 in common.
  const s2d::rle a{10, 1, {0, 6, 4}}, b{10, 1, {4, 3, 3}};
  CHECK(s2d::iou(a, b) == Approx(2.0 / 7));
  CHECK(s2d::iou(a, b, {.over = s2d::over::smaller}) == Approx(2.0 / 3));
  CHECK(s2d::iou(a, b, {.over = s2d::over::first}) == Approx(2.0 / 6));
  CHECK(s2d::iou(b, a, {.over = s2d::over::first}) == Approx(2.0 / 3));
}

TEST_CASE("two empty masks overlap by nothing, or by what the caller says", "[mask_form]") {
  const s2d::bit_mask empty(5, 7);
  s2d::bit_mask full = s2d::complement(empty);
  CHECK(s2d::iou(empty, empty) == 0.0);
  CHECK(s2d::iou(empty, empty, {.when_empty = 1}) == 1.0);
  CHECK(s2d::iou(empty, full, {.when_empty = 1}) == 0.0);
  CHECK(s2d::iou(full, full) == 1.0);
  CHECK(s2d::iou(s2d::encode(empty), s2d::encode(empty)) == 0.0);
  CHECK(s2d::iou(s2d::encode(empty), s2d::encode(empty), {.when_empty = 1}) == 1.0);
}
