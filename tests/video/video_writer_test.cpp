#include <s2d/ffmpeg/video_writer.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <s2d/ffmpeg/video_reader.hpp>
#include <s2d/io/file.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

/// Smooth colours that move to the right.
s2d::image ramp(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t t) {
  s2d::image picture(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      std::uint8_t* pixel = picture.row(y) + 3 * x;
      pixel[0] = static_cast<std::uint8_t>(255 * x / width);
      pixel[1] = static_cast<std::uint8_t>(255 * y / height);
      pixel[2] = static_cast<std::uint8_t>(10 * t);
    }
  return picture;
}

void write(const std::filesystem::path& file, std::ptrdiff_t height, std::ptrdiff_t width,
           std::ptrdiff_t frames, const s2d::video_writer_options& options = {}) {
  s2d::silence_ffmpeg();
  s2d::video_writer writer{file, height, width, options};
  for (std::ptrdiff_t t = 0; t < frames; ++t) writer.write(ramp(height, width, t));
  writer.finish();
}

}  // namespace

TEST_CASE("a written video is read back: frames, times, colours") {
  const support::temporary_folder folder;
  write(folder / "a ü.mp4", 120, 160, 20, {.frames_per_second = 30000.0 / 1001, .quality = 10});
  CHECK(folder.count() == 1);
  s2d::video_reader reader{folder / "a ü.mp4"};
  CHECK(reader.properties().frames == 20);
  CHECK(reader.properties().frames_per_second == Approx(30000.0 / 1001));
  CHECK(reader.properties().codec == "h264");
  for (std::ptrdiff_t t = 0; t < 20; ++t) {
    const auto frame = reader.next();
    REQUIRE(frame.has_value());
    CHECK(frame->seconds == Approx(static_cast<double>(t) * 1001 / 30000).margin(1e-4));
    const s2d::image expected = ramp(120, 160, t);
    double sum = 0;
    for (std::size_t i = 0; i < expected.values.size(); ++i)
      sum += std::abs(expected.values[i] - frame->picture.values[i]);
    CHECK(sum / static_cast<double>(expected.values.size()) < 2.5);
  }
  CHECK_FALSE(reader.next().has_value());
  CHECK(reader.damage().text.empty());
}

TEST_CASE("odd extents are padded to even ones by the last row and column") {
  const support::temporary_folder folder;
  for (const auto& [height, width] : {std::pair{1, 1}, {47, 64}, {48, 65}, {31, 33}}) {
    CAPTURE(height, width);
    write(folder / "odd.mp4", height, width, 3, {.quality = 5});
    const auto frames = s2d::read_video(folder / "odd.mp4");
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].picture.height == height + height % 2);
    CHECK(frames[0].picture.width == width + width % 2);
    const s2d::image& picture = frames[2].picture;
    if (width % 2 != 0 && width > 1)
      CHECK(std::abs(picture.row(0)[3 * width] - picture.row(0)[3 * (width - 1)]) < 16);
  }
}

TEST_CASE("the same frames give the same bytes, with the index in front") {
  const support::temporary_folder folder;
  write(folder / "a.mp4", 48, 64, 30);
  write(folder / "b.mp4", 48, 64, 30);
  const std::string bytes = s2d::read_text(folder / "a.mp4");
  CHECK(bytes == s2d::read_text(folder / "b.mp4"));
  CHECK(bytes.find("moov") < bytes.find("mdat"));
  CHECK(bytes.find("avc1") != std::string::npos);
}

TEST_CASE("views with gaps between rows are written as they are seen") {
  const support::temporary_folder folder;
  s2d::silence_ffmpeg();
  const s2d::image large = ramp(60, 90, 3);
  s2d::image part(48, 64);
  for (std::ptrdiff_t y = 0; y < 48; ++y)
    std::copy(large.row(y + 5) + 30, large.row(y + 5) + 30 + 64 * 3, part.row(y));
  s2d::video_writer view_writer{folder / "view.mp4", 48, 64};
  view_writer.write({large.row(5) + 30, 48, 64, 270});
  view_writer.finish();
  s2d::video_writer copy_writer{folder / "copy.mp4", 48, 64};
  copy_writer.write(part);
  copy_writer.finish();
  CHECK(s2d::read_text(folder / "view.mp4") == s2d::read_text(folder / "copy.mp4"));
}

