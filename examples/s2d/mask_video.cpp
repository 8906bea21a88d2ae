#include "mask_video.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/io/coco.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/io/ytvis.hpp>

#include "input.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

// The masks of a picture of numbers, by number.
template <class Id>
std::vector<numbered_mask> split(s2d::plane_view<const Id> ids) {
  std::map<std::size_t, s2d::bit_mask> masks;
  s2d::bit_mask* last = nullptr;
  Id last_id = 0;
  for (std::ptrdiff_t y = 0; y < ids.height; ++y)
    for (std::ptrdiff_t x = 0; x < ids.width; ++x) {
      const Id id = ids(y, x);
      if (id == 0) continue;
      if (last == nullptr || id != last_id) {
        last = &masks.try_emplace(id, ids.height, ids.width).first->second;
        last_id = id;
      }
      last->set(y, x);
    }
  std::vector<numbered_mask> found;
  for (const auto& [number, mask] : masks) found.push_back({number, s2d::encode(mask), 1});
  return found;
}

mask_video read_pictures(const fs::path& folder) {
  mask_video video;
  video.name = folder_name(folder);
  for (const fs::path& file : s2d::list_frames(folder)) {
    const s2d::matrix<std::uint8_t> ids = s2d::read_mask_png(file);
    if (video.names.empty()) {
      video.height = ids.height;
      video.width = ids.width;
    } else {
      s2d::require(ids.height == video.height && ids.width == video.width, file.string(),
                   ": found ", ids.width, " x ", ids.height, " pixels, expected ", video.width,
                   " x ", video.height, " (width x height) as in ", video.names.front());
    }
    video.names.push_back(video.name + "/" + file.filename().string());
    video.frames.push_back(split(ids.view()));
  }
  return video;
}

std::vector<mask_video> read_folder(const fs::path& folder) {
  std::vector<mask_video> videos;
  const s2d::input_description found = s2d::detect_input(folder);
  if (found.kind == s2d::input_kind::frame_folder) {
    videos.push_back(read_pictures(folder));
    return videos;
  }
  for (const fs::path& item : found.items)
    if (std::error_code none; fs::is_directory(item, none)) videos.push_back(read_pictures(item));
  s2d::require(!videos.empty(), folder.string(), ": holds no mask pictures (.png)");
  return videos;
}

std::string number_name(const std::string& video, std::size_t t) {
  std::string digits = std::to_string(t);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return video + "/" + digits + ".png";
}

// The video that a name "VIDEO/FRAME.jpg" belongs to.
std::string video_of(const std::string& file, std::int64_t id) {
  const fs::path parent = fs::path{file}.parent_path();
  return parent.empty() ? s2d::concat("video_", id) : parent.filename().string();
}

std::vector<mask_video> read_ytvis_videos(const fs::path& file) {
  s2d::ytvis_data data = s2d::read_ytvis(file);
  // A list of results names no videos.
  if (data.videos.empty())
    for (const s2d::ytvis_annotation& one : data.annotations) {
      if (std::none_of(data.videos.begin(), data.videos.end(),
                       [&](const s2d::ytvis_video& v) { return v.id == one.video_id; })) {
        data.videos.emplace_back();
        data.videos.back().id = one.video_id;
      }
      for (s2d::ytvis_video& video : data.videos)
        if (video.id == one.video_id) {
          video.height = one.height;
          video.width = one.width;
          video.length = (std::max)(video.length, one.length);
        }
    }
  std::map<std::int64_t, std::size_t> place;
  std::vector<mask_video> videos;
  std::vector<std::size_t> objects;
  for (s2d::ytvis_video& from : data.videos) {
    place.emplace(from.id, videos.size());
    require_length(from, file);
    mask_video& to = videos.emplace_back();
    to.name = video_of(from.file_names.empty() ? std::string{} : from.file_names.front(), from.id);
    to.height = from.height;
    to.width = from.width;
    to.names = std::move(from.file_names);
    for (auto t = to.names.size(); t < static_cast<std::size_t>(from.length); ++t)
      to.names.push_back(number_name(to.name, t));
    to.frames.resize(to.names.size());
  }
  objects.resize(videos.size());
  for (std::size_t i = 0; i < data.annotations.size(); ++i) {
    s2d::ytvis_annotation& one = data.annotations[i];
    const auto at = place.find(one.video_id);
    s2d::require(at != place.end(), file.string(), ": annotations[", i, "].video_id: found ",
                 one.video_id, ", which is none of the ", videos.size(), " videos");
    mask_video& to = videos[at->second];
    if (one.frame) to.objects = false;
    const std::size_t number = ++objects[at->second];
    for (s2d::ytvis_segment& segment : one.segments) {
      const auto t = static_cast<std::size_t>(segment.frame);
      s2d::require(t < to.frames.size(), file.string(), ": annotations[", i,
                   "]: found a mask in frame ", t, ", expected less than ", to.frames.size());
      if (to.height == 0) {
        to.height = segment.mask.height;
        to.width = segment.mask.width;
      }
      s2d::require(segment.mask.height == to.height && segment.mask.width == to.width,
                   file.string(), ": annotations[", i, "]: found a mask of ", segment.mask.width,
                   " x ", segment.mask.height, ", expected ", to.width, " x ", to.height,
                   " (width x height)");
      std::vector<numbered_mask>& frame = to.frames[t];
      frame.push_back({one.frame ? frame.size() + 1 : number, std::move(segment.mask),
                       static_cast<float>(one.score.value_or(1))});
    }
  }
  return videos;
}

