#include <s2d/mask/iou.hpp>

#include <array>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

namespace {

using bits = std::vector<s2d::bit_mask>;
using encoded_masks = std::vector<s2d::rle>;
using views = std::vector<s2d::mask_view<const std::uint8_t>>;

struct forms {
  std::vector<brute_force::dense_mask> pixels;
  views dense;
  bits packed;
  encoded_masks encoded;

  void add(brute_force::dense_mask mask) {
    packed.push_back(brute_force::pack(mask));
    encoded.push_back(s2d::encode(packed.back()));
    pixels.push_back(std::move(mask));
    dense.clear();
    for (const auto& each : pixels) dense.emplace_back(each.view());
  }
};

double pixel_by_pixel(const brute_force::dense_mask& a, const brute_force::dense_mask& b,
                      const s2d::iou_options& options) {
  const auto first = brute_force::area(a), second = brute_force::area(b);
  const auto common =
      brute_force::area(brute_force::combine(a, b, [](bool p, bool q) { return p && q; }));
  const auto divisor = options.over == s2d::over::either    ? first + second - common
                       : options.over == s2d::over::smaller ? (std::min)(first, second)
                                                            : first;
  return divisor == 0 ? options.when_empty
                      : static_cast<double>(common) / static_cast<double>(divisor);
}

}  // namespace

TEST_CASE("common bits are counted alike one by one, by adders and by vectors", "[iou]") {
  std::mt19937_64 random{3};
  for (std::ptrdiff_t n = 0; n < 200; ++n) {
    CAPTURE(n);
    std::vector<std::uint64_t> a(static_cast<std::size_t>(n)), b(a.size());
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = n % 3 == 0 ? ~std::uint64_t{0} : random();
      b[i] = n % 3 == 0 ? ~std::uint64_t{0} : random();
      for (int k = 0; k < 64; ++k) expected += (a[i] >> k) & (b[i] >> k) & 1;
    }
    CHECK(s2d::detail::common_bits_by_word(a.data(), b.data(), n) == expected);
    CHECK(s2d::detail::common_bits_by_adders(a.data(), b.data(), n) == expected);
    CHECK(s2d::detail::common_bits(a.data(), b.data(), n) == expected);
  }
}

TEST_CASE("a table of overlaps equals the pixels counted, in all forms and by every rule",
          "[iou]") {
  std::mt19937 random{5};
  for (int round = 0; round < 6; ++round) {
    for (const auto& [height, width] : brute_force::sizes()) {
      forms a, b;
      for (int i = 0; i < 3 + round % 3; ++i)
        a.add(brute_force::random_mask(random, height, width));
      for (int j = 0; j < 4; ++j) b.add(brute_force::random_mask(random, height, width));
      for (const auto rule : {s2d::over::either, s2d::over::smaller, s2d::over::first}) {
        const s2d::iou_options options{.over = rule, .when_empty = round % 2 == 0 ? 0.0 : 1.0};
        const auto from_bits = s2d::iou<double>(a.packed, b.packed, options);
        for (std::size_t i = 0; i < a.pixels.size(); ++i)
          for (std::size_t j = 0; j < b.pixels.size(); ++j) {
            CAPTURE(round, height, width, i, j);
            const auto y = static_cast<std::ptrdiff_t>(i), x = static_cast<std::ptrdiff_t>(j);
            CHECK(from_bits(y, x) == pixel_by_pixel(a.pixels[i], b.pixels[j], options));
            CHECK(from_bits(y, x) == s2d::iou(a.encoded[i], b.encoded[j], options));
          }
        CHECK(s2d::iou<double>(a.encoded, b.encoded, options) == from_bits);
        CHECK(s2d::iou<double>(a.dense, b.dense, options) == from_bits);
        const s2d::matrix<float> rounded = s2d::iou(a.packed, b.packed, options);
        for (std::size_t i = 0; i < rounded.values.size(); ++i)
          CHECK(rounded.values[i] == static_cast<float>(from_bits.values[i]));
      }
    }
  }
}

