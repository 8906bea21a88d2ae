#include <s2d/ffmpeg/video_reader.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/io/file.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

const std::string files = "tests/video/files/";

std::vector<s2d::video_frame> read(const std::string& name, s2d::video_options options = {}) {
  s2d::silence_ffmpeg();
  return s2d::read_video(files + name, options);
}

double mean_difference(const s2d::image& a, const s2d::image& b) {
  REQUIRE(a.height == b.height);
  REQUIRE(a.width == b.width);
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) sum += std::abs(a.values[i] - b.values[i]);
  return sum / static_cast<double>(a.values.size());
}

}  // namespace

TEST_CASE("all frames of a clip come in order with their times") {
  s2d::silence_ffmpeg();
  s2d::video_reader reader{files + "plain.mp4"};
  const s2d::video_properties& properties = reader.properties();
  CHECK(properties.height == 48);
  CHECK(properties.width == 64);
  CHECK(properties.frames == 20);
  CHECK(properties.frames_per_second == Approx(10));
  CHECK(properties.seconds == Approx(2));
  CHECK(properties.rotation == 0);
  CHECK(properties.pixel_aspect == 1);
  CHECK(properties.codec == "h264");
  std::ptrdiff_t count = 0;
  while (const auto frame = reader.next()) {
    CHECK(frame->index == count);
    CHECK(frame->seconds == Approx(0.1 * static_cast<double>(count)));
    CHECK(frame->picture.height == 48);
    CHECK(frame->picture.width == 64);
    ++count;
  }
  CHECK(count == 20);
  CHECK(reader.damage().text.empty());
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("colours are those of the source") {
  const auto frames = read("plain.mp4");
  // testsrc begins with bars: black, red, magenta, blue, yellow, green, cyan, white.
  const int expected[][4] = {
      {3, 0, 0, 0}, {25, 0, 0, 255}, {33, 255, 255, 0}, {41, 0, 255, 0}, {61, 255, 255, 255}};
  for (const auto& [x, red, green, blue] : expected) {
    CAPTURE(x);
    const std::uint8_t* pixel = frames[0].picture.row(4) + 3 * x;
    CHECK(std::abs(pixel[0] - red) < 20);
    CHECK(std::abs(pixel[1] - green) < 20);
    CHECK(std::abs(pixel[2] - blue) < 20);
  }
}

TEST_CASE("decoding twice, with one thread and with several, gives the same pixels") {
  const auto once = read("plain.mp4");
  const auto again = read("plain.mp4");
  const auto threaded = read("plain.mp4", {.threads = 3});
  REQUIRE(again.size() == once.size());
  REQUIRE(threaded.size() == once.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    CHECK(again[i].picture == once[i].picture);
    CHECK(threaded[i].picture == once[i].picture);
  }
}

TEST_CASE("start, end and stride choose the same frames as choosing afterwards") {
  const auto all = read("plain.mp4");
  for (const std::ptrdiff_t start : {0, 1, 7, 19, 20, 50})
    for (const std::ptrdiff_t end : {-1, 0, 5, 20, 90})
      for (const std::ptrdiff_t stride : {1, 2, 3, 100}) {
        CAPTURE(start, end, stride);
        const auto part = read("plain.mp4", {.start = start, .end = end, .stride = stride});
        std::size_t n = 0;
        for (std::ptrdiff_t t = start; t < (end < 0 ? 20 : std::min<std::ptrdiff_t>(end, 20));
             t += stride, ++n) {
          REQUIRE(n < part.size());
          CHECK(part[n].index == t);
          CHECK(part[n].picture == all[static_cast<std::size_t>(t)].picture);
        }
        CHECK(part.size() == n);
      }
}

TEST_CASE("rotation metadata is applied and told") {
  const auto upright = read("plain.mp4");
  for (const int turn : {90, 180, 270}) {
    const std::string name = "turned_" + std::to_string(turn) + ".mp4";
    CAPTURE(name);
    s2d::video_reader reader{files + name};
    CHECK(reader.properties().rotation == turn);
    CHECK(reader.properties().stored_height == 48);
    CHECK(reader.properties().height == (turn == 180 ? 48 : 64));
    const s2d::image turned = reader.next()->picture;
    const s2d::image& plain = upright[0].picture;
    bool same = true;
    for (std::ptrdiff_t y = 0; y < 48; ++y)
      for (std::ptrdiff_t x = 0; x < 64; ++x) {
        const std::ptrdiff_t to_y = turn == 90 ? x : turn == 180 ? 47 - y : 63 - x;
        const std::ptrdiff_t to_x = turn == 90 ? 47 - y : turn == 180 ? 63 - x : y;
        same = same && std::equal(plain.row(y) + 3 * x, plain.row(y) + 3 * x + 3,
                                  turned.row(to_y) + 3 * to_x);
      }
    CHECK(same);
  }
}

TEST_CASE("mirrored videos are mirrored, and turned before that") {
  const support::temporary_folder folder;
  const auto upright = read("plain.mp4");
  const s2d::image& plain = upright[0].picture;
  const std::string whole = s2d::read_text(files + "plain.mp4");
  const std::size_t matrix = whole.find("tkhd") + 44;  // a b u c d v x y w, each of four bytes
  struct map {
    int a, b, c, d;  // a pixel (x, y) is shown at (a x + c y, b x + d y), moved into the frame
    int rotation;
  };
  for (const map& each :
       {map{-1, 0, 0, 1, 0}, {1, 0, 0, -1, 180}, {0, 1, 1, 0, 90}, {0, -1, -1, 0, 270}}) {
    CAPTURE(each.a, each.b, each.c, each.d);
    std::string bytes = whole;
    const auto set = [&](std::size_t i, int value) {
      const auto fixed = static_cast<std::uint32_t>(value * 65536);
      for (std::size_t k = 0; k < 4; ++k)
        bytes[matrix + 4 * i + k] = static_cast<char>(fixed >> (24 - 8 * k));
    };
    set(0, each.a), set(1, each.b), set(3, each.c), set(4, each.d);
    s2d::video_reader reader{folder.put("mirrored.mp4", bytes)};
    CHECK(reader.properties().mirrored);
    CHECK(reader.properties().rotation == each.rotation);
    const s2d::image shown = reader.next()->picture;
    REQUIRE(shown.height == (each.a != 0 ? 48 : 64));
    bool same = true;
    for (std::ptrdiff_t y = 0; y < 48; ++y)
      for (std::ptrdiff_t x = 0; x < 64; ++x) {
        const std::ptrdiff_t to_x = each.a * x + each.c * y, to_y = each.b * x + each.d * y;
        const std::uint8_t* there =
            shown.row(each.b + each.d < 0 ? shown.height - 1 + to_y : to_y) +
            3 * (each.a + each.c < 0 ? shown.width - 1 + to_x : to_x);
        same = same && std::equal(plain.row(y) + 3 * x, plain.row(y) + 3 * x + 3, there);
      }
    CHECK(same);
  }
}

TEST_CASE("a picture that ends before the sound does not end early") {
  s2d::silence_ffmpeg();
  s2d::video_reader reader{files + "long_sound.mkv"};
  std::size_t n = 0;
  while (reader.next()) ++n;
  CHECK(n == 20);
  CHECK_FALSE(reader.damage().ends_early);
  CHECK(reader.damage().text.empty());
}

TEST_CASE("uneven times are kept, frames come in their order") {
  const auto frames = read("uneven.mkv");
  REQUIRE(frames.size() == 13);
  const double first = frames[0].seconds;
  const double expected[] = {0, .1, .3, .4, .6, .7, .9, 1, 1.2, 1.3, 1.5, 1.6, 1.8};
  for (std::size_t i = 0; i < frames.size(); ++i)
    CHECK(frames[i].seconds - first == Approx(expected[i]).margin(2e-3));
}

TEST_CASE("the aspect of pixels is noted, not applied") {
  s2d::video_reader reader{files + "wide_pixels.avi"};
  CHECK(reader.properties().pixel_aspect == Approx(2));
  CHECK(reader.next()->picture.width == 64);
}

TEST_CASE("a size that is asked for is delivered, one extent keeps the aspect") {
  const auto all = read("plain.mp4");
  const auto half = read("plain.mp4", {.height = 24});
  REQUIRE(half.size() == 20);
  CHECK(half[0].picture.height == 24);
  CHECK(half[0].picture.width == 32);
  s2d::image averaged(24, 32);
  for (std::ptrdiff_t y = 0; y < 24; ++y)
    for (std::ptrdiff_t x = 0; x < 96; ++x) {
      const std::ptrdiff_t from = x / 3 * 6 + x % 3;
      const s2d::image& big = all[3].picture;
      averaged.row(y)[x] =
          static_cast<std::uint8_t>((big.row(2 * y)[from] + big.row(2 * y)[from + 3] +
                                     big.row(2 * y + 1)[from] + big.row(2 * y + 1)[from + 3] + 2) /
                                    4);
    }
  CHECK(mean_difference(half[3].picture, averaged) < 8);
  CHECK(read("plain.mp4", {.width = 100})[0].picture.height == 75);
  const auto odd = read("plain.mp4", {.height = 31, .width = 17});
  CHECK(odd[0].picture.height == 31);
  CHECK(odd[0].picture.width == 17);
  CHECK(read("turned_90.mp4", {.height = 32})[0].picture.width == 24);
}

TEST_CASE("full-range Motion JPEG and gzipped files are read") {
  const auto jpeg = read("motion_jpeg.avi");
  REQUIRE(jpeg.size() == 5);
  CHECK(mean_difference(jpeg[0].picture, read("plain.mp4")[0].picture) < 12);
  const auto packed = read("plain.mp4.gz");
  const auto plain = read("plain.mp4");
  REQUIRE(packed.size() == plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK(packed[i].picture == plain[i].picture);
}

TEST_CASE("a truncated video gives the frames that decode, then says so") {
  const support::temporary_folder folder;
  const std::string whole = s2d::read_text(files + "plain.mp4");
  s2d::silence_ffmpeg();
  const auto all = read("plain.mp4");
  std::size_t cuts_that_play = 0;
  for (std::size_t size = 0; size < whole.size(); size += 37) {
    CAPTURE(size);
    const auto cut = folder.put("cut film.mp4", whole.substr(0, size));
    try {
      s2d::video_reader reader{cut};
      std::size_t n = 0;
      while (const auto frame = reader.next()) ++n;
      CHECK(n > 0);
      CHECK(n <= 20);
      CHECK(reader.damage().ends_early);
      CHECK(reader.damage().text.starts_with(cut.string() + ": the file ends early, after " +
                                             std::to_string(n) + " frames of 20"));
      ++cuts_that_play;
    } catch (const s2d::invalid_input& error) {
      CHECK(std::string{error.what()}.starts_with(cut.string() + ": "));
    }
  }
  CHECK(cuts_that_play > 10);
  const auto cut = folder.put("cut.mkv", s2d::read_text(files + "uneven.mkv").substr(0, 2700));
  s2d::video_reader matroska{cut};
  while (matroska.next()) {
  }
  CHECK(matroska.damage().ends_early);
}

TEST_CASE("a damaged gzip file plays as far as it goes and says so") {
  const support::temporary_folder folder;
  const std::string whole = s2d::read_text(files + "plain.mp4.gz");
  s2d::silence_ffmpeg();
  s2d::video_reader reader{folder.put("cut.mp4.gz", whole.substr(0, 2500))};
  std::size_t n = 0;
  while (reader.next()) ++n;
  CHECK(n > 0);
  CHECK(reader.damage().ends_early);
  CHECK(reader.damage().text.find("damaged gzip file") != std::string::npos);
}

TEST_CASE("damaged packets are skipped and the rest is read") {
  const support::temporary_folder folder;
  s2d::silence_ffmpeg();
  std::string bytes = s2d::read_text(files + "motion_jpeg.avi");
  // The second frame loses its content.
  const std::size_t first = bytes.find("00dc", bytes.find("movi"));
  const std::size_t second = bytes.find("00dc", first + 4);
  REQUIRE(second != std::string::npos);
  for (std::size_t i = 8; i < 900; ++i) bytes[second + i] = '\0';
  s2d::video_reader reader{folder.put("damaged.avi", bytes)};
  std::vector<double> times;
  while (const auto frame = reader.next()) times.push_back(frame->seconds);
  CHECK(times.size() == 4);
  CHECK(std::is_sorted(times.begin(), times.end()));
  CHECK(reader.damage().packets >= 1);
  CHECK(reader.damage().text.find("damaged packet") != std::string::npos);
  s2d::video_reader part{folder / "damaged.avi", {.end = 3}};  // not to the end
  while (part.next()) {
  }
  CHECK(part.damage().text.find("damaged packet") != std::string::npos);
  CHECK_FALSE(part.damage().ends_early);
}

TEST_CASE("every damaged byte of a small clip ends in frames or an error, never in a crash") {
  const support::temporary_folder folder;
  s2d::silence_ffmpeg();
  const std::string whole = s2d::read_text(files + "plain.mp4");
  for (std::size_t i = 0; i < whole.size(); i += 23) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(~bytes[i]);
    const auto file = folder.put("damaged.mp4", bytes);
    try {
      s2d::video_reader reader{file, {.end = 40, .height = 24}};
      std::ptrdiff_t n = 0;
      while (const auto frame = reader.next()) {
        CHECK(frame->picture.height == 24);
        ++n;
      }
      CHECK(n <= 40);
    } catch (const s2d::invalid_input& error) {
      CHECK(std::string{error.what()}.starts_with(file.string() + ": "));
    }
  }
}

TEST_CASE("what holds no video is refused by name") {
  const support::temporary_folder folder;
  s2d::silence_ffmpeg();
  const auto open = [](const std::filesystem::path& file) {
    return [file] { s2d::video_reader{file}; };
  };
  CHECK(message_of<s2d::io_error>(open(folder / "none.mp4")) ==
        (folder / "none.mp4").string() + ": cannot open: No such file or directory");
  CHECK(message_of<s2d::io_error>(open(folder.path())) ==
        folder.path().string() + ": cannot read: Is a directory");
  const auto text = folder.put("text.mp4", "no video at all");
  CHECK(message_of<s2d::invalid_input>(open(text)).starts_with(text.string() + ": not a video"));
  const auto empty = folder.put("empty.mp4", "");
  CHECK(message_of<s2d::invalid_input>(open(empty)).starts_with(empty.string() + ": "));
  CHECK(message_of<s2d::invalid_input>(open(files + "sound.wav")) ==
        files + "sound.wav: holds no video");
}

TEST_CASE("frames longer than any that is written are refused before memory is taken for them") {
  const support::temporary_folder folder;
  s2d::silence_ffmpeg();
  const std::string whole = s2d::read_text("tests/fuzz/seeds/video/raw.avi");
  const std::size_t format = whole.find("strf") + 8;
  // The size in the header of uncompressed AVI counts, and its height may be anything.
  const auto claiming = [&](std::int32_t width, std::int32_t height) {
    std::string bytes = whole;
    std::memcpy(bytes.data() + format + 4, &width, 4);
    std::memcpy(bytes.data() + format + 8, &height, 4);
    return folder.put("claim.avi", bytes);
  };
  CHECK(s2d::video_reader{claiming(16, 16)}.properties().width == 16);
  const auto wide = claiming(16385, 1);
  CHECK(message_of<s2d::invalid_input>([&] { s2d::video_reader{wide}; }) ==
        wide.string() + ": frames of 1 x 16385 (height x width), expected 1 to 16384 each");
  const auto flat = claiming(100, 1);
  CHECK(message_of<s2d::invalid_input>([&] {
          s2d::video_reader{flat, {.height = 200}};
        }) == flat.string() +
                  ": size to deliver is 200 x 20000 (height x width) by the aspect ratio, " +
                  "expected 1 to 16384 each");
}

TEST_CASE("a playlist cannot make the reader open other files") {
  const support::temporary_folder folder;
  s2d::silence_ffmpeg();
  const std::string target = std::filesystem::absolute(files + "plain.mp4").string();
  const auto list = folder.put("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" +
                                                target + "\n#EXT-X-ENDLIST\n");
  CHECK_THROWS_AS(s2d::read_video(list), s2d::invalid_input);
  const auto concat = folder.put("list.ffconcat", "ffconcat version 1.0\nfile plain.mp4\n");
  std::filesystem::copy_file(files + "plain.mp4", folder / "plain.mp4");
  CHECK_THROWS_AS(s2d::read_video(concat), s2d::invalid_input);
}

TEST_CASE("options out of range are refused") {
  CHECK_THROWS_AS(read("plain.mp4", {.start = -1}), s2d::invalid_input);
  CHECK_THROWS_AS(read("plain.mp4", {.stride = 0}), s2d::invalid_input);
  CHECK_THROWS_AS(read("plain.mp4", {.height = -5}), s2d::invalid_input);
  CHECK_THROWS_AS(read("plain.mp4", {.width = std::ptrdiff_t{1} << 31}), s2d::invalid_input);
}
