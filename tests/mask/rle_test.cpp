#include <s2d/mask/rle.hpp>

#include <random>
#include <vector>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using brute_force::run_lengths;
using s2d::rle;

TEST_CASE("encoding agrees with the definition for every layout", "[rle]") {
  std::mt19937 random{1};
  brute_force::for_all_sizes(12, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto mask = brute_force::random_mask(random, height, width);
    const run_lengths expected = brute_force::count_runs(mask);
    CHECK(s2d::encode(s2d::mask_view{mask.view()}).counts == expected);
    CHECK(s2d::encode(brute_force::pack(mask)).counts == expected);

    // Columns without gaps; columns with a gap; every other byte of a row.
    std::vector<float> columns(static_cast<std::size_t>(height * width));
    std::vector<std::uint8_t> spaced(static_cast<std::size_t>((height + 3) * width), 9);
    std::vector<std::uint8_t> rows(static_cast<std::size_t>(2 * height * width), 9);
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        columns[static_cast<std::size_t>(x * height + y)] = mask(y, x) == 0 ? 0.0f : -0.5f;
        spaced[static_cast<std::size_t>(x * (height + 3) + y)] = mask(y, x);
        rows[static_cast<std::size_t>(2 * (y * width + x))] = mask(y, x);
      }
    }
    CHECK(s2d::encode(s2d::mask_view{columns.data(), height, width, 1, height}).counts == expected);
    CHECK(s2d::encode(s2d::mask_view{spaced.data(), height, width, 1, height + 3}).counts ==
          expected);
    CHECK(s2d::encode(s2d::mask_view{rows.data(), height, width, 2 * width, 2}).counts == expected);
  });
}

TEST_CASE("decoding gives back what was encoded, in every layout", "[rle]") {
  std::mt19937 random{2};
  brute_force::for_all_sizes(12, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto mask = brute_force::random_mask(random, height, width);
    const rle encoded{height, width, brute_force::count_runs(mask)};
    CHECK(s2d::decode(encoded) == mask);
    CHECK(s2d::to_bits(encoded) == brute_force::pack(mask));

    const auto gap = static_cast<std::ptrdiff_t>(random() % 3);
    std::vector<std::uint8_t> memory(static_cast<std::size_t>((height + gap) * width), 77);
    s2d::decode(encoded, {memory.data(), height, width, 1, height + gap});
    std::ptrdiff_t wrong = 0;
    for (std::ptrdiff_t x = 0; x < width; ++x)
      for (std::ptrdiff_t y = 0; y < height + gap; ++y)
        wrong += memory[static_cast<std::size_t>(x * (height + gap) + y)] !=
                 (y < height ? mask(y, x) : 77);
    CHECK(wrong == 0);
  });
}

TEST_CASE("area and box agree with the definition", "[rle]") {
  std::mt19937 random{3};
  brute_force::for_all_sizes(12, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto mask = brute_force::random_mask(random, height, width);
    const rle encoded{height, width, brute_force::count_runs(mask)};
    CHECK(s2d::area(encoded) == brute_force::area(mask));
    CHECK(s2d::bounding_box(encoded) == brute_force::bounding_box(mask));
  });
}

TEST_CASE("all non-zero values are one foreground", "[rle]") {
  const std::vector<std::uint8_t> values{0, 1, 2, 2, 1, 0, 255, 255};
  const rle encoded = s2d::encode(s2d::mask_view{values.data(), 8, 1});
  CHECK(encoded.counts == run_lengths{1, 4, 1, 2});
  CHECK(s2d::area(encoded) == 6);
}

