// Hostile video files: opening, probing and the first frames end in frames of the stated size or an
// exception of ours, nothing else.
#include <s2d/ffmpeg/video_reader.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "expect.hpp"

using fuzzing::expect;

namespace {

/// The name of a file in memory; one for all calls.
std::string file_of(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("video", 0);
  expect(file >= 0 && ftruncate(file, 0) == 0);
  expect(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  return "/proc/self/fd/" + std::to_string(file);
}

void read_some(const std::string& file, const s2d::video_options& options) {
  s2d::video_reader reader{file, options};
  const s2d::video_properties& told = reader.properties();
  expect(told.height > 0 && told.width > 0 && told.stored_height > 0 && told.stored_width > 0);
  expect(options.height == 0 || told.height == options.height);
  expect(std::isfinite(told.frames_per_second) && told.frames_per_second >= 0);
  expect(std::isfinite(told.seconds) && told.seconds >= 0);
  expect(std::isfinite(told.pixel_aspect) && told.pixel_aspect > 0);
  std::ptrdiff_t last = -1;
  while (const auto frame = reader.next()) {
    expect(frame->picture.height == told.height && frame->picture.width == told.width);
    expect(frame->index > last && frame->index < options.end && std::isfinite(frame->seconds));
    last = frame->index;
  }
  const s2d::video_damage& damage = reader.damage();
  expect(damage.packets >= 0);
  if (damage.ends_early && !damage.text.empty()) expect(damage.text.starts_with(file + ": "));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Large claims are refused by FFmpeg, which takes no more memory at once than this.
  static const bool prepared = [] {
    s2d::silence_ffmpeg();
    av_max_alloc(std::size_t{1} << 20);
    return true;
  }();
  expect(prepared);
  const std::string file = file_of(data, size);
  const s2d::video_options options[] = {
      {.end = 6}, {.end = 6, .height = 20}, {.start = 1, .end = 4, .stride = 2, .width = 9}};
  try {
    read_some(file, options[size % 3]);
    if (size % 64 == 0) (void)s2d::read_video(file, {.end = 2});
  } catch (const s2d::invalid_input& error) {
    expect(std::string{error.what()}.starts_with(file + ": "));
  }
  return 0;
}