// Annotation files of images have a list of them where those of videos have videos.
bool is_coco(const fs::path& file) {
  simdjson::ondemand::parser parser;
  simdjson::padded_string text;
  simdjson::ondemand::document document;
  simdjson::ondemand::object root;
  if (simdjson::padded_string::load(file.string()).get(text) != simdjson::SUCCESS ||
      parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document.get_object().get(root) != simdjson::SUCCESS)
    return false;
  for (auto member : root) {
    std::string_view key;
    if (member.unescaped_key().get(key) != simdjson::SUCCESS || key == "videos") return false;
    if (key == "images") return true;
  }
  return false;
}

// Images in folders are frames of the video that is named like the folder.
std::vector<mask_video> read_coco_videos(const fs::path& file) {
  s2d::coco_data data = s2d::read_coco(file);
  std::vector<std::size_t> order(data.images.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return s2d::natural_less(data.images[a].file_name, data.images[b].file_name);
  });
  std::vector<mask_video> videos;
  std::map<std::string, std::size_t> by_name;
  std::map<std::int64_t, std::pair<std::size_t, std::size_t>> place;
  for (const std::size_t i : order) {
    const s2d::coco_image& image = data.images[i];
    const std::string name = fs::path{image.file_name}.parent_path().filename().string();
    const auto [known, fresh] = by_name.try_emplace(name, videos.size());
    if (fresh) {
      mask_video& video = videos.emplace_back();
      video.name = name.empty() ? file.stem().string() : name;
      video.height = image.height;
      video.width = image.width;
      video.objects = false;
    }
    mask_video& video = videos[known->second];
    s2d::require(image.height == video.height && image.width == video.width, file.string(), ": ",
                 image.file_name, ": found ", image.width, " x ", image.height, ", expected ",
                 video.width, " x ", video.height, " (width x height) as in ",
                 video.names.empty() ? std::string{} : video.names.front());
    place[image.id] = {known->second, video.names.size()};
    video.names.push_back(image.file_name);
    video.frames.emplace_back();
  }
  for (std::size_t i = 0; i < data.annotations.size(); ++i) {
    s2d::coco_annotation& one = data.annotations[i];
    const auto at = place.find(one.image_id);
    s2d::require(at != place.end(), file.string(), ": annotations[", i, "].image_id: found ",
                 one.image_id, ", which is none of the ", data.images.size(), " images");
    if (!one.mask) continue;
    std::vector<numbered_mask>& frame = videos[at->second.first].frames[at->second.second];
    frame.push_back(
        {frame.size() + 1, std::move(*one.mask), static_cast<float>(one.score.value_or(1))});
  }
  return videos;
}