TEST_CASE("writing says nothing on standard error at FFmpeg's own level of messages") {
  const support::temporary_folder folder;
  const std::filesystem::path heard = folder / "stderr.txt";
  const int level = av_log_get_level();
  av_log_set_level(AV_LOG_VERBOSE);
  const int standard_error = dup(STDERR_FILENO);
  const int file = open(heard.c_str(), O_CREAT | O_WRONLY, 0600);
  REQUIRE((standard_error >= 0 && file >= 0));
  dup2(file, STDERR_FILENO);
  {
    s2d::video_writer writer{folder / "a.mp4", 48, 63};
    for (std::ptrdiff_t t = 0; t < 3; ++t) writer.write(ramp(48, 63, t));
    writer.finish();
  }
  dup2(standard_error, STDERR_FILENO);
  close(standard_error);
  close(file);
  const std::string text = s2d::read_text(heard);
  CHECK(text.find("second pass") == std::string::npos);
  CHECK(text.find("mp4 @") == std::string::npos);
  CHECK(av_log_get_level() == AV_LOG_VERBOSE);
  av_log_set_level(level);
}

TEST_CASE("a video that is given up leaves no file") {
  const support::temporary_folder folder;
  {
    s2d::video_writer writer{folder / "a.mp4", 48, 64};
    writer.write(ramp(48, 64, 0));
    CHECK_THROWS_AS(writer.write(ramp(48, 63, 0)), s2d::invalid_input);
  }
  { s2d::video_writer never_used{folder / "b.mp4", 48, 64}; }
  s2d::video_writer empty{folder / "c.mp4", 48, 64};
  CHECK_THROWS_AS(empty.finish(), s2d::invalid_input);
  CHECK_FALSE(std::filesystem::exists(folder / "a.mp4"));
  CHECK_FALSE(std::filesystem::exists(folder / "b.mp4"));
}

TEST_CASE("a full disk is an error and leaves no file") {
  const support::temporary_folder folder;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit limited = before;
  limited.rlim_cur = 2000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limited) == 0);
  const std::string text =
      message_of<s2d::io_error>([&] { write(folder / "a.mp4", 480, 640, 30, {.quality = 1}); });
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(text.starts_with((folder / "a.mp4").string() + ": cannot write video: "));
  CHECK(folder.count() == 0);
}

TEST_CASE("a device that is full is an error") {
  if (!support::has_full_device()) return;
  CHECK_THROWS_AS(write("/dev/full", 48, 64, 3), s2d::io_error);
}

TEST_CASE("what cannot be written is refused at once") {
  const support::temporary_folder folder;
  CHECK_THROWS_AS(write(folder / "none" / "a.mp4", 48, 64, 1), s2d::io_error);
  CHECK_THROWS_AS(write(folder.path(), 48, 64, 1), s2d::io_error);
  CHECK_THROWS_AS(write(folder / "a.mp4", 0, 64, 1), s2d::invalid_input);
  CHECK_THROWS_AS(write(folder / "a.mp4", 48, std::ptrdiff_t{1} << 31, 1), s2d::invalid_input);
  CHECK_THROWS_AS(write(folder / "a.mp4", 48, 64, 1, {.frames_per_second = 0}), s2d::invalid_input);
  CHECK_THROWS_AS(write(folder / "a.mp4", 48, 64, 1, {.quality = 60}), s2d::invalid_input);
  CHECK(message_of<s2d::io_error>([&] {
          write(folder / "a.mp4", 48, 64, 1, {.encoder = "no_such_encoder"});
        }).find("no encoder for H.264 video works in this FFmpeg, tried no_such_encoder") !=
        std::string::npos);
  CHECK(folder.count() == 0);
}
