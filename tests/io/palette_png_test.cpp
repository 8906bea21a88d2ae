#include <s2d/io/palette_png.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <zlib.h>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

using ids = s2d::matrix<std::uint8_t>;

/// What make_files.py writes: id (x + y) % 3 in 5 x 7 pixels, mapped.
ids pattern(std::uint8_t one, std::uint8_t two) {
  ids out(5, 7);
  for (std::ptrdiff_t y = 0; y < 5; ++y)
    for (std::ptrdiff_t x = 0; x < 7; ++x)
      out(y, x) = (x + y) % 3 == 0 ? std::uint8_t{0} : (x + y) % 3 == 1 ? one : two;
  return out;
}

ids read(const std::string& name, s2d::mask_ids rule = s2d::mask_ids::stored) {
  return s2d::read_mask_png("tests/io/files/" + name, rule);
}

}  // namespace

TEST_CASE("ids survive a palette PNG, all 256 of them, whatever the size") {
  const support::temporary_folder folder;
  std::mt19937 random{1};
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 300}, {300, 1}, {33, 65}, {480, 854}}) {
    ids mask(height, width);
    for (std::uint8_t& id : mask.values) id = static_cast<std::uint8_t>(random());
    s2d::write_palette_png(folder / "m.png", mask);
    CHECK(s2d::read_mask_png(folder / "m.png") == mask);
  }
  CHECK(folder.count() == 1);
}

TEST_CASE("the palette is that of DAVIS") {
  const s2d::palette colours = s2d::davis_palette();
  using colour = std::array<std::uint8_t, 3>;
  CHECK(colours[0] == colour{0, 0, 0});
  CHECK(colours[1] == colour{128, 0, 0});
  CHECK(colours[2] == colour{0, 128, 0});
  CHECK(colours[5] == colour{128, 0, 128});
  CHECK(colours[8] == colour{64, 0, 0});
  CHECK(colours[255] == colour{224, 224, 192});
}

TEST_CASE("mask files that other tools wrote are read") {
  CHECK(read("indexed.png") == pattern(1, 2));
  CHECK(read("indexed_8bit.png") == pattern(1, 2));
  CHECK(read("interlaced.png") == pattern(1, 2));
  CHECK(read("gray_ids.png") == pattern(1, 2));
  CHECK(read("gray_255.png") == pattern(1, 1));
  CHECK(read("one_bit.png") == pattern(1, 1));
  CHECK(read("gray_16bit.png") == pattern(100, 200));
}

TEST_CASE("colours are ranked by red, then green, then blue") {
  // Id 1 is (200, 10, 10), id 2 is (10, 200, 10): the second sorts first.
  CHECK(read("colours.png") == pattern(2, 1));
  CHECK(read("colours_alpha.png") == pattern(2, 1));
  CHECK(read("colours.png", s2d::mask_ids::by_color) == pattern(2, 1));
  // As colours, palette entries (128, 0, 0) and (0, 128, 0) sort the other way too.
  CHECK(read("indexed.png", s2d::mask_ids::by_color) == pattern(2, 1));
  CHECK(read("gray_ids.png", s2d::mask_ids::by_color) == pattern(1, 2));
  CHECK(read("gray_16bit.png", s2d::mask_ids::by_color) == pattern(0, 0));
  CHECK(read("one_bit.png", s2d::mask_ids::by_color) == pattern(1, 1));
}

TEST_CASE("ids that do not fit are refused with their place") {
  const support::temporary_folder folder;
  s2d::matrix<int> large(3, 4);
  large(2, 1) = 256;
  const auto file = folder / "large.png";
  CHECK(message_of<s2d::invalid_input>([&] { s2d::write_palette_png(file, large); }) ==
        file.string() + ": palette PNG: row 2, column 1: id 256, a palette PNG holds ids 0 to 255");
  large(2, 1) = -1;
  CHECK_THROWS_AS(s2d::encode_palette_png(large), s2d::invalid_input);
  CHECK(folder.count() == 0);
  CHECK(message_of<s2d::invalid_input>([] { (void)read("gray_16bit_large.png"); }) ==
        "tests/io/files/gray_16bit_large.png: row 0, column 1: id 300, expected 0 to 255");
  CHECK(message_of<s2d::invalid_input>([] {
          (void)read("too_many_colours.png");
        }).find("more than 255 colours") != std::string::npos);
  CHECK_THROWS_AS(s2d::encode_palette_png(ids(0, 4)), s2d::invalid_input);
}

