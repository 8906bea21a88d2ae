#include "eval_data.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/io/coco.hpp>
#include <s2d/io/mot.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/io/ytvis_folder.hpp>
#include <s2d/mask/polygon.hpp>

#include "mask_video.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

/// What s2d run and s2d predict call the result of each of many clips.
constexpr const char* dense_file = "dense.json";

std::string frame_name(const std::string& file) { return fs::path{file}.stem().string(); }

void read_categories(const std::vector<s2d::annotation_category>& from, eval_data& to) {
  for (const s2d::annotation_category& each : from) to.categories[each.id] = each.name;
}

eval_data read_images(const fs::path& file) {
  s2d::coco_data data = s2d::read_coco(file);
  eval_data all;
  std::map<std::int64_t, std::size_t> place;
  const auto video_of = [&](std::int64_t id) -> eval_video& {
    const auto [known, fresh] = place.try_emplace(id, all.videos.size());
    if (fresh) all.videos.emplace_back().id = id;
    return all.videos[known->second];
  };
  for (const s2d::coco_image& image : data.images) {
    eval_video& video = video_of(image.id);
    video.name = fs::path{image.file_name}.replace_extension().string();
    video.height = image.height;
    video.width = image.width;
    video.frames = {frame_name(image.file_name)};
  }
  for (std::size_t i = 0; i < data.annotations.size(); ++i) {
    s2d::coco_annotation& one = data.annotations[i];
    s2d::require(data.images.empty() || place.contains(one.image_id), file.string(),
                 ": annotations[", i, "].image_id: found ", one.image_id, ", which is none of the ",
                 data.images.size(), " images");
    s2d::require(one.mask.has_value(), file.string(), ": annotations[", i,
                 "].segmentation: found none, null or an empty list, expected run lengths or "
                 "polygons");
    eval_video& video = video_of(one.image_id);
    if (video.height == 0) {
      video.height = one.mask->height;
      video.width = one.mask->width;
    }
    eval_object& object = all.objects.emplace_back();
    object.video = place[one.image_id];
    object.number = all.objects.size();
    object.category = one.category_id;
    object.score = one.score.value_or(1);
    object.crowd = one.iscrowd;
    object.area = one.area;
    object.masks.push_back({0, std::move(*one.mask)});
  }
  read_categories(data.categories, all);
  return all;
}

/// @param data  what `file` holds
eval_data to_videos(s2d::ytvis_data data, const fs::path& file) {
  eval_data all;
  std::map<std::int64_t, std::size_t> place;
  std::map<std::int64_t, std::size_t> numbers;
  for (const s2d::ytvis_video& from : data.videos) {
    place.emplace(from.id, all.videos.size());
    require_length(from, file);
    eval_video& to = all.videos.emplace_back();
    to.id = from.id;
    if (!from.file_names.empty())
      to.name = fs::path{from.file_names.front()}.parent_path().filename().string();
    to.height = from.height;
    to.width = from.width;
    for (const std::string& name : from.file_names) to.frames.push_back(frame_name(name));
    for (auto t = to.frames.size(); t < static_cast<std::size_t>(from.length); ++t)
      to.frames.push_back(s2d::concat("frame ", t));
  }
  for (std::size_t i = 0; i < data.annotations.size(); ++i) {
    s2d::ytvis_annotation& one = data.annotations[i];
    s2d::require(!one.frame, file.string(), ": annotations[", i,
                 "]: a mask of a single frame, expected objects over time");
    const auto [known, fresh] = place.try_emplace(one.video_id, all.videos.size());
    if (fresh) {
      s2d::require(data.videos.empty(), file.string(), ": annotations[", i, "].video_id: found ",
                   one.video_id, ", which is none of the ", data.videos.size(), " videos");
      all.videos.emplace_back().id = one.video_id;
    }
    eval_video& video = all.videos[known->second];
    if (video.height == 0) {
      video.height = one.height;
      video.width = one.width;
    }
    eval_object& object = all.objects.emplace_back();
    object.video = known->second;
    object.number = ++numbers[one.video_id];
    object.category = one.category_id;
    object.score = one.score.value_or(1);
    object.crowd = one.iscrowd;
    double stated = 0;
    std::size_t frames = 0;
    for (s2d::ytvis_segment& segment : one.segments) {
      stated += segment.area;
      frames += segment.area > 0;
      object.masks.push_back({segment.frame, std::move(segment.mask)});
    }
    if (frames > 0) object.area = stated / static_cast<double>(frames);
  }
  read_categories(data.categories, all);
  return all;
}

