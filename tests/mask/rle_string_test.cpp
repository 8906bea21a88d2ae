#include <s2d/mask/rle.hpp>

#include <array>
#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mask/brute_force.hpp"
#include "support/catch.hpp"

using brute_force::run_lengths;
using s2d::rle;

namespace {

rle parse_plain(const std::string& text, std::ptrdiff_t height, std::ptrdiff_t width) {
  const auto pixels = static_cast<std::uint64_t>(height * width);
  return {height, width, s2d::detail::parse_runs_plain(text, height, width, pixels)};
}

// What was read, or the complaint.
template <class Parse>
std::string outcome(Parse parse) {
  try {
    std::string text;
    for (const auto count : parse().counts) text += std::to_string(count) + ' ';
    return text;
  } catch (const s2d::invalid_input& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("strings, areas and boxes equal those of pycocotools", "[rle]") {
  // Made by make_rle_strings.py beside it.
  std::ifstream file{"tests/mask/golden/rle_strings.txt"};
  REQUIRE(file);
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    std::istringstream fields{line};
    rle mask;
    std::string text;
    std::ptrdiff_t area = 0;
    s2d::box box;
    fields >> mask.height >> mask.width >> text >> area >> box.x >> box.y >> box.width >>
        box.height;
    for (std::uint32_t count = 0; fields >> count;) mask.counts.push_back(count);
    CAPTURE(text);
    CHECK(s2d::to_string(mask) == text);
    CHECK(rle::from_string(text, mask.height, mask.width) == mask);
    CHECK(parse_plain(text, mask.height, mask.width) == mask);
    CHECK(s2d::area(mask) == area);
    CHECK(s2d::bounding_box(mask) == box);
    CHECK(s2d::encode(s2d::to_bits(mask)) == mask);
  }
  CHECK(cases == 11);
}

TEST_CASE("differences begin with the fourth run", "[rle]") {
  CHECK(s2d::to_string(rle{41, 1, {8, 12, 6, 15}}) == "8<63");
  CHECK(rle::from_string("8<63", 41, 1).counts == run_lengths{8, 12, 6, 15});
}

TEST_CASE("differences of 33 bits take seven characters and come back", "[rle]") {
  const std::ptrdiff_t height = 65'535, width = 65'537;  // 2^32 - 1 pixels
  for (const run_lengths& counts :
       {run_lengths{0, 0, 0, 0xffff'ffff}, run_lengths{0, 0xffff'ffff, 0, 0},
        run_lengths{0xffff'ffff, 0, 0, 0},
        run_lengths{1, 0x1fff'ffff, 1, 0, 0xffff'ffff - 0x2000'0001}, run_lengths{0xffff'ffff}}) {
    const rle mask{height, width, counts};
    CAPTURE(counts);
    const std::string text = s2d::to_string(mask);
    CHECK(rle::from_string(text, height, width) == mask);
    CHECK(parse_plain(text, height, width) == mask);
  }
}

TEST_CASE("random runs come back from their text", "[rle]") {
  std::mt19937 random{1};
  for (int round = 0; round < 500; ++round) {
    CAPTURE(round);
    run_lengths counts(std::uniform_int_distribution<std::size_t>{1, 400}(random));
    const unsigned bits = std::uniform_int_distribution<unsigned>{1, 22}(random);
    std::uint64_t sum = 0;
    for (auto& count : counts) {
      count = static_cast<std::uint32_t>(random() >> (32 - bits));
      if (random() % 50 == 0) count = static_cast<std::uint32_t>(random() >> 9);
      sum += count;
    }
    if (sum >= 0xffff'ffff) continue;
    const rle mask{static_cast<std::ptrdiff_t>(sum), 1, counts};
    const std::string text = s2d::to_string(mask);
    REQUIRE(rle::from_string(text, mask.height, 1) == mask);
    REQUIRE(parse_plain(text, mask.height, 1) == mask);
  }
}

TEST_CASE("sixteen numbers are printed at once as one after the other", "[rle]") {
  std::mt19937 random{3};
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    // Differences around the ends of every length, of either sign, from runs of either size.
    const std::uint32_t base = round % 7 == 0 ? 0x7fff'c000 : 1U << 20;
    std::array<std::uint32_t, 18> counts{base, base};
    std::string expected;
    for (std::size_t k = 2; k < 18; ++k) {
      constexpr std::int64_t ends[] = {0, 15, 16, 511, 512, 16'383, 16'384, 1 << 19};
      const unsigned highest = round % 11 == 0 ? 8 : 6;
      std::int64_t difference = ends[random() % highest] - static_cast<std::int64_t>(random() % 2);
      if (random() % 2 != 0) difference = -difference;
      if (round % 3 == 0) difference = static_cast<std::int64_t>(random() % 1024) - 512;
      counts[k] = static_cast<std::uint32_t>(counts[k - 2] + difference);
      char number[7];
      expected.append(number, s2d::detail::print_number(
                                  std::int64_t{counts[k]} - std::int64_t{counts[k - 2]}, number));
    }
    const auto printed = [&](auto print) {
      char text[64 + 16] = {};
      char* const end = print(counts.data() + 2, text);
      return end == nullptr ? std::string{"longer"} : std::string(&text[0], end);
    };
    const std::string plain = printed(s2d::detail::print_block_plain);
    CAPTURE(round, expected);
    REQUIRE(printed(s2d::detail::print_block) == plain);
    refused += plain == "longer";
    if (plain != "longer") REQUIRE(plain == expected);
  }
  CHECK(refused > 100);
  CHECK(refused < 10'000);
}

TEST_CASE("numbers of every length come back from any place in a text", "[rle]") {
  // A number of each length moves over two blocks of characters, among short ones; so does the end.
  const std::ptrdiff_t height = 32'767, width = 65'537;  // just below 2^31 pixels
  for (const std::uint32_t large : {1U, 15U, 16U, 512U, 16'384U, 1U << 19, 1U << 24, 1U << 29})
    for (std::size_t at = 0; at < 140; ++at)
      for (const std::size_t behind : {0, 1, 2, 5, 64}) {
        run_lengths counts(at, 7);
        counts.push_back(large);
        counts.insert(counts.end(), behind, 3);
        std::uint64_t sum = 0;
        for (const auto count : counts) sum += count;
        counts.push_back(
            static_cast<std::uint32_t>(height * width - static_cast<std::int64_t>(sum)));
        const rle mask{height, width, counts};
        CAPTURE(large, at, behind);
        const std::string text = s2d::to_string(mask);
        run_lengths fast;
        REQUIRE(
            s2d::detail::parse_runs_fast(text, static_cast<std::uint64_t>(height * width), fast));
        REQUIRE(fast == counts);
        REQUIRE(parse_plain(text, height, width) == mask);
      }
}

TEST_CASE("a chunk of characters is read alike in both ways", "[rle]") {
  std::mt19937 random{4};
  for (int round = 0; round < 5'000; ++round) {
    const unsigned share = random() % 4;
    char text[2 + 64];
    std::uint64_t ends = 0;
    for (int i = 0; i < 66; ++i) {
      const bool three = i > 3 && text[i - 1] >= 'P' && text[i - 2] >= 'P';
      const bool ended = i < 2 || three || random() % 4 >= share;
      text[i] = static_cast<char>('0' + random() % 32 + (ended ? 0 : 32));
      if (i >= 2 && ended) ends |= std::uint64_t{1} << (i - 2);
    }
    if (round % 2 != 0) ends &= (std::uint64_t{1} << random() % 64) - 1;
    CAPTURE(round, ends);
    CHECK(s2d::detail::continued(text + 2) == s2d::detail::continued_plain(text + 2));
    const auto read = [&](auto parse) {
      run_lengths counts(2 + 64 + s2d::detail::parsed_beyond, 300'000);
      if (round % 5 == 0) counts[0] = 0x7fff'ffff;
      std::uint64_t wrong = 0;
      counts.resize(static_cast<std::size_t>(parse(text + 2, ends, counts.data() + 2, wrong) -
                                             counts.data()));
      return std::pair{counts, wrong >> 31 != 0};
    };
    const auto plain = read(s2d::detail::parse_chunk_plain);
    const auto fast = read(s2d::detail::parse_chunk);
    REQUIRE(fast.second == plain.second);
    REQUIRE(fast.first == plain.first);
  }
}

TEST_CASE("a damaged string is refused with position, found and expected", "[rle]") {
  const auto complaint = [](std::string_view text) {
    return outcome([&] { return rle::from_string(text, 240, 427); });
  };
  CHECK(complaint("P") ==
        "run 0 ends inside a number after 1 characters, expected another character");
  CHECK(complaint("0010P") ==
        "run 4 ends inside a number after 5 characters, expected another character");
  CHECK(complaint("00 0") == "character 2 (run 2) is byte 0x20, expected '0' to 'o'");
  CHECK(complaint("0p") == "character 1 (run 1) is 'p', expected '0' to 'o'");
  CHECK(complaint("01/") == "character 2 (run 2) is '/', expected '0' to 'o'");
  CHECK(complaint(std::string_view{"0\0", 2}) ==
        "character 1 (run 1) is byte 0x00, expected '0' to 'o'");
  CHECK(complaint("0\xff") == "character 1 (run 1) is byte 0xff, expected '0' to 'o'");
  CHECK(complaint("0PPPPPPPP0") ==
        "character 7 (run 1) continues a number beyond 7 characters, expected its end");
  CHECK(complaint("0O") == "run 1 (character 1) has length -1, expected 0 to 102480");
  CHECK(complaint("0123O0N") == "run 6 (character 6) has length -1, expected 0 to 102480");
  CHECK(complaint("oooooo1") == "run 0 (character 0) has length 2147483647, expected 0 to 102480");
  CHECK(complaint("") == "run lengths sum to 0, expected 102480 = 240 x 427 (height x width)");
  CHECK(complaint("5") == "run lengths sum to 5, expected 102480 = 240 x 427 (height x width)");
  CHECK(complaint("`o00") ==
        "run lengths sum to 1008, expected 102480 = 240 x 427 (height x width)");
}

TEST_CASE("extents that make no mask are refused", "[rle]") {
  CHECK_THROWS_WITH(rle::from_string("0", -1, 5),
                    "extents are -1 x 5, expected non-negative (height x width)");
  CHECK_THROWS_AS(rle::from_string("0", 65'536, 65'536), s2d::invalid_input);
  CHECK_THROWS_AS(rle::from_string("0", PTRDIFF_MAX, 2), s2d::invalid_input);
}

TEST_CASE("both parsers read the same and complain the same, whatever the damage", "[rle]") {
  std::mt19937 random{2};
  const std::ptrdiff_t height = 120, width = 90;
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    const auto mask = brute_force::random_mask(random, height, width);
    std::string text = s2d::to_string({height, width, brute_force::count_runs(mask)});
    for (auto damages = random() % 4; damages > 0 && !text.empty(); --damages) {
      const std::size_t at = random() % text.size();
      switch (random() % 5) {
        case 0:
          text.erase(at);
          break;
        case 1:
          text.erase(at, 1);
          break;
        case 2:
          text[at] = static_cast<char>('0' + random() % 64);
          break;
        case 3:
          text[at] = static_cast<char>(random());
          break;
        default:
          text.insert(at, 1 + random() % 9, static_cast<char>('0' + random() % 64));
      }
    }
    CAPTURE(round, text);
    const auto fast = outcome([&] { return rle::from_string(text, height, width); });
    REQUIRE(fast == outcome([&] { return parse_plain(text, height, width); }));
    refused += fast.empty() || fast.find_first_not_of("0123456789 ") != std::string::npos;
  }
  CHECK(refused > 1000);
}

TEST_CASE("plain lists of lengths are checked", "[rle]") {
  CHECK(rle::from_counts({0, 6}, 2, 3) == rle{2, 3, {0, 6}});
  CHECK_THROWS_WITH(rle::from_counts({1, 6}, 2, 3),
                    "run lengths sum to 7, expected 6 = 2 x 3 (height x width)");
}