TEST_CASE("runs give the same counts merged and packed", "[iou]") {
  std::mt19937 random{8};
  for (int round = 0; round < 20; ++round) {
    for (const auto& [height, width] : brute_force::sizes()) {
      s2d::detail::run_lists lists;
      s2d::detail::strip_masks strips, packed;
      encoded_masks masks;
      for (int i = 0; i < 4; ++i) {
        masks.push_back(
            s2d::encode(s2d::mask_view{brute_force::random_mask(random, height, width).view()}));
        lists.add(masks.back(), s2d::bounding_box(masks.back()));
        strips.add(masks.back());
        packed.add(s2d::to_bits(masks.back()));
      }
      for (std::size_t i = 0; i < masks.size(); ++i)
        for (std::size_t j = 0; j < masks.size(); ++j) {
          CAPTURE(round, height, width, i, j);
          const auto expected = s2d::intersection_area(masks[i], masks[j]);
          CHECK(s2d::detail::run_lists::common(lists, i, lists, j) == expected);
          CHECK(s2d::detail::strip_masks::common(strips, i, strips, j) == expected);
          CHECK(s2d::detail::strip_masks::common(packed, i, packed, j) == expected);
        }
    }
  }
}

TEST_CASE("runs of length 0 change nothing", "[iou]") {
  const encoded_masks plain{{4, 3, {2, 5, 5}}}, padded{{4, 3, {0, 0, 2, 2, 0, 3, 5, 0, 0}}};
  CHECK(s2d::iou(plain, padded)(0, 0) == 1.0f);
  const encoded_masks other{{4, 3, {0, 4, 8}}};
  CHECK(s2d::iou<double>(padded, other) == s2d::iou<double>(plain, other));
}

TEST_CASE("many masks fill more than one tile of the cache", "[iou]") {
  std::mt19937 random{13};
  forms a, b;
  for (int i = 0; i < 40; ++i) a.add(brute_force::random_mask(random, 240, 427));
  for (int j = 0; j < 37; ++j) b.add(brute_force::random_mask(random, 240, 427));
  const auto table = s2d::iou<double>(a.packed, b.packed);
  CHECK(table == s2d::iou<double>(a.encoded, b.encoded));
  for (std::ptrdiff_t i = 0; i < table.height; ++i)
    for (std::ptrdiff_t j = 0; j < table.width; ++j)
      CHECK(table(i, j) ==
            s2d::iou(a.packed[static_cast<std::size_t>(i)], b.packed[static_cast<std::size_t>(j)]));
}

TEST_CASE("masks too large for the cache are compared strip by strip, in tiles of their own",
          "[iou]") {
  // Strips of 400 words: 82 masks make a tile. Boxes of every kind, some of them whole, some empty.
  std::mt19937 random{17};
  bits a, b;
  const auto make = [&](int kind) {
    s2d::bit_mask mask(400, 560);
    const auto within = [&](std::ptrdiff_t n) {
      return kind % 4 == 0 ? 0 : static_cast<std::ptrdiff_t>(random()) % n;
    };
    const std::ptrdiff_t left = within(200), top = within(150), right = 560 - within(200),
                         bottom = 400 - within(150);
    if (kind % 31 != 5)
      for (int point = 0; point < 20'000; ++point)
        mask.set(top + static_cast<std::ptrdiff_t>(random()) % (bottom - top),
                 left + static_cast<std::ptrdiff_t>(random()) % (right - left));
    return mask;
  };
  for (int i = 0; i < 91; ++i) a.push_back(make(i));
  for (int j = 0; j < 86; ++j) b.push_back(make(j));
  const auto table = s2d::iou<double>(a, b);
  int wrong = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j)
      wrong += table.values[i * b.size() + j] != s2d::iou(a[i], b[j]);
  CHECK(wrong == 0);
}