// [T, height, width] numbers of objects.
mask_video read_numbers(const s2d::npy_array& array, const fs::path& file) {
  const std::vector<std::uint32_t> ids = s2d::npy_values<std::uint32_t>(array, file.string());
  mask_video video;
  video.name = file.stem().string();
  const std::ptrdiff_t frames = array.shape[0];
  video.height = array.shape[1];
  video.width = array.shape[2];
  for (std::ptrdiff_t t = 0; t < frames; ++t) {
    video.names.push_back(number_name(video.name, static_cast<std::size_t>(t)));
    video.frames.push_back(split(s2d::plane_view<const std::uint32_t>{
        ids.data() + t * video.height * video.width, video.height, video.width}));
  }
  return video;
}

// [N, T, height, width] masks.
mask_video read_stack(const s2d::npy_array& array, const fs::path& file) {
  const std::vector<double> on = s2d::npy_values<double>(array, file.string());
  mask_video video;
  video.name = file.stem().string();
  video.height = array.shape[2];
  video.width = array.shape[3];
  const auto frames = static_cast<std::size_t>(array.shape[1]);
  video.frames.resize(frames);
  for (std::size_t t = 0; t < frames; ++t) video.names.push_back(number_name(video.name, t));
  const double* at = on.data();
  for (std::size_t n = 0; n < static_cast<std::size_t>(array.shape[0]); ++n)
    for (std::size_t t = 0; t < frames; ++t, at += video.height * video.width) {
      s2d::rle mask = s2d::encode(s2d::mask_view{at, video.height, video.width});
      if (area(mask) > 0) video.frames[t].push_back({n + 1, std::move(mask), 1});
    }
  return video;
}

mask_video read_array(const fs::path& file) {
  const s2d::npy_array array = s2d::read_npy(file);
  for (const std::ptrdiff_t extent : array.shape)
    s2d::require(extent > 0, file.string(), ": the array has an extent of ", extent,
                 ", expected at least 1");
  if (array.shape.size() == 3) return read_numbers(array, file);
  s2d::require(array.shape.size() == 4, file.string(), ": found an array of ", array.shape.size(),
               " dimensions, expected 3 (frames, height, width) with object numbers or 4 "
               "(objects, frames, height, width) with masks");
  return read_stack(array, file);
}

}  // namespace

void require_length(const s2d::ytvis_video& video, const fs::path& file) {
  constexpr std::ptrdiff_t most = 10'000'000;
  s2d::require(video.length <= most, file.string(), ": video ", video.id, " has a length of ",
               video.length, " frames, expected at most ", most);
}

std::vector<mask_video> read_mask_videos(const fs::path& place) {
  std::error_code error;
  if (!fs::exists(place, error)) throw s2d::io_error{place.string() + ": no such file or folder"};
  if (fs::is_directory(place, error)) return read_folder(place);
  const std::string extension = place.extension().string();
  if (extension == ".json")
    return is_coco(place) ? read_coco_videos(place) : read_ytvis_videos(place);
  s2d::require(extension == ".npy", place.string(),
               ": expected masks: a folder of .png, a .json or a .npy file");
  std::vector<mask_video> one;
  one.push_back(read_array(place));
  return one;
}

mask_video read_one_mask_video(const fs::path& place) {
  std::vector<mask_video> videos = read_mask_videos(place);
  s2d::require(videos.size() == 1, place.string(), ": holds ", videos.size(),
               " videos, expected one");
  return std::move(videos.front());
}

annotation_counts count_annotations(const fs::path& json) {
  annotation_counts counts;
  counts.images = is_coco(json);
  if (counts.images) {
    const s2d::coco_data data = s2d::read_coco(json, [&](s2d::coco_annotation&& one) {
      throw_if_stopped();
      ++counts.annotations;
      counts.masks += one.mask.has_value();
    });
    counts.videos = counts.frames = data.images.size();
    if (!data.images.empty()) {
      counts.height = data.images.front().height;
      counts.width = data.images.front().width;
    }
    return counts;
  }
  const s2d::ytvis_data data = s2d::read_ytvis(json, [&](s2d::ytvis_annotation&& one) {
    throw_if_stopped();
    ++counts.annotations;
    counts.masks += one.segments.size();
  });
  counts.videos = data.videos.size();
  for (const s2d::ytvis_video& video : data.videos)
    counts.frames += static_cast<std::size_t>(video.length);
  if (!data.videos.empty()) {
    counts.height = data.videos.front().height;
    counts.width = data.videos.front().width;
  }
  return counts;
}

}  // namespace app
