// Videos to train on: labels out of YouTube-VIS files, frames out of folders or from anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/image.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/torch/video_labels.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// A video whose frames are fetched when they are needed.
struct training_video {
  video_labels labels;
  std::function<image(std::ptrdiff_t)> frame;  ///< picture t; called from several threads
};

/// The labels of a YouTube-VIS file, a video after the other; crowds are left out. The trust of a
/// mask is its confidence, else its coherence, else the score of its annotation, else 1. Videos are
/// called like the folder of their first frame.
/// @throws invalid_input if an annotation belongs to no video, or as require_labels
[[nodiscard]] inline std::vector<video_labels> to_labels(ytvis_data data) {
  std::vector<video_labels> videos;
  std::unordered_map<std::int64_t, std::size_t> place;
  for (ytvis_video& video : data.videos) {
    std::string name;
    if (!video.file_names.empty())
      name = std::filesystem::path{video.file_names.front()}.parent_path().string();
    if (name.empty()) name = concat("video ", video.id);
    require(place.emplace(video.id, videos.size()).second, "YTVIS: two videos have the id ",
            video.id);
    videos.push_back({std::move(name),
                      video.height,
                      video.width,
                      video.length,
                      std::move(video.file_names),
                      {}});
  }
  for (ytvis_annotation& one : data.annotations) {
    if (one.iscrowd) continue;
    const auto at = place.find(one.video_id);
    require(at != place.end(), "YTVIS: annotation ", one.id, " belongs to video ", one.video_id,
            ", which is not in the file");
    const auto fitted = [](double trust) {
      return static_cast<float>(trust < 0 ? 0 : trust > 1 ? 1 : trust);
    };
    object_labels object{one.id, fitted(one.score.value_or(1)), {}};
    for (ytvis_segment& segment : one.segments) {
      const double trust = segment.confidence  ? *segment.confidence
                           : segment.coherence ? *segment.coherence
                           : one.coherence     ? *one.coherence
                                               : one.score.value_or(1);
      object.masks.push_back({segment.frame, std::move(segment.mask), fitted(trust)});
    }
    videos[at->second].objects.push_back(std::move(object));
  }
  for (const video_labels& video : videos) require_labels(video);
  return videos;
}

/// Reads a YouTube-VIS file and keeps what the options take; videos without a mask remain, see
/// drop_unlabelled.
/// @throws as read_ytvis, to_labels and select_labels
[[nodiscard]] inline std::vector<video_labels> read_labels(const std::filesystem::path& file,
                                                           const label_options& options = {}) {
  std::vector<video_labels> videos = to_labels(read_ytvis(file));
  for (video_labels& video : videos) video = select_labels(std::move(video), options);
  return videos;
}

/// The frames of a video as picture files. Where the labels have file names, they are looked up
/// below `folder`, with their folders or without; else the pictures of `folder` in natural order
/// are the frames.
/// @throws invalid_input if frames are missing, with the first one and their number, or there are
/// more or fewer pictures than frames; io_error if the folder cannot be listed
[[nodiscard]] inline training_video with_frames(video_labels labels,
                                                const std::filesystem::path& folder) {
  auto files = std::make_shared<std::vector<std::filesystem::path>>();
  if (labels.file_names.empty()) {
    *files = list_frames(folder);
    require(static_cast<std::ptrdiff_t>(files->size()) == labels.length, labels.name, ": ",
            folder.string(), " holds ", files->size(), " pictures, the labels are for ",
            labels.length, " frames");
  } else {
    std::size_t missing = 0;
    std::string first;
    for (const std::string& name : labels.file_names) {
      const std::filesystem::path relative{name};
      std::error_code ignored;
      std::filesystem::path found = folder / relative;
      if (!std::filesystem::exists(found, ignored)) {
        const auto short_name = folder / relative.filename();
        if (std::filesystem::exists(short_name, ignored)) {
          found = short_name;
        } else if (missing++ == 0) {
          first = found.string();
        }
      }
      files->push_back(std::move(found));
    }
    require(missing == 0, labels.name, ": ", missing, " of ", labels.length,
            " frames are missing, the first is ", first);
  }
  training_video video{std::move(labels), {}};
  video.frame = [files](std::ptrdiff_t t) {
    return read_image((*files)[static_cast<std::size_t>(t)]);
  };
  return video;
}

/// A video whose frames are in memory.
/// @throws invalid_input if there are more or fewer frames than the labels say
[[nodiscard]] inline training_video with_frames(video_labels labels, std::vector<image> frames) {
  require(static_cast<std::ptrdiff_t>(frames.size()) == labels.length, labels.name, ": ",
          frames.size(), " frames, but labels for ", labels.length);
  auto kept = std::make_shared<const std::vector<image>>(std::move(frames));
  return {std::move(labels),
          [kept](std::ptrdiff_t t) { return (*kept)[static_cast<std::size_t>(t)]; }};
}

/// All pictures that reader.next() gives, for instance of a video_reader: 3 bytes a pixel, so the
/// reader should deliver the size that is trained on.
template <class Reader>
[[nodiscard]] std::vector<image> read_all(Reader& reader) {
  std::vector<image> frames;
  while (auto frame = reader.next()) frames.push_back(std::move(frame->picture));
  return frames;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