TEST_CASE("a run of length zero changes no measure", "[rle]") {
  // The same three pixels, written canonically and with empty runs at the front, inside, at the
  // end.
  const rle plain{4, 5, {6, 3, 11}};
  for (const run_lengths& counts :
       {run_lengths{6, 1, 0, 2, 11}, run_lengths{0, 0, 6, 3, 11}, run_lengths{6, 3, 11, 0},
        run_lengths{6, 3, 11, 0, 0}, run_lengths{6, 0, 0, 3, 11, 0, 0, 0}}) {
    const rle padded{4, 5, counts};
    CAPTURE(counts);
    CHECK(s2d::area(padded) == 3);
    CHECK(s2d::bounding_box(padded) == s2d::bounding_box(plain));
    CHECK(s2d::decode(padded) == s2d::decode(plain));
    CHECK(s2d::to_bits(padded) == s2d::to_bits(plain));
    CHECK(s2d::iou(padded, plain) == 1.0);
    CHECK(s2d::canonical(padded) == plain);
    CHECK(s2d::intersect(padded, plain) == plain);
    CHECK(s2d::unite(plain, padded) == plain);
    CHECK(s2d::subtract(plain, padded) == rle{4, 5, {20}});
    CHECK(s2d::rle::from_string(s2d::to_string(padded), 4, 5) == padded);
  }
}

TEST_CASE("a mask without foreground has an empty box", "[rle]") {
  CHECK(s2d::bounding_box(rle{10, 10, {100}}) == s2d::box{});
  CHECK(s2d::bounding_box(rle{10, 10, {100, 0}}) == s2d::box{});
  CHECK(s2d::bounding_box(rle{10, 10, {0, 0, 100, 0}}) == s2d::box{});
  CHECK(s2d::bounding_box(rle{}) == s2d::box{});
}

TEST_CASE("a run that goes over the end of a column spans all rows", "[rle]") {
  CHECK(s2d::bounding_box(rle{10, 10, {19, 2, 79}}) == s2d::box{1, 0, 2, 10});
  CHECK(s2d::bounding_box(rle{10, 10, {10, 10, 80}}) == s2d::box{1, 0, 1, 10});
  CHECK(s2d::bounding_box(rle{10, 10, {12, 3, 7, 3, 75}}) == s2d::box{1, 2, 2, 3});
}

TEST_CASE("a mask without pixels has one empty run, as COCO writes it", "[rle]") {
  CHECK(s2d::encode(s2d::bit_mask(0, 5)) == rle{0, 5, {0}});
  CHECK(s2d::to_string(s2d::encode(s2d::bit_mask(5, 0))) == "0");
  CHECK(s2d::area(rle{}) == 0);
  CHECK(s2d::decode(rle{}).empty());
  CHECK(s2d::intersect(rle{}, rle{}) == rle{0, 0, {0}});
}

TEST_CASE("set operations agree with the definition", "[rle]") {
  std::mt19937 random{4};
  brute_force::for_all_sizes(12, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto a = brute_force::random_mask(random, height, width);
    const auto b = brute_force::random_mask(random, height, width);
    const rle p{height, width, brute_force::count_runs(a)};
    const rle q{height, width, brute_force::count_runs(b)};
    const auto both = brute_force::combine(a, b, [](bool v, bool w) { return v && w; });
    const auto any = brute_force::combine(a, b, [](bool v, bool w) { return v || w; });
    const auto only = brute_force::combine(a, b, [](bool v, bool w) { return v && !w; });
    const auto none = brute_force::combine(a, a, [](bool v, bool) { return !v; });
    CHECK(s2d::intersect(p, q).counts == brute_force::count_runs(both));
    CHECK(s2d::unite(p, q).counts == brute_force::count_runs(any));
    CHECK(s2d::subtract(p, q).counts == brute_force::count_runs(only));
    CHECK(s2d::complement(p).counts == brute_force::count_runs(none));
    CHECK(s2d::intersection_area(p, q) == brute_force::area(both));
  });
}