TEST_CASE("dense masks become the same strips as packed ones", "[iou]") {
  std::mt19937 random{19};
  s2d::detail::strip_masks dense, packed;
  for (int round = 0; round < 400; ++round) {
    // A few pixels in a random part, so that boxes end anywhere; of every size in turn.
    const std::ptrdiff_t height = round % 23, width = round * 7 % 200;
    s2d::matrix<std::uint8_t> mask(height, width);
    for (int point = round % 4; point > 0 && !mask.values.empty(); --point)
      mask.values[random() % mask.values.size()] = 255;
    dense.add(s2d::mask_view<const std::uint8_t>{mask.view()});
    packed.add(s2d::pack(s2d::mask_view<const std::uint8_t>{mask.view()}));
    const auto &a = dense.entries().back(), &b = packed.entries().back();
    CAPTURE(round, height, width);
    REQUIRE(a.bounds == b.bounds);
    REQUIRE(a.area == b.area);
    REQUIRE(dense.size() == packed.size());
    const auto i = static_cast<std::size_t>(round);
    REQUIRE(s2d::detail::strip_masks::common(dense, i, packed, i) == a.area);
  }
}

TEST_CASE("overlaps and crowds equal those of pycocotools", "[iou]") {
  std::ifstream file("tests/mask/golden/ious.txt");
  REQUIRE(file);
  std::ptrdiff_t height = 0, width = 0;
  std::size_t n = 0, m = 0, cases = 0;
  while (file >> height >> width >> n >> m) {
    CAPTURE(cases);
    ++cases;
    encoded_masks a, b;
    bits packed_a, packed_b;
    std::string counts;
    for (std::size_t i = 0; i < n + m; ++i) {
      file >> counts;
      s2d::rle mask = s2d::rle::from_string(counts, height, width);
      (i < n ? packed_a : packed_b).push_back(s2d::to_bits(mask));
      (i < n ? a : b).push_back(std::move(mask));
    }
    std::vector<std::uint8_t> crowd(m);
    for (auto& flag : crowd) {
      int value = 0;
      file >> value;
      flag = static_cast<std::uint8_t>(value);
    }
    const auto table = s2d::iou<double>(a, b, {}, crowd);
    for (const double found : table.values) {
      double expected = -1;
      file >> expected;
      CHECK(found == expected);
    }
    CHECK(s2d::iou<double>(packed_a, packed_b, {}, crowd) == table);
  }
  CHECK(cases == 120);
}

TEST_CASE("lists without masks give tables without rows or columns", "[iou]") {
  const bits none, one{s2d::bit_mask(3, 4)};
  CHECK(s2d::iou(none, one).height == 0);
  CHECK(s2d::iou(none, one).width == 1);
  CHECK(s2d::iou(one, none).height == 1);
  CHECK(s2d::iou(one, none).values.empty());
  const std::array<s2d::bit_mask, 2> array{s2d::bit_mask(3, 4), s2d::bit_mask(3, 4)};
  CHECK(s2d::iou(std::span{array}, one, {.when_empty = 1}).values == std::vector<float>{1, 1});
}

TEST_CASE("masks of different sizes are refused, overlapping or not", "[iou]") {
  const bits a{s2d::bit_mask(3, 4)}, b{s2d::bit_mask(3, 4), s2d::bit_mask(4, 3)};
  CHECK_THROWS_WITH(s2d::iou(a, b), "iou: sizes differ, 3 x 4 and 4 x 3 (height x width)");
  CHECK_THROWS_AS(s2d::iou(b, a), s2d::invalid_input);
  const encoded_masks good{{3, 4, {12}}}, short_one{{3, 4, {11}}};
  CHECK_THROWS_WITH(s2d::iou(good, short_one), Catch::Contains("expected 12"));
  const std::array<std::uint8_t, 2> crowd{1, 0};
  CHECK_THROWS_WITH(s2d::iou(good, good, {}, crowd), "iou: 2 crowd flags, expected 1 (columns)");
}
