#include "labels.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/torch/training_video.hpp>

#include "mask_video.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

std::vector<s2d::torch::video_labels> videos_of(const fs::path& file) {
  s2d::ytvis_data data = s2d::read_ytvis(file);
  for (const s2d::ytvis_annotation& one : data.annotations)
    s2d::require(!one.frame, file.string(), ": annotation ", one.id,
                 " is a frame mask, expected objects (keymasks.json)");
  auto videos = s2d::torch::to_labels(std::move(data));
  s2d::require(!videos.empty(), file.string(), ": holds no video");
  return videos;
}

s2d::torch::video_labels labels_of_file(const fs::path& file, const clip& of) {
  auto videos = videos_of(file);
  if (videos.size() == 1) return std::move(videos.front());
  for (s2d::torch::video_labels& video : videos)
    if (fs::path{video.name}.filename() == of.name) return std::move(video);
  throw s2d::invalid_input{s2d::concat(file.string(), ": holds ", videos.size(),
                                       " videos, none of which is called ", of.name)};
}

s2d::torch::video_labels labels_of_pictures(const fs::path& place) {
  mask_video pictures = read_one_mask_video(place);
  s2d::require(pictures.objects, place.string(), ": holds frame masks, expected objects");
  s2d::torch::video_labels video{
      pictures.name,  pictures.height,
      pictures.width, static_cast<std::ptrdiff_t>(pictures.frames.size()),
      pictures.names, {}};
  std::map<std::size_t, s2d::torch::object_labels> objects;
  for (std::size_t t = 0; t < pictures.frames.size(); ++t)
    for (numbered_mask& each : pictures.frames[t])
      objects[each.number].masks.push_back(
          {static_cast<std::ptrdiff_t>(t), std::move(each.mask), 1});
  for (auto& [number, object] : objects) {
    object.id = static_cast<std::int64_t>(number);
    video.objects.push_back(std::move(object));
  }
  return video;
}

std::string stem_of(const std::string& name) { return fs::path{name}.stem().string(); }

// As input.cpp calls the frames of a video file.
bool is_number(const std::string& stem) {
  return stem.size() >= 5 && stem.find_first_not_of("0123456789") == stem.npos;
}

std::vector<std::string> fitting_stems(const clip& from, const s2d::torch::video_labels& labels) {
  std::vector<std::string> stems;
  for (const std::string& name : labels.file_names) stems.push_back(stem_of(name));
  std::set<std::string> there;
  for (const fs::path& picture : from.pictures) there.insert(picture.stem().string());
  const bool fits = std::any_of(stems.begin(), stems.end(), [&](const std::string& stem) {
    return from.pictures.empty() ? is_number(stem) : there.contains(stem);
  });
  if (!fits) stems.clear();
  return stems;
}

settings size_of(const s2d::torch::video_labels& labels) {
  settings what;
  what.size = static_cast<std::size_t>((std::max)(labels.height, labels.width));
  return what;
}

/// Of a file with several videos those of its name.
s2d::torch::video_labels read_labels(const fs::path& place, const clip& of) {
  auto labels =
      place.extension() == ".json" ? labels_of_file(place, of) : labels_of_pictures(place);
  labels.name = of.name;
  return labels;
}

}  // namespace

label_place::label_place(fs::path given, bool many)
    : given_{std::move(given)}, many_{many}, file_{given_.extension() == ".json"} {
  std::error_code ignored;
  if (!given_.empty() && !fs::exists(given_, ignored))
    throw s2d::io_error{given_.string() + ": no such file or folder"};
}

fs::path label_place::of(const clip& each) const {
  if (given_.empty() || !many_ || file_) return given_;
  std::error_code ignored;
  const fs::path folder = given_ / each.name;
  for (const fs::path& file :
       {folder / "keymasks.json", folder / "labels.json", given_ / (each.name + ".json")})
    if (fs::exists(file, ignored)) return file;
  // The folder of a clip whose keymasks were never finished holds other files.
  for (fs::directory_iterator it{folder, ignored}, end; !ignored && it != end;
       it.increment(ignored))
    if (s2d::is_image_name(it->path())) return folder;
  return {};
}

std::optional<s2d::torch::video_labels> label_place::read(const clip& each) {
  const fs::path place = of(each);
  if (place.empty()) return std::nullopt;
  if (!many_ || !file_) return read_labels(place, each);
  if (by_name_.empty())
    for (s2d::torch::video_labels& video : videos_of(given_)) {
      const std::string name = fs::path{video.name}.filename().string();
      s2d::require(by_name_.try_emplace(name, std::move(video)).second, given_.string(),
                   ": two videos are called ", name);
    }
  const auto found = by_name_.find(each.name);
  if (found == by_name_.end()) return std::nullopt;
  auto labels = std::move(found->second);
  labels.name = each.name;
  return labels;
}

labelled_frames::labelled_frames(const clip& from, const s2d::torch::video_labels& labels)
    : place_{from.path.string()},
      stems_{fitting_stems(from, labels)},
      length_{labels.length},
      source_{from, size_of(labels)} {}

s2d::image labelled_frames::next() {
  frame read;
  while (source_.read(read)) {
    if (!stems_.empty() && stem_of(read.name) != stems_[static_cast<std::size_t>(done_)]) continue;
    ++done_;
    return std::move(read.picture);
  }
  const std::string missing =
      stems_.empty() ? std::string{}
                     : " (" + stems_[static_cast<std::size_t>(done_)] + ") is not there";
  throw s2d::invalid_input{s2d::concat(place_, ": the labels are for ", length_, " frames, number ",
                                       done_, missing.empty() ? " is not there" : missing)};
}

}  // namespace app
