// Results of many videos, a YouTube-VIS file in a folder for each, as one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/ytvis.hpp>

namespace s2d::inline S2D_ABI {

/// FOLDER/NAME/`file` of every NAME that has one, hidden ones left out, names in natural order;
/// none if there is no such folder.
/// @throws io_error if the folder cannot be listed
[[nodiscard]] inline std::vector<std::filesystem::path> list_ytvis_folder(
    const std::filesystem::path& folder, const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) return {};
  auto files = detail::list_folder(folder, [&](const std::filesystem::directory_entry& entry) {
    return std::filesystem::exists(entry.path() / file, ignored);
  });
  for (std::filesystem::path& each : files) each /= file;
  return files;
}

/// Reads them as one: videos and annotations are numbered anew, 1, 2, ..., in the order of the
/// files. Categories are those of all files, the first of an id; extras those of the first file
/// that has any. The `object` of frame masks stays a number of the other file that belongs to
/// theirs.
/// @throws as read_ytvis; invalid_input if there is no such file or an annotation belongs to no
/// video of its file
/// O(bytes of the files).
[[nodiscard]] inline ytvis_data read_ytvis_folder(const std::filesystem::path& folder,
                                                  const std::string& file) {
  ytvis_data all;
  const auto files = list_ytvis_folder(folder, file);
  require(!files.empty(), folder.string(), ": holds no NAME/", file);
  for (const std::filesystem::path& one : files) {
    ytvis_data part = read_ytvis(one);
    std::unordered_map<std::int64_t, std::int64_t> video_ids;
    for (ytvis_video& video : part.videos) {
      const auto id = static_cast<std::int64_t>(all.videos.size()) + 1;
      video_ids.emplace(video.id, id);
      video.id = id;
      all.videos.push_back(std::move(video));
    }
    for (ytvis_annotation& annotation : part.annotations) {
      const auto at = video_ids.find(annotation.video_id);
      require(at != video_ids.end(), one.string(), ": annotation ", annotation.id,
              " belongs to video ", annotation.video_id, ", which is not in the file");
      annotation.video_id = at->second;
      annotation.id = static_cast<std::int64_t>(all.annotations.size()) + 1;
      all.annotations.push_back(std::move(annotation));
    }
    for (annotation_category& category : part.categories)
      if (std::none_of(all.categories.begin(), all.categories.end(),
                       [&](const auto& known) { return known.id == category.id; }))
        all.categories.push_back(std::move(category));
    if (all.extras.empty()) all.extras = std::move(part.extras);
  }
  return all;
}

}  // namespace s2d::inline S2D_ABI