/// Of folders of pictures and arrays: objects of videos, or instances of their frames.
eval_data read_pictures(const fs::path& place, bool images) {
  eval_data all;
  for (mask_video& from : read_mask_videos(place)) {
    s2d::require(from.objects || images, place.string(), ": ", from.name,
                 ": masks of single frames, expected objects over time");
    std::map<std::size_t, std::size_t> by_number;
    for (std::size_t t = 0; t < from.frames.size(); ++t) {
      if (images || t == 0) {
        eval_video& to = all.videos.emplace_back();
        to.name = images ? from.name + "/" + frame_name(from.names[t]) : from.name;
        to.id = static_cast<std::int64_t>(all.videos.size());
        to.height = from.height;
        to.width = from.width;
        if (images) by_number.clear();
      }
      eval_video& video = all.videos.back();
      video.frames.push_back(frame_name(from.names[t]));
      for (numbered_mask& each : from.frames[t]) {
        const auto [known, fresh] = by_number.try_emplace(each.number, all.objects.size());
        if (fresh) {
          eval_object& object = all.objects.emplace_back();
          object.video = all.videos.size() - 1;
          object.number = each.number;
          object.score = static_cast<double>(each.score);
        }
        all.objects[known->second].masks.push_back(
            {images ? 0 : static_cast<std::ptrdiff_t>(t), std::move(each.mask)});
      }
    }
  }
  return all;
}

/// Whether every video has a name of its own.
bool named_apart(const eval_data& data) {
  std::set<std::string> names;
  return std::all_of(data.videos.begin(), data.videos.end(), [&](const eval_video& video) {
    return !video.name.empty() && names.insert(video.name).second;
  });
}

/// The truth's number of each video of the prediction.
std::vector<std::size_t> match_videos(const eval_data& prediction, const eval_data& truth) {
  const bool named = named_apart(prediction);
  std::map<std::string, std::size_t> by_name;
  std::map<std::int64_t, std::size_t> by_id;
  for (std::size_t v = 0; v < truth.videos.size(); ++v) {
    by_name.try_emplace(truth.videos[v].name, v);
    by_id.try_emplace(truth.videos[v].id, v);
  }
  std::vector<std::size_t> match;
  for (const eval_video& video : prediction.videos) {
    std::optional<std::size_t> found;
    if (named) {
      if (const auto at = by_name.find(video.name); at != by_name.end()) found = at->second;
    } else if (const auto at = by_id.find(video.id); at != by_id.end()) {
      found = at->second;
    }
    if (!found && prediction.videos.size() == 1 && truth.videos.size() == 1) found = 0;
    s2d::require(found.has_value(), prediction.place.string(), ": ",
                 named ? video.name : s2d::concat("video ", video.id), " is not in the truth, ",
                 truth.place.string());
    match.push_back(*found);
  }
  return match;
}

/// The truth's number of each frame; -1: the truth has no such frame.
std::vector<std::ptrdiff_t> match_frames(const eval_video& from, const eval_video& to,
                                         const fs::path& place) {
  if (from.frames.size() <= to.frames.size() &&
      std::equal(from.frames.begin(), from.frames.end(), to.frames.begin())) {
    std::vector<std::ptrdiff_t> same(from.frames.size());
    std::iota(same.begin(), same.end(), std::ptrdiff_t{0});
    return same;
  }
  std::map<std::string, std::ptrdiff_t> by_stem;
  for (std::size_t t = 0; t < to.frames.size(); ++t)
    by_stem.try_emplace(to.frames[t], static_cast<std::ptrdiff_t>(t));
  std::vector<std::ptrdiff_t> match;
  bool any = false;
  for (const std::string& stem : from.frames) {
    const auto at = by_stem.find(stem);
    match.push_back(at == by_stem.end() ? -1 : at->second);
    any = any || match.back() >= 0;
  }
  if (any) return match;
  s2d::require(from.frames.size() <= to.frames.size(), place.string(), ": ", from.name, " has ",
               from.frames.size(), " frames, expected ", to.frames.size(), " as the truth");
  for (std::size_t t = 0; t < match.size(); ++t) match[t] = static_cast<std::ptrdiff_t>(t);
  return match;
}

}  // namespace

