#include <s2d/io/image.hpp>

#include <algorithm>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <s2d/core/matrix.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

s2d::image noise(std::ptrdiff_t height, std::ptrdiff_t width, unsigned seed) {
  std::mt19937 random{seed};
  s2d::image picture(height, width);
  for (std::uint8_t& value : picture.values) value = static_cast<std::uint8_t>(random());
  return picture;
}

/// The picture that make_files.py writes with every tool: pixel (y, x) is (8 x, 16 y, 128).
int largest_difference_to_ramp(const s2d::image& picture) {
  int largest = 0;
  for (std::ptrdiff_t y = 0; y < picture.height; ++y)
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      const int expected[3] = {static_cast<int>(8 * x), static_cast<int>(16 * y), 128};
      for (int c = 0; c < 3; ++c)
        largest = std::max(largest, std::abs(picture.row(y)[3 * x + c] - expected[c]));
    }
  return largest;
}

std::vector<std::byte> cut(const std::vector<std::byte>& bytes, std::size_t size) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace

TEST_CASE("a PNG file gives back every pixel, whatever the size") {
  const support::temporary_folder folder;
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 7}, {5, 1}, {17, 23}, {240, 427}}) {
    const s2d::image picture = noise(height, width, 1);
    s2d::write_png(folder / "a.png", picture);
    CHECK(s2d::read_image(folder / "a.png") == picture);
  }
}

TEST_CASE("a view into a larger picture is written as it is seen") {
  const s2d::image picture = noise(20, 30, 2);
  const s2d::image_view part{picture.row(4) + 3 * 5, 7, 9, 90};
  const s2d::image out = s2d::decode_image(s2d::encode_png(part), "part");
  REQUIRE(out.height == 7);
  REQUIRE(out.width == 9);
  for (std::ptrdiff_t y = 0; y < 7; ++y)
    CHECK(std::equal(out.row(y), out.row(y) + 27, picture.row(y + 4) + 15));
  const s2d::image jpeg = s2d::decode_image(s2d::encode_jpeg(part, 100), "part");
  CHECK(jpeg.height == 7);
  CHECK(jpeg.width == 9);
  const s2d::image_view repeated{picture.row(4), 3, 30, 0};
  const s2d::image same = s2d::decode_image(s2d::encode_png(repeated), "repeated");
  REQUIRE(same.height == 3);
  for (std::ptrdiff_t y = 0; y < 3; ++y)
    CHECK(std::equal(same.row(y), same.row(y) + 90, picture.row(4)));
}

TEST_CASE("the same picture gives the same bytes") {
  const s2d::image picture = noise(31, 45, 3);
  CHECK(s2d::encode_png(picture) == s2d::encode_png(picture));
  CHECK(s2d::encode_jpeg(picture) == s2d::encode_jpeg(picture));
}

TEST_CASE("a JPEG file gives a smooth picture back within a few levels") {
  s2d::image picture(64, 96);
  for (std::ptrdiff_t y = 0; y < 64; ++y)
    for (std::ptrdiff_t x = 0; x < 96; ++x) {
      picture.row(y)[3 * x] = static_cast<std::uint8_t>(2 * x);
      picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(3 * y);
      picture.row(y)[3 * x + 2] = 90;
    }
  const s2d::image out = s2d::decode_image(s2d::encode_jpeg(picture, 95), "ramp");
  int largest = 0;
  for (std::size_t i = 0; i < out.values.size(); ++i)
    largest = std::max(largest, std::abs(out.values[i] - picture.values[i]));
  CHECK(largest <= 6);
}