TEST_CASE("a truncated mask file is an error at every length") {
  const std::vector<std::byte> whole = s2d::read_file("tests/io/files/indexed_8bit.png");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const std::string text = message_of<s2d::invalid_input>(
        [&] { (void)s2d::decode_mask_png(std::span{whole}.first(size), "m.png"); });
    CHECK(text.starts_with("m.png: "));
  }
}

TEST_CASE("every flipped byte of a mask file is an error or harmless") {
  const std::vector<std::byte> whole = s2d::read_file("tests/io/files/colours_alpha.png");
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const int flip : {1, 128, 255}) {
      std::vector<std::byte> bytes = whole;
      bytes[i] ^= static_cast<std::byte>(flip);
      try {
        const ids mask = s2d::decode_mask_png(bytes, "m.png");
        CHECK(mask.values.size() == static_cast<std::size_t>(mask.height * mask.width));
      } catch (const s2d::invalid_input& error) {
        CHECK(std::string{error.what()}.starts_with("m.png: "));
      }
    }
}

TEST_CASE("a small file that claims a huge picture is refused before memory is taken") {
  // Only a header, with a checksum that fits, and the begin of a chunk of pixels.
  const auto claiming = [](unsigned height, unsigned width, unsigned char depth) {
    unsigned char bytes[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0,
                             0,    13,  'I', 'H', 'D',  'R',  0,    0,    0, 0,
                             0,    0,   0,   0,   0,    0,    0,    0,    0};
    for (int i = 0; i < 4; ++i) {
      bytes[16 + i] = static_cast<unsigned char>(width >> (24 - 8 * i));
      bytes[20 + i] = static_cast<unsigned char>(height >> (24 - 8 * i));
    }
    bytes[24] = depth;
    std::vector<std::byte> file(sizeof bytes);
    std::memcpy(file.data(), bytes, sizeof bytes);
    const auto checksum = static_cast<std::uint32_t>(crc32(0, bytes + 12, 17));
    for (int shift = 24; shift >= 0; shift -= 8)
      file.push_back(static_cast<std::byte>(checksum >> shift));
    for (const char c : std::string{"\0\0\0\0IDAT\x35\xAF\x06\x1E", 12})
      file.push_back(static_cast<std::byte>(c));
    return message_of<s2d::invalid_input>([&] { (void)s2d::decode_mask_png(file, "huge.png"); });
  };
  const std::string end = " pixels (height x width) in a file of 45 bytes";
  CHECK(claiming(1'000'000, 1'000'000, 8) == "huge.png: 1000000 x 1000000" + end);
  // 45 bytes may hold 50536: a byte a pixel, or eight pixels a byte.
  CHECK(claiming(1, 51'000, 8) == "huge.png: 1 x 51000" + end);
  CHECK(claiming(1, 50'000, 8).starts_with("huge.png: byte "));
  CHECK(claiming(1, 400'000, 1).starts_with("huge.png: byte "));
  CHECK(claiming(1, 408'000, 1) == "huge.png: 1 x 408000" + end);
}

TEST_CASE("published DAVIS predictions and truth are read") {
  const auto folder = support::data_folder("davis2016-240p/Annotations");
  if (!folder) return;
  std::size_t files = 0;
  for (const auto& sequence : std::filesystem::directory_iterator{*folder}) {
    const auto first = sequence.path() / "00000.png";
    if (!std::filesystem::exists(first)) continue;
    const ids mask = s2d::read_mask_png(first);
    CHECK(std::all_of(mask.values.begin(), mask.values.end(), [](auto id) { return id <= 1; }));
    CHECK(std::count(mask.values.begin(), mask.values.end(), 1) > 0);
    ++files;
  }
  CHECK(files > 0);
}
