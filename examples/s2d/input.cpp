#include "input.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <s2d/core/resize.hpp>
#include <s2d/ffmpeg/video_reader.hpp>
#include <s2d/io/folder.hpp>

namespace app {

namespace fs = std::filesystem;

std::string folder_name(const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(folder, error);
  const std::string name = (error ? folder : whole).filename().string();
  return name.empty() ? "video" : name;
}

namespace {

/// clip.mp4 and clip.mp4.gz are named clip.
std::string file_name(const fs::path& file) {
  const fs::path name = file.filename();
  return (name.extension() == ".gz" ? name.stem() : name).stem().string();
}

clip clip_at(const fs::path& place) {
  std::error_code error;
  if (fs::is_directory(place, error)) return {place, folder_name(place), s2d::list_frames(place)};
  if (s2d::is_image_name(place)) return {place, file_name(place), {place}};
  return {place, file_name(place), {}};
}

}  // namespace

clip_list find_clips(const fs::path& input) {
  const s2d::input_description found = s2d::detect_input(input);
  if (found.kind != s2d::input_kind::folder_of_videos) return {{clip_at(input)}, false};
  clip_list all{{}, true};
  for (const fs::path& item : found.items) all.clips.push_back(clip_at(item));
  // a.mp4 beside a.avi: both keep their whole name.
  std::map<std::string, int> uses;
  for (const clip& each : all.clips) ++uses[each.name];
  for (clip& each : all.clips)
    if (uses[each.name] > 1) each.name = each.path.filename().string();
  return all;
}

namespace {

struct extents {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
};

/// The size in which frames are used.
extents used_size(extents stored, std::size_t size) {
  const std::ptrdiff_t longer = (std::max)(stored.height, stored.width);
  const auto limit = static_cast<std::ptrdiff_t>(size);
  if (limit == 0 || longer <= limit) return stored;
  const auto scaled = [&](std::ptrdiff_t extent) {
    return (std::max)(std::ptrdiff_t{1}, (2 * extent * limit + longer) / (2 * longer));
  };
  return {scaled(stored.height), scaled(stored.width)};
}

std::string number_text(std::size_t number) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%05zu", number);
  return digits;
}

}  // namespace

struct frame_source::reader {
  clip from;
  settings what;
  std::size_t position;                       // number of the next frame in the file or folder
  std::optional<s2d::frame_sequence> folder;  // one of both
  std::unique_ptr<s2d::video_reader> video;
  std::size_t total = 0;

  reader(const clip& source, const settings& chosen, std::size_t skipped)
      : from{source}, what{chosen}, position{chosen.start + skipped * chosen.stride} {
    if (!from.pictures.empty()) {
      folder.emplace(from.pictures);
      total = folder->size();
      return;
    }
    s2d::video_options options;
    constexpr std::size_t most = (std::numeric_limits<std::ptrdiff_t>::max)();
    options.start = static_cast<std::ptrdiff_t>((std::min)(position, most));
    options.end = static_cast<std::ptrdiff_t>((std::min)(what.end, most));
    options.stride = static_cast<std::ptrdiff_t>((std::min)(what.stride, most));
    video = std::make_unique<s2d::video_reader>(from.path, options);
    const s2d::video_properties facts = video->properties();  // outlives this reader
    const extents used = used_size({facts.height, facts.width}, what.size);
    if (used.height != facts.height || used.width != facts.width) {
      options.height = used.height;
      options.width = used.width;
      video = std::make_unique<s2d::video_reader>(from.path, options);
    }
    total = static_cast<std::size_t>(facts.frames);
  }

  bool read(frame& next) {
    if (!folder) {
      std::optional<s2d::video_frame> decoded = video->next();
      if (!decoded) return false;
      next.picture = std::move(decoded->picture);
      next.seconds = decoded->seconds;
      next.index = static_cast<std::size_t>(decoded->index);
      next.name = from.name + "/" + number_text(next.index) + ".jpg";
      return true;
    }
    if (position >= folder->size() || position >= what.end) return false;
    next.picture = folder->read(position);
    const extents used = used_size({next.picture.height, next.picture.width}, what.size);
    if (used.height != next.picture.height || used.width != next.picture.width)
      next.picture = s2d::resize_area(next.picture, used.height, used.width);
    next.seconds = std::nan("");
    next.index = position;
    next.name = from.name + "/" + from.pictures[position].filename().string();
    position += what.stride;
    return true;
  }
};

frame_source::frame_source(const clip& from, const settings& what, std::size_t skipped)
    : reader_{std::make_unique<reader>(from, what, skipped)} {}
frame_source::~frame_source() = default;
frame_source::frame_source(frame_source&&) noexcept = default;
frame_source& frame_source::operator=(frame_source&&) noexcept = default;

bool frame_source::read(frame& next) { return reader_->read(next); }

std::size_t frame_source::expected_frames() const noexcept {
  const settings& what = reader_->what;
  const std::size_t end = (std::min)(reader_->total, what.end);
  return end <= what.start ? 0 : (end - what.start + what.stride - 1) / what.stride;
}

double frame_source::frames_per_second() const noexcept {
  if (!reader_->video) return 0;
  return reader_->video->properties().frames_per_second / static_cast<double>(reader_->what.stride);
}

std::string frame_source::damage() const {
  return reader_->video ? reader_->video->damage().text : std::string{};
}

}  // namespace app
