// Predictions become labels: what the final round of training learns from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/torch/predict_masks.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

struct dense_label_options {
  double least_score = 0.75;
  std::optional<double> nms =
      std::nullopt;               ///< greatest overlap with a better object; default: any
  std::ptrdiff_t least_area = 1;  ///< pixels below which a mask counts as none
  std::int64_t category_id = 1;
  std::int64_t first_id = 1;  ///< of the annotations, which count up from it
};

/// Annotations of one video from its predicted objects, best first. A frame without a mask has no
/// segment and is written as null; objects without any mask are left out. (The official code
/// writes empty masks, which count as annotated when they are read again.)
/// @throws invalid_input if a mask has not the size of the video or its frame is outside of it
[[nodiscard]] inline std::vector<ytvis_annotation> dense_labels(
    std::vector<predicted_object> objects, const ytvis_video& video,
    const dense_label_options& options = {}) {
  std::vector<predicted_object> kept;
  for (predicted_object& object : objects) {
    if (object.score < options.least_score) continue;
    std::vector<tube_segment<rle>> masks;
    for (auto& one : object.masks) {
      require(one.frame >= 0 && one.frame < video.length, "dense_labels: frame ", one.frame,
              " of a video of ", video.length);
      require(one.mask.height == video.height && one.mask.width == video.width,
              "dense_labels: frame ", one.frame, ": mask of ", one.mask.height, " x ",
              one.mask.width, ", the video is ", video.height, " x ", video.width,
              " (height x width)");
      if (area(one.mask) >= options.least_area && area(one.mask) > 0)
        masks.push_back(std::move(one));
    }
    object.masks = std::move(masks);
    if (!object.masks.empty()) kept.push_back(std::move(object));
  }
  if (options.nms) {
    detail::suppress(kept, *options.nms);
  } else {
    std::stable_sort(kept.begin(), kept.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
  }
  std::vector<ytvis_annotation> annotations;
  for (predicted_object& object : kept) {
    ytvis_annotation annotation;
    annotation.id = options.first_id + static_cast<std::int64_t>(annotations.size());
    annotation.video_id = video.id;
    annotation.category_id = options.category_id;
    annotation.height = video.height;
    annotation.width = video.width;
    annotation.length = video.length;
    annotation.score = object.score;
    for (auto& one : object.masks)
      annotation.segments.push_back(make_segment(one.frame, std::move(one.mask)));
    annotations.push_back(std::move(annotation));
  }
  return annotations;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