eval_data read_eval_data(const fs::path& place, eval_metric metric) {
  const bool images = metric == eval_metric::coco;
  eval_data all;
  if (place.extension() == ".json")
    all = images ? read_images(place) : to_videos(s2d::read_ytvis(place), place);
  else if (!images && !s2d::list_ytvis_folder(place, dense_file).empty())
    all = to_videos(s2d::read_ytvis_folder(place, dense_file), place);
  else
    all = read_pictures(place, images);
  all.place = place;
  return all;
}

eval_data read_eval_boxes(const fs::path& file, const eval_data& prediction) {
  s2d::require(prediction.videos.size() == 1, file.string(), ": holds one video, ",
               prediction.place.string(), " holds ", prediction.videos.size());
  eval_data all;
  all.place = file;
  all.boxes = true;
  eval_video& video = all.videos.emplace_back(prediction.videos.front());
  s2d::require(video.height > 0 && video.width > 0, prediction.place.string(),
               ": the size of its masks is not known");
  const auto lengthen = [&](std::size_t frames) {
    for (auto t = video.frames.size(); t < frames; ++t)
      video.frames.push_back(s2d::concat("frame ", t));
  };
  for (const eval_object& object : prediction.objects)
    for (const auto& segment : object.masks) lengthen(static_cast<std::size_t>(segment.frame) + 1);
  std::map<std::int64_t, std::size_t> place;
  for (const s2d::mot_box& box : s2d::read_mot(file)) {
    lengthen(box.frame + 1);
    if (box.confidence == 0) continue;
    const auto [known, fresh] = place.try_emplace(box.identity, all.objects.size());
    if (fresh) {
      s2d::require(box.identity >= 0, file.string(), ": identity ", box.identity,
                   ", expected 0 or more: detections have none");
      all.objects.emplace_back().number = static_cast<std::size_t>(box.identity);
    }
    all.objects[known->second].masks.push_back(
        {static_cast<std::ptrdiff_t>(box.frame),
         s2d::encode_box(box.left, box.top, box.width, box.height, video.height, video.width)});
  }
  std::erase_if(all.objects, [](const eval_object& object) {  // outside of the picture
    return std::all_of(object.masks.begin(), object.masks.end(),
                       [](const auto& segment) { return area(segment.mask) == 0; });
  });
  for (eval_object& object : all.objects)
    std::sort(object.masks.begin(), object.masks.end(),
              [](const auto& a, const auto& b) { return a.frame < b.frame; });
  return all;
}

void align(eval_data& prediction, const eval_data& truth) {
  const std::vector<std::size_t> videos = match_videos(prediction, truth);
  std::vector<std::vector<std::ptrdiff_t>> frames;
  for (std::size_t v = 0; v < videos.size(); ++v)
    frames.push_back(match_frames(prediction.videos[v], truth.videos[videos[v]], prediction.place));
  for (eval_object& object : prediction.objects) {
    const std::size_t from = object.video;
    const eval_video& to = truth.videos[videos[from]];
    object.video = videos[from];
    std::vector<s2d::tube_segment<s2d::rle>> kept;
    for (auto& segment : object.masks) {
      const auto t = static_cast<std::size_t>(segment.frame);
      const bool listed = !prediction.videos[from].frames.empty();
      if (listed && frames[from][t] < 0) continue;
      if (listed) segment.frame = frames[from][t];
      const auto length = static_cast<std::ptrdiff_t>(to.frames.size());
      s2d::require(to.frames.empty() || segment.frame < length, prediction.place.string(), ": ",
                   to.name, ": a mask in frame ", segment.frame, ", expected 0 to ", length - 1);
      s2d::require(segment.mask.height == to.height && segment.mask.width == to.width,
                   prediction.place.string(), ": ", to.name, ": masks of ", segment.mask.width,
                   " x ", segment.mask.height, ", expected ", to.width, " x ", to.height,
                   " (width x height) as in ", truth.place.string());
      kept.push_back(std::move(segment));
    }
    std::sort(kept.begin(), kept.end(),
              [](const auto& a, const auto& b) { return a.frame < b.frame; });
    object.masks = std::move(kept);
    if (!truth.boxes) continue;
    for (auto& segment : object.masks)
      segment.mask = s2d::encode_box(bounding_box(segment.mask), to.height, to.width);
  }
}

}  // namespace app