TEST_CASE("pictures that other tools wrote are read") {
  for (const char* name : {"pillow.png", "pillow.bmp", "opencv.png", "alpha.png"}) {
    CAPTURE(name);
    const s2d::image picture = s2d::read_image(std::string{"tests/io/files/"} + name);
    CHECK(picture.height == 9);
    CHECK(picture.width == 14);
    CHECK(largest_difference_to_ramp(picture) == 0);
  }
  for (const char* name : {"pillow.jpg", "progressive.jpg", "opencv.jpg"}) {
    CAPTURE(name);
    const s2d::image picture = s2d::read_image(std::string{"tests/io/files/"} + name);
    CHECK(picture.width == 14);
    CHECK(largest_difference_to_ramp(picture) <= 24);
  }
  const s2d::image gray = s2d::read_image("tests/io/files/gray.jpg");
  for (std::size_t i = 0; i < gray.values.size(); i += 3)
    CHECK((gray.values[i] == gray.values[i + 1] && gray.values[i] == gray.values[i + 2]));
}

TEST_CASE("a truncated picture is an error at every length") {
  for (const char* name : {"pillow.png", "pillow.bmp", "pillow.jpg", "progressive.jpg"}) {
    const std::vector<std::byte> whole = s2d::read_file(std::string{"tests/io/files/"} + name);
    // The last bytes of a PNG file are the empty end chunk.
    const std::size_t needed = whole.size() - (std::string{name} == "pillow.png" ? 16 : 1);
    for (std::size_t size = 0; size <= needed; ++size) {
      CAPTURE(name, size);
      const std::string text =
          message_of<s2d::invalid_input>([&] { (void)s2d::decode_image(cut(whole, size), "x"); });
      CHECK(text.substr(0, 3) == "x: ");
    }
  }
}

TEST_CASE("damaged pictures end in an error or a picture, never in a crash") {
  std::mt19937 random{5};
  for (const char* name : {"pillow.png", "pillow.bmp", "pillow.jpg", "progressive.jpg"}) {
    const std::vector<std::byte> whole = s2d::read_file(std::string{"tests/io/files/"} + name);
    for (int round = 0; round < 300; ++round) {
      std::vector<std::byte> bytes = whole;
      for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
      try {
        const s2d::image picture = s2d::decode_image(bytes, "damaged");
        CHECK(picture.values.size() ==
              static_cast<std::size_t>(picture.height * picture.width * 3));
      } catch (const s2d::invalid_input& error) {
        CHECK(std::string{error.what()}.starts_with("damaged: "));
      }
    }
  }
}

TEST_CASE("extents of 2^31 in a BMP header are refused") {
  std::vector<std::byte> bytes = s2d::read_file("tests/io/files/pillow.bmp");
  for (const std::size_t at : {18u, 22u}) {
    auto hostile = bytes;
    for (std::size_t i = 0; i < 3; ++i) hostile[at + i] = std::byte{0};
    hostile[at + 3] = std::byte{0x80};
    CHECK_THROWS_AS(s2d::decode_image(hostile, "hostile"), s2d::invalid_input);
  }
}

TEST_CASE("what is no picture is named so") {
  const support::temporary_folder folder;
  const auto text = folder.put("text.png", "this is text");
  CHECK(message_of<s2d::invalid_input>([&] { (void)s2d::read_image(text); }) ==
        text.string() + ": not a JPEG, PNG or BMP picture");
  const auto empty = folder.put("empty.jpg", "");
  CHECK(message_of<s2d::invalid_input>([&] { (void)s2d::read_image(empty); }) ==
        empty.string() + ": empty file, expected a JPEG, PNG or BMP picture");
  CHECK_THROWS_AS(s2d::read_image(folder.path()), s2d::io_error);
  CHECK_THROWS_AS(s2d::read_image(folder / "none.png"), s2d::io_error);
}

TEST_CASE("a cut-out keeps colours and carries alpha") {
  const s2d::image picture = noise(6, 8, 4);
  s2d::matrix<std::uint8_t> alpha(6, 8);
  for (std::size_t i = 0; i < alpha.values.size(); ++i)
    alpha.values[i] = static_cast<std::uint8_t>(5 * i);
  const std::vector<std::byte> bytes = s2d::encode_cutout(picture, alpha.view());
  CHECK(s2d::decode_image(bytes, "cut-out") == picture);
  CHECK(bytes[25] == std::byte{6});  // colour type of the header: RGB with alpha
  CHECK_THROWS_AS(s2d::encode_cutout(picture, s2d::matrix<std::uint8_t>(6, 7).view()),
                  s2d::invalid_input);
}

