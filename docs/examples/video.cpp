// Writes a short clip, then reads every second frame of it at half the size.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include <s2d/ffmpeg/video_reader.hpp>
#include <s2d/ffmpeg/video_writer.hpp>

int main() {
  s2d::silence_ffmpeg();
  const auto file = std::filesystem::temp_directory_path() / "s2d video example.mp4";

  s2d::video_writer writer{file, 96, 128, {.frames_per_second = 10}};
  for (int t = 0; t < 20; ++t) {
    s2d::image frame(96, 128);
    for (std::size_t i = 0; i < frame.values.size(); i += 3)
      frame.values[i] = static_cast<std::uint8_t>(10 * t);
    writer.write(frame);
  }
  writer.finish();  // only now the file has its name

  s2d::video_reader reader{file, {.stride = 2, .height = 48}};
  int frames = 0;
  while (const auto frame = reader.next()) {
    ++frames;
    std::printf("frame %td at %.1f s: %td x %td\n", frame->index, frame->seconds,
                frame->picture.height, frame->picture.width);
  }
  if (!reader.damage().text.empty()) std::printf("%s\n", reader.damage().text.c_str());
  std::filesystem::remove(file);
  return frames == 10 ? 0 : 1;
}
