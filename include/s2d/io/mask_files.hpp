// Frame masks that another program made, read from files: a frame_segmenter.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/io/coco.hpp>
#include <s2d/io/file.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {

/// What a frame gets whose masks cannot be had.
enum class mask_gap : std::uint8_t {
  error,  ///< an exception that names the file
  empty,  ///< no masks; the frames after it keep their places
};

struct mask_file_options {
  mask_ids ids = mask_ids::stored;        ///< of PNG files; by_color is the official rule
  mask_gap missing = mask_gap::error;     ///< no file, or no image in the JSON, of a frame's name
  mask_gap unreadable = mask_gap::error;  ///< a damaged PNG file, or one that the system refuses
  std::string video = {};                 ///< JSON of several videos: the name of the one meant
};

namespace detail {

// "VIDEO/00001.jpg" gives "00001".
inline std::string frame_stem(const std::string& name) {
  return std::filesystem::path{name}.stem().string();
}

inline std::string video_name(const ytvis_video& video) {
  if (video.file_names.empty()) return {};
  return std::filesystem::path{video.file_names.front()}.parent_path().filename().string();
}

// A mask for every id, ascending.
inline std::vector<frame_mask> split_ids(const matrix<std::uint8_t>& ids) {
  std::vector<bit_mask> by_id(256);
  for (std::ptrdiff_t y = 0; y < ids.height; ++y) {
    const std::uint8_t* row = ids.row(y);
    for (std::ptrdiff_t x = 0; x < ids.width; ++x) {
      if (row[x] == 0) continue;
      bit_mask& mask = by_id[row[x]];
      if (mask.empty()) mask = bit_mask(ids.height, ids.width);
      mask.set(y, x);
    }
  }
  std::vector<frame_mask> masks;
  for (bit_mask& mask : by_id)
    if (!mask.empty()) masks.push_back({std::move(mask), 1});
  return masks;
}

inline frame_mask scored_mask(const rle& mask, const std::optional<double>& score) {
  const double confidence = score.value_or(1);
  return {to_bits(mask), static_cast<float>(confidence < 0 ? 0 : confidence < 1 ? confidence : 1)};
}

inline void require_frame_size(const std::string& what, std::ptrdiff_t height, std::ptrdiff_t width,
                               std::ptrdiff_t frame_height, std::ptrdiff_t frame_width) {
  require(height == frame_height && width == frame_width, what, ": mask is ", height, " x ", width,
          ", expected the size of the frames, ", frame_height, " x ", frame_width,
          " (height x width)");
}

}  // namespace detail

/// Frame masks from a folder of mask PNG files (palette, gray or RGB), one a frame, paired with the
/// frames by name: frame NAME has its masks in FOLDER/NAME.png. A mask for every id, ids ascending.
///
/// @param names          [T] names of the frames, without folder and extension
/// @param height, width  of the frames
/// @throws invalid_input or io_error naming the file if one is missing or unreadable and the
///         options do not accept that; invalid_input if one has another size than the frames
[[nodiscard]] inline video_masks read_mask_folder(const std::filesystem::path& folder,
                                                  std::span<const std::string> names,
                                                  std::ptrdiff_t height, std::ptrdiff_t width,
                                                  const mask_file_options& options = {}) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    throw io_error{concat(folder.string(), ": no such folder of masks")};
  video_masks masks(names.size());
  for (std::size_t t = 0; t < names.size(); ++t) {
    const std::filesystem::path file = folder / (names[t] + ".png");
    if (!std::filesystem::exists(file, ignored)) {
      if (options.missing == mask_gap::empty) continue;
      throw io_error{concat(file.string(), ": no such file of masks")};
    }
    matrix<std::uint8_t> ids;
    try {
      ids = read_mask_png(file, options.ids);
    } catch (const std::exception&) {
      if (options.unreadable == mask_gap::error) throw;
      continue;
    }
    detail::require_frame_size(file.string(), ids.height, ids.width, height, width);
    masks[t] = detail::split_ids(ids);
  }
  return masks;
}