TEST_CASE("pictures without pixels and unknown endings are refused") {
  const support::temporary_folder folder;
  CHECK_THROWS_AS(s2d::encode_png(s2d::image{}), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::encode_jpeg(s2d::image(0, 5)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::encode_jpeg(noise(2, 2, 1), 0), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::write_image(folder / "a.gif", noise(2, 2, 1)), s2d::invalid_input);
  s2d::write_image(folder / "a.JPG", noise(2, 2, 1));
  s2d::write_image(folder / "a.png", noise(2, 2, 1));
  CHECK(folder.count() == 2);
}

TEST_CASE("a JPEG file with a Huffman table of too many codes is refused") {
  std::vector<std::byte> bytes = s2d::read_file("tests/io/files/pillow.jpg");
  const std::byte marker[] = {std::byte{0xFF}, std::byte{0xC4}};
  const auto at = std::search(bytes.begin(), bytes.end(), std::begin(marker), std::end(marker));
  REQUIRE(at != bytes.end());
  for (int i = 5; i < 21; ++i) at[i] = std::byte{0xFF};
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)s2d::decode_image(bytes, "x.jpg");
        }).find("a Huffman table of 4080 codes, expected at most 256") != std::string::npos);
}

TEST_CASE("a small PNG file that claims a huge picture is refused before memory is taken") {
  std::vector<std::byte> bytes = s2d::read_file("tests/io/files/pillow.png");
  bytes[18] = bytes[22] = std::byte{0x40};  // 16384 more rows and columns
  CHECK(message_of<s2d::invalid_input>([&] { (void)s2d::decode_image(bytes, "x.png"); }) ==
        "x.png: 16393 x 16398 pixels (height x width) in a file of 84 bytes");
}

TEST_CASE("a PNG file that unpacks to far more than its pixels is refused before memory is taken") {
  // 6.75 MB of zeros under a header of 16 x 16 pixels; the decoder does not look at check sums.
  std::vector<std::byte> bytes = s2d::encode_png(s2d::image(1500, 1500));
  REQUIRE(bytes.size() < 70'000);
  for (const std::size_t at : {16u, 20u}) {
    for (std::size_t i = 0; i < 3; ++i) bytes[at + i] = std::byte{0};
    bytes[at + 3] = std::byte{16};
  }
  CHECK(message_of<s2d::invalid_input>([&] { (void)s2d::decode_image(bytes, "x.png"); }) ==
        "x.png: damaged picture: it unpacks to more than its pixels need");
}

TEST_CASE("the arena of a decoder gives back what the decoder loses, and keeps its limit") {
  using s2d::detail::stb_arena;
  stb_arena outer;
  auto* kept = static_cast<unsigned char*>(stb_arena::allocate(100));
  {
    stb_arena inner{1000};
    void* lost = stb_arena::allocate(600);
    CHECK(lost != nullptr);
    CHECK_THROWS_AS(stb_arena::allocate(401), s2d::detail::stb_failure);
    auto* grown = static_cast<unsigned char*>(stb_arena::allocate(100));
    grown[99] = 7;
    grown = static_cast<unsigned char*>(stb_arena::reallocate(grown, 400));
    CHECK(grown[99] == 7);
    CHECK_THROWS_AS(stb_arena::reallocate(grown, 401), s2d::detail::stb_failure);
    stb_arena::free(grown);
    CHECK(static_cast<unsigned char*>(stb_arena::allocate(400))[399] == 0);
  }
  for (int i = 0; i < 100; ++i) CHECK(kept[i] == 0);
  stb_arena::free(kept);
  stb_arena::free(nullptr);
}
