// Ten thousand random cases that pycocotools answered: golden/make_coco_cases.py makes the inputs
// in the same whole numbers. S2D_COCO_CASES names another file of that form (coco_live.sh).
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <s2d/mask/iou.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/rle_merge.hpp>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using brute_force::dense_mask;
using s2d::rle;

namespace {

std::uint64_t mixed(std::uint64_t value) {  // splitmix64
  std::uint64_t z = value + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

struct numbers {
  std::uint64_t state;
  explicit numbers(std::uint64_t number) : state{mixed(number)} {}
  std::uint64_t next() { return state = mixed(state); }
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(next() >> 33) % n; }
};

dense_mask make_mask(numbers& random, std::int64_t height, std::int64_t width) {
  const std::int64_t kind = random.below(6);
  const std::uint64_t seed = random.next();
  std::int64_t v[4];
  for (auto& value : v) value = random.below(1 << 20);
  const std::int64_t cy = v[0] % height, cx = v[1] % width;
  const std::int64_t ry = 1 + v[2] % height, rx = 1 + v[3] % width;
  dense_mask mask(height, width);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      bool on = false;
      if (kind == 0)
        on = mixed(static_cast<std::uint64_t>(y * width + x) + (seed >> 1)) % 97 <
             static_cast<std::uint64_t>(v[0] % 98);
      else if (kind == 1)
        on = v[0] % 2 == 1;
      else if (kind == 2)
        on = (x * (v[0] % 7) + y * (v[1] % 7)) % (2 + v[2] % 40) < 1 + v[3] % 20;
      else
        on = (x - cx) * (x - cx) * ry * ry + (y - cy) * (y - cy) * rx * rx < rx * rx * ry * ry &&
             (kind < 5 || (x * 5 + y * 3) % 11 > 1);
      mask(y, x) = on;
    }
  return mask;
}

// The low half of the CRC-32 that zlib computes, as 4 digits.
std::string digest(const std::string& text) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> remainders{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      remainders[i] = i;
      for (int k = 0; k < 8; ++k)
        remainders[i] = remainders[i] >> 1 ^ (remainders[i] % 2 != 0 ? 0xedb88320u : 0u);
    }
    return remainders;
  }();
  std::uint32_t crc = ~0u;
  for (const char c : text) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  constexpr const char* hex = "0123456789abcdef";
  std::string digits;
  for (int shift = 12; shift >= 0; shift -= 4) digits += hex[~crc >> shift & 15];
  return digits;
}

// The bytes of the columns one after the other.
std::string columns(const rle& mask) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(mask.height * mask.width));
  s2d::decode(mask,
              s2d::plane_view<std::uint8_t>::column_major(bytes.data(), mask.height, mask.width));
  return {bytes.begin(), bytes.end()};
}

std::string bits_of(const s2d::matrix<double>& table) {
  std::string text;
  for (const double value : table.values)
    for (int shift = 60; shift >= 0; shift -= 4)
      text += "0123456789abcdef"[std::bit_cast<std::uint64_t>(value) >> shift & 15];
  return text;
}

struct answer {
  const char* question;
  std::string text;
};

std::vector<answer> answers(std::int64_t number) {
  numbers random{static_cast<std::uint64_t>(number)};
  const std::int64_t most = number % 64 == 0 ? 400 : 40;
  const std::int64_t height = 1 + random.below(most), width = 1 + random.below(most);
  const auto n = static_cast<std::size_t>(1 + random.below(4));
  const auto m = static_cast<std::size_t>(1 + random.below(3));
  std::vector<dense_mask> masks;
  std::vector<rle> runs;
  std::string texts, pixels, measures;
  while (runs.size() < n + m) {
    masks.push_back(make_mask(random, height, width));
    runs.push_back(s2d::encode(s2d::mask_view{masks.back().view()}));
    const rle& mask = runs.back();
    const std::string space = runs.size() > 1 ? " " : "";
    texts += space + s2d::to_string(mask);
    pixels += columns(rle::from_string(s2d::to_string(mask), height, width));
    const s2d::box box = s2d::bounding_box(mask);
    measures += space + s2d::concat(s2d::area(mask), ' ', box.x, ' ', box.y, ' ', box.width, ' ',
                                    box.height);
  }
  const std::vector<rle> a(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(n));
  const std::vector<rle> b(runs.begin() + static_cast<std::ptrdiff_t>(n), runs.end());
  std::vector<answer> all{{"encode, to_string", texts},
                          {"from_string, decode", pixels},
                          {"area, bounding_box", measures},
                          {"unite", s2d::to_string(s2d::unite(runs))},
                          {"intersect", s2d::to_string(s2d::intersect(runs))},
                          {"iou", bits_of(s2d::iou<double>(a, b))}};
  std::vector<std::uint8_t> crowd;
  while (crowd.size() < m) crowd.push_back(static_cast<std::uint8_t>(random.below(2)));
  all.push_back({"iou with crowds", bits_of(s2d::iou<double>(a, b, {}, crowd))});

  const std::int64_t grain =
      std::array<std::int64_t, 5>{1, 2, 5, 64, 1000}[static_cast<std::size_t>(random.below(5))];
  const auto divided = [&](std::int64_t value) {
    return static_cast<double>(value) / static_cast<double>(grain);
  };
  std::vector<double> corners;
  for (std::int64_t left = 3 + random.below(7); left > 0; --left)
    for (const std::int64_t size : {width, height})
      corners.push_back(divided(random.below((2 * size + 8) * grain) - (size / 2 + 4) * grain));
  all.push_back({"encode_polygon", s2d::to_string(s2d::encode_polygon(corners, height, width))});
  std::array<double, 4> box{};
  for (std::size_t i = 0; i < 4; ++i) {
    const double value =
        divided(random.below(((i % 2 == 0 ? width : height) + 8) * grain) - 4 * grain);
    box[i] = i < 2 || value >= 0 ? value : -value;
  }
  all.push_back({"encode_box",
                 s2d::to_string(s2d::encode_box(box[0], box[1], box[2], box[3], height, width))});
  std::vector<std::uint32_t> counts;
  for (const std::uint32_t count : brute_force::count_runs(masks[0])) {
    if (random.below(3) == 0) {
      const auto part = static_cast<std::uint32_t>(random.below(std::int64_t{count} + 1));
      counts.insert(counts.end(), {part, 0, count - part});
    } else {
      counts.push_back(count);
    }
  }
  const rle plain = rle::from_counts(counts, height, width);
  all.push_back({"from_counts", s2d::to_string(plain) + ' ' + columns(plain)});
  return all;
}

}  // namespace

TEST_CASE("ten thousand random cases are answered as by pycocotools", "[coco]") {
  const char* const named = std::getenv("S2D_COCO_CASES");
  std::ifstream file{named != nullptr ? named : "tests/mask/golden/coco_cases.txt"};
  REQUIRE(file);
  std::int64_t first = 0, count = 0, wrong = 0;
  std::string complaints;  // the first ones
  REQUIRE(file >> first >> count);
  for (std::int64_t number = first; number < first + count; ++number) {
    std::string line;
    file >> line;
    const std::vector<answer> all = answers(number);
    if (line.size() != 4 * all.size()) FAIL("case " << number << ": a line of " << line.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (digest(all[i].text) == line.substr(4 * i, 4)) continue;
      if (++wrong < 20) complaints += s2d::concat("case ", number, ": ", all[i].question, '\n');
    }
  }
  CAPTURE(complaints);
  CHECK(wrong == 0);
  CHECK(count >= 10'000);
}
