#include "report_pictures.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include <s2d/core/error.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/ffmpeg/video_reader.hpp>
#include <s2d/ffmpeg/video_writer.hpp>
#include <s2d/io/file.hpp>

#include "html.hpp"

namespace app::report {

namespace {

namespace fs = std::filesystem;

struct attempt {
  std::ptrdiff_t longer_side;
  int quality;  ///< constant rate factor
};
constexpr std::array<attempt, 3> attempts{{{720, 28}, {480, 31}, {320, 34}}};

struct removed_at_end {
  fs::path file;
  ~removed_at_end() {
    std::error_code ignored;
    fs::remove(file, ignored);
  }
};

/// Every stride-th frame of `from`, scaled down, as a new file. Returns how many frames it has.
std::size_t encode_again(const fs::path& from, const fs::path& to, const result_data& data,
                         std::size_t stride, const attempt& how, const report_options& options) {
  s2d::video_options chosen;
  chosen.stride = static_cast<std::ptrdiff_t>(stride);
  if (data.width >= data.height)
    chosen.width = (std::min)(how.longer_side, data.width);
  else
    chosen.height = (std::min)(how.longer_side, data.height);
  s2d::video_reader reader{from, chosen};
  const s2d::video_properties& properties = reader.properties();
  s2d::video_writer_options quality;
  quality.quality = how.quality;
  if (properties.frames_per_second >= 1)
    quality.frames_per_second = (std::min)(properties.frames_per_second, 240.0);
  s2d::video_writer writer{to, properties.height, properties.width, quality};
  std::size_t count = 0;
  while (const auto frame = reader.next()) {
    writer.write(frame->picture);
    ++count;
    s2d::detail::report(options.progress, "report", (std::min)(count * stride, data.frames),
                        data.frames + 1);
  }
  writer.finish();
  return count;
}

page_video smaller_video(const fs::path& from, const fs::path& scratch, const result_data& data,
                         const report_options& options) {
  page_video video;
  const std::size_t most = (std::max)(options.max_video_frames, std::size_t{1});
  const std::size_t stride = (std::max)((data.frames + most - 1) / most, std::size_t{1});
  const removed_at_end made{scratch};
  for (const attempt& how : attempts) {
    const std::size_t count = encode_again(from, scratch, data, stride, how, options);
    if (fs::file_size(scratch) > options.max_video_bytes) continue;
    video.uri = data_uri("video/mp4", s2d::read_file(scratch));
    video.frames = count;
    video.stride = stride;
    video.note = "This is a smaller copy of " + from.filename().string();
    video.note += stride > 1 ? s2d::concat(" with one frame in ", stride, ", so it plays ", stride,
                                           " times as fast.")
                             : std::string{"."};
    return video;
  }
  video.note = from.filename().string() + " is too long for this page; it is in the result folder.";
  return video;
}

}  // namespace

page_video load_video(const fs::path& file, const fs::path& html, const result_data& data,
                      const report_options& options) {
  page_video video;
  const std::string name = file.filename().string();
  std::error_code missing;
  const auto size = fs::file_size(file, missing);
  if (missing) {
    video.note = "There is no " + name + " in the result folder.";
    return video;
  }
  if (size <= options.max_video_bytes) {
    video.uri = data_uri("video/mp4", s2d::read_file(file));
    video.frames = data.frames;
    return video;
  }
  fs::path scratch = html;
  scratch.replace_filename("." + html.filename().string() + ".mp4");
  try {
    return smaller_video(file, scratch, data, options);
  } catch (const s2d::invalid_input& error) {
    video.note = s2d::concat(name, " is too large for this page as it is: ", error.what());
  } catch (const s2d::io_error& error) {
    video.note = s2d::concat(name, " is too large for this page as it is: ", error.what());
  }
  return video;
}

}  // namespace app::report
