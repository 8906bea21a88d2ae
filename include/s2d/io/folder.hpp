// What a path that a user gives means: a video file, a folder of frames, or a folder of either.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/io/image.hpp>

namespace s2d::inline S2D_ABI {

/// Natural order of names: a run of digits compares as a number, anything else byte by byte
/// (UTF-8), so frame2 precedes frame10. Where only leading zeros differ, more zeros come first.
[[nodiscard]] inline bool natural_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  int zeros = 0;  // decides last: sign of (leading zeros of b - of a) in the first run they differ
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      const std::size_t run_a = i;
      const std::size_t run_b = j;
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      const std::size_t first_a = i;
      const std::size_t first_b = j;
      while (i < a.size() && digit(a[i])) ++i;
      while (j < b.size() && digit(b[j])) ++j;
      if (i - first_a != j - first_b) return i - first_a < j - first_b;
      const int order = a.substr(first_a, i - first_a).compare(b.substr(first_b, j - first_b));
      if (order != 0) return order < 0;
      if (zeros == 0 && first_a - run_a != first_b - run_b)
        zeros = first_a - run_a > first_b - run_b ? -1 : 1;
    } else {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i;
      ++j;
    }
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return zeros < 0;
}

/// Whether the name ends like a picture that read_image reads: .jpg .jpeg .png .bmp, any case.
[[nodiscard]] inline bool is_image_name(const std::filesystem::path& file) {
  constexpr std::array known{".jpg", ".jpeg", ".png", ".bmp"};
  return std::find(known.begin(), known.end(), detail::lower_extension(file)) != known.end();
}

/// Whether the name ends like a video file, also a gzipped one (.mp4.gz), any case.
[[nodiscard]] inline bool is_video_name(const std::filesystem::path& file) {
  constexpr std::array known{".mp4",  ".avi", ".mov", ".mkv", ".webm",  ".m4v",  ".mpg",
                             ".mpeg", ".ts",  ".wmv", ".flv", ".ogv",   ".3gp",  ".mts",
                             ".m2ts", ".gif", ".y4m", ".vob", ".mjpeg", ".h264", ".hevc"};
  const std::string extension = detail::lower_extension(file);
  if (extension == ".gz") return file.has_stem() && is_video_name(file.stem());
  return std::find(known.begin(), known.end(), extension) != known.end();
}

/// What detect_input found.
enum class input_kind {
  video_file,       ///< one file; whether it is a video shows when it is opened
  frame_folder,     ///< pictures, one a frame
  folder_of_videos  ///< video files and folders of frames
};

/// A path that a user gave, understood.
struct input_description {
  input_kind kind = input_kind::video_file;
  /// video_file: the file. frame_folder: the frames in natural order. folder_of_videos: the video
  /// files and frame folders in natural order.
  std::vector<std::filesystem::path> items;
};

namespace detail {

/// Entries of a folder that `wanted` takes, hidden ones left out, in natural order of their names.
template <class Wanted>
std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder,
                                               const Wanted& wanted) {
  std::error_code error;
  std::vector<std::filesystem::path> found;
  std::filesystem::directory_iterator entry{folder, error};
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    const std::filesystem::path name = entry->path().filename();
    if (name.string().starts_with('.')) continue;
    if (wanted(*entry)) found.push_back(entry->path());
  }
  if (error) throw io_error{concat(folder.string(), ": cannot list: ", error.message())};
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return found;
}

}  // namespace detail

/// The pictures of a folder in natural order of their names; hidden files are left out.
/// @throws io_error if the folder cannot be listed
[[nodiscard]] inline std::vector<std::filesystem::path> list_frames(
    const std::filesystem::path& folder) {
  return detail::list_folder(folder, [](const std::filesystem::directory_entry& entry) {
    std::error_code ignored;
    return is_image_name(entry.path()) && !entry.is_directory(ignored);
  });
}

/// Says what `path` is. A folder with pictures is a video of these frames; one with video files or
/// with folders of pictures is a set of videos. Nothing is opened.
/// @throws io_error if it does not exist or cannot be listed; invalid_input if a folder holds
/// neither, or pictures beside video files
[[nodiscard]] inline input_description detect_input(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw io_error{
        concat(path.string(), ": cannot open: ", error ? error.message() : "no such file")};
  if (!std::filesystem::is_directory(status)) {
    require(std::filesystem::is_regular_file(status), path.string(),
            ": neither a file nor a folder; what can be read only once is none");
    if (is_image_name(path)) return {input_kind::frame_folder, {path}};
    return {input_kind::video_file, {path}};
  }
  std::vector<std::filesystem::path> frames = list_frames(path);
  std::vector<std::filesystem::path> videos =
      detail::list_folder(path, [](const std::filesystem::directory_entry& entry) {
        std::error_code ignored;
        if (entry.is_directory(ignored)) return !list_frames(entry.path()).empty();
        return is_video_name(entry.path());
      });
  if (!frames.empty()) {
    for (const std::filesystem::path& video : videos)
      require(std::filesystem::is_directory(video, error), path.string(), ": holds pictures (",
              frames.front().filename().string(), ") and video files (", video.filename().string(),
              "), expected one or the other");
    return {input_kind::frame_folder, std::move(frames)};
  }
  require(!videos.empty(), path.string(),
          ": holds no pictures (.jpg .png .bmp), no video files and no folders of pictures");
  return {input_kind::folder_of_videos, std::move(videos)};
}

/// Reads picture files one by one as the frames of a video.
class frame_sequence {
 public:
  /// @param files the frames in order, as list_frames gives them
  explicit frame_sequence(std::vector<std::filesystem::path> files) : files_{std::move(files)} {}

  [[nodiscard]] std::size_t size() const noexcept { return files_.size(); }
  [[nodiscard]] const std::vector<std::filesystem::path>& files() const noexcept { return files_; }

  /// Frame i.
  /// @throws invalid_input naming file and both sizes if it has another size than the first frame
  /// that was read; else as read_image
  [[nodiscard]] image read(std::size_t i) {
    require(i < files_.size(), "frame_sequence: frame ", i, " of ", files_.size());
    image frame = read_image(files_[i]);
    if (height_ == 0) {
      height_ = frame.height;
      width_ = frame.width;
      first_ = i;
    }
    require(frame.height == height_ && frame.width == width_, files_[i].string(), ": ",
            frame.height, " x ", frame.width, " pixels (height x width), but ",
            files_[first_].filename().string(), " has ", height_, " x ", width_);
    return frame;
  }

 private:
  std::vector<std::filesystem::path> files_;
  std::ptrdiff_t height_ = 0;
  std::ptrdiff_t width_ = 0;
  std::size_t first_ = 0;
};

/// Reads all frames of a folder; see list_frames and frame_sequence.
/// @throws invalid_input if there is none, sizes differ or one is damaged; io_error if the system
/// refuses
[[nodiscard]] inline std::vector<image> read_frames(const std::filesystem::path& folder) {
  frame_sequence sequence{list_frames(folder)};
  require(sequence.size() > 0, folder.string(), ": holds no pictures (.jpg .png .bmp)");
  std::vector<image> frames;
  frames.reserve(sequence.size());
  for (std::size_t i = 0; i < sequence.size(); ++i) frames.push_back(sequence.read(i));
  return frames;
}

}  // namespace s2d::inline S2D_ABI