TEST_CASE("the laws of De Morgan hold on runs", "[rle]") {
  std::mt19937 random{5};
  for (const auto& [height, width] : brute_force::sizes()) {
    CAPTURE(height, width);
    const rle a = s2d::encode(brute_force::pack(brute_force::random_mask(random, height, width)));
    const rle b = s2d::encode(brute_force::pack(brute_force::random_mask(random, height, width)));
    CHECK(s2d::complement(s2d::unite(a, b)) ==
          s2d::intersect(s2d::complement(a), s2d::complement(b)));
    CHECK(s2d::subtract(a, b) == s2d::intersect(a, s2d::complement(b)));
    CHECK(s2d::area(s2d::unite(a, b)) + s2d::intersection_area(a, b) ==
          s2d::area(a) + s2d::area(b));
    CHECK(s2d::complement(s2d::complement(a)) == a);
  }
}

TEST_CASE("areas beyond 2^31 are counted", "[rle]") {
  const rle half{60'000, 70'000, {100, 4'199'999'900}};
  CHECK(s2d::area(half) == 4'199'999'900);
  CHECK(s2d::intersection_area(half, s2d::complement(half)) == 0);
  CHECK(s2d::bounding_box(half) == s2d::box{0, 0, 70'000, 60'000});
  CHECK(s2d::rle::from_string(s2d::to_string(half), 60'000, 70'000) == half);
}

TEST_CASE("masks of 2^32 pixels are refused", "[rle]") {
  const s2d::mask_view<const std::uint8_t> huge{nullptr, 65'536, 65'536};
  CHECK_THROWS_WITH(
      s2d::encode(huge),
      "encode: size is 65536 x 65536 (height x width), expected fewer than 2^32 pixels");
  CHECK_THROWS_AS(s2d::area(rle{1 << 16, 1 << 16, {}}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::area(rle{PTRDIFF_MAX, PTRDIFF_MAX, {1}}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::area(rle{-1, 5, {}}), s2d::invalid_input);
}

TEST_CASE("runs that do not sum to the pixels are refused by every function", "[rle]") {
  const rle whole{240, 427, {102'480}};
  for (const run_lengths& counts : {run_lengths{102'360}, run_lengths{}, run_lengths{102'480, 1},
                                    run_lengths{0xffff'ffff, 0xffff'ffff}, run_lengths{102'479}}) {
    const rle broken{240, 427, counts};
    CAPTURE(counts);
    brute_force::dense_mask out(240, 427, 77);
    CHECK_THROWS_AS(s2d::decode(broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::decode(broken, out.view()), s2d::invalid_input);
    CHECK(out == brute_force::dense_mask(240, 427, 77));
    CHECK_THROWS_AS(s2d::to_bits(broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::to_string(broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::canonical(broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::complement(broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::area(broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::bounding_box(broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::intersect(broken, whole), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::unite(whole, broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::subtract(whole, broken), s2d::invalid_input);
    CHECK_THROWS_AS(s2d::iou(broken, broken), s2d::invalid_input);
  }
  CHECK_THROWS_WITH(
      s2d::area(rle{240, 427, {102'000, 360}}),
      "area: run lengths sum to 102360, expected 102480 = 240 x 427 (height x width)");
  CHECK_THROWS_WITH(s2d::unite(whole, rle{240, 427, {1}}),
                    "unite: second mask: run lengths sum to 1, expected 102480 = 240 x 427 "
                    "(height x width)");
}

TEST_CASE("masks of two sizes are refused with both sizes, whether or not they overlap", "[rle]") {
  const rle a{10, 12, {120}}, b{12, 10, {120}};
  CHECK_THROWS_WITH(s2d::intersect(a, b),
                    "intersect: sizes differ, 10 x 12 and 12 x 10 (height x width)");
  CHECK_THROWS_AS(s2d::unite(a, b), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::subtract(a, b), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::intersection_area(a, b), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::iou(a, b), s2d::invalid_input);
  brute_force::dense_mask out(12, 10);
  CHECK_THROWS_WITH(s2d::decode(a, out.view()),
                    "decode: sizes differ, 10 x 12 and 12 x 10 (height x width)");
}