/// Frame masks of one video of a YouTube-VIS file. Frames are paired by name where the file has
/// names, else by number. Masks of a frame stand in the order of the annotations; confidence is the
/// score of the annotation, within 0 and 1, else 1.
///
/// @param names          [T] names of the frames, without folder and extension
/// @param height, width  of the frames
/// @param file           names the data in errors
/// @throws invalid_input if the video is not there or not told apart from others, a frame is not in
///         the file and the options do not accept that, or a mask has another size than the frames
[[nodiscard]] inline video_masks masks_of(const ytvis_data& data,
                                          std::span<const std::string> names, std::ptrdiff_t height,
                                          std::ptrdiff_t width,
                                          const mask_file_options& options = {},
                                          std::string_view file = "annotations") {
  const ytvis_video* video = nullptr;
  for (const ytvis_video& one : data.videos) {
    if (!options.video.empty() && detail::video_name(one) != options.video) continue;
    require(video == nullptr, file, ": holds several videos",
            options.video.empty() ? ", expected the name of one" : " of the name ", options.video);
    video = &one;
  }
  require(video != nullptr, file, ": holds no video ", options.video);

  std::vector<std::ptrdiff_t> place(
      video->file_names.empty() ? names.size() : video->file_names.size(), -1);
  if (video->file_names.empty()) {
    require(video->length == std::ssize(names), file, ": the video has ", video->length,
            " frames without names, expected ", names.size());
    for (std::size_t t = 0; t < place.size(); ++t) place[t] = static_cast<std::ptrdiff_t>(t);
  } else {
    std::map<std::string, std::ptrdiff_t> at;
    for (std::size_t t = 0; t < names.size(); ++t)
      at.emplace(names[t], static_cast<std::ptrdiff_t>(t));
    std::size_t found = 0;
    for (std::size_t i = 0; i < video->file_names.size(); ++i) {
      const auto name = at.find(detail::frame_stem(video->file_names[i]));
      if (name == at.end()) continue;
      place[i] = name->second;
      at.erase(name);
      ++found;
    }
    require(options.missing == mask_gap::empty || found == names.size(), file, ": names ", found,
            " of the ", names.size(), " frames; missing is ",
            at.empty() ? std::string{} : at.begin()->first);
  }
  video_masks masks(names.size());
  for (const ytvis_annotation& annotation : data.annotations) {
    if (annotation.video_id != video->id) continue;
    for (const ytvis_segment& segment : annotation.segments) {
      if (segment.frame < 0 || segment.frame >= std::ssize(place)) continue;
      const std::ptrdiff_t t = place[static_cast<std::size_t>(segment.frame)];
      if (t < 0) continue;
      detail::require_frame_size(
          concat(file, ": annotation ", annotation.id, ", frame ", segment.frame),
          segment.mask.height, segment.mask.width, height, width);
      masks[static_cast<std::size_t>(t)].push_back(
          detail::scored_mask(segment.mask, annotation.score));
    }
  }
  return masks;
}

/// Frame masks of a COCO file, images paired with the frames by name. Masks of a frame stand in the
/// order of the annotations; confidence is their score, within 0 and 1, else 1. Annotations without
/// a mask are left out.
///
/// @param names, height, width, file  as above
/// @throws invalid_input if a frame is not in the file and the options do not accept that, or a
/// mask
///         has another size than the frames
[[nodiscard]] inline video_masks masks_of(const coco_data& data, std::span<const std::string> names,
                                          std::ptrdiff_t height, std::ptrdiff_t width,
                                          const mask_file_options& options = {},
                                          std::string_view file = "annotations") {
  std::map<std::string, std::int64_t> image;
  for (const coco_image& one : data.images) {
    const std::filesystem::path name{one.file_name};
    if (options.video.empty() || name.parent_path().filename().string() == options.video)
      require(image.emplace(name.stem().string(), one.id).second, file,
              ": two images have the name ", name.stem().string(),
              ", expected one (the option video names their folder)");
  }
  std::map<std::int64_t, std::size_t> frame;
  for (std::size_t t = 0; t < names.size(); ++t) {
    const auto found = image.find(names[t]);
    require(found != image.end() || options.missing == mask_gap::empty, file,
            ": holds no image of the name ", names[t]);
    if (found != image.end()) frame.emplace(found->second, t);
  }
  video_masks masks(names.size());
  for (const coco_annotation& annotation : data.annotations) {
    const auto at = frame.find(annotation.image_id);
    if (at == frame.end() || !annotation.mask) continue;
    detail::require_frame_size(concat(file, ": annotation ", annotation.id),
                               annotation.mask->height, annotation.mask->width, height, width);
    masks[at->second].push_back(detail::scored_mask(*annotation.mask, annotation.score));
  }
  return masks;
}

/// Frame masks from files, as a frame_segmenter: a folder of mask PNG files, a YouTube-VIS or a
/// COCO JSON file. See read_mask_folder and masks_of.
class file_segmenter {
 public:
  /// @param path   a folder, or a .json file
  /// @param names  [T] names of the frames, without folder and extension
  file_segmenter(std::filesystem::path path, std::vector<std::string> names,
                 mask_file_options options = {})
      : path_{std::move(path)}, names_{std::move(names)}, options_{std::move(options)} {}

  /// @throws invalid_input if there is another number of frames than names, they differ in size,
  ///         or as the functions that read; io_error if the system refuses
  [[nodiscard]] video_masks operator()(std::span<const image> frames) const {
    require(frames.size() == names_.size(), path_.string(), ": ", frames.size(), " frames, but ",
            names_.size(), " names");
    if (frames.empty()) return {};
    const std::ptrdiff_t height = frames[0].height, width = frames[0].width;
    for (std::size_t t = 0; t < frames.size(); ++t)
      require(frames[t].height == height && frames[t].width == width, "file_segmenter: frame ", t,
              " is ", frames[t].height, " x ", frames[t].width, ", frame 0 ", height, " x ", width,
              " (height x width)");
    std::error_code ignored;
    if (std::filesystem::is_directory(path_, ignored))
      return read_mask_folder(path_, names_, height, width, options_);
    std::string text = read_text(path_);
    // Only YouTube-VIS files have the plural; a COCO annotation has one segmentation.
    if (text.find("\"segmentations\"") != std::string::npos ||
        text.find("\"videos\"") != std::string::npos)
      return masks_of(parse_ytvis(std::move(text), path_.string()), names_, height, width, options_,
                      path_.string());
    return masks_of(parse_coco(std::move(text), path_.string()), names_, height, width, options_,
                    path_.string());
  }

 private:
  std::filesystem::path path_;
  std::vector<std::string> names_;
  mask_file_options options_;
};

}  // namespace s2d::inline S2D_ABI
