// Pseudo masks of a video's objects, what they are worth, and which of them training takes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/share.hpp>
#include <s2d/keymask/output.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// The pseudo mask of an object in one frame.
struct label_mask {
  std::ptrdiff_t frame = 0;
  rle mask;         ///< [height, width] of the video
  float trust = 1;  ///< in [0, 1], how sure the mask is; a rank, or a weight of the loss
};

/// One object, with a mask in some of the frames.
struct object_labels {
  std::int64_t id = 0;
  float score = 1;                ///< in [0, 1], how sure the object is
  std::vector<label_mask> masks;  ///< frames ascending, at most one a frame
};

/// What is known about one video.
struct video_labels {
  std::string name;           ///< for errors
  std::ptrdiff_t height = 0;  ///< of the frames and of all masks
  std::ptrdiff_t width = 0;
  std::ptrdiff_t length = 0;            ///< frames
  std::vector<std::string> file_names;  ///< [length] where the frames are files, else empty
  std::vector<object_labels> objects;
};

/// What a mask counts in the loss.
enum class label_weight {
  equal,  ///< all masks count 1
  trust   ///< its trust, at least label_options::least_weight
};

/// Which masks are taken, and what they count. The defaults take all, with weight 1.
struct label_options {
  double min_score = 0;  ///< objects below are left out
  double min_trust = 0;  ///< masks below are left out
  /// In [0, 1]: of each object, masks with less than this share of the trust of its good masks are
  /// left out; good is what a tenth of them reach. What is left follows the object: nearly all
  /// where its masks are equally good, few where they are not.
  double relative_trust = 0;
  double frame_share = 1;  ///< in (0, 1]: of each object the most trusted share of its masks, at
                           ///< least one; equal trust: earlier frames first
  label_weight weight = label_weight::equal;
  double least_weight = 0.05;  ///< in (0, 1]
  bool keep_empty = false;     ///< masks without a pixel count as masks, as in the official code
};

/// Throws unless extents are positive, and masks have the video's size, a frame within its length
/// in ascending order and a trust in [0, 1].
/// @throws invalid_input naming the video, the object and the frame
inline void require_labels(const video_labels& video) {
  require(video.height > 0 && video.width > 0 && video.length > 0, video.name, ": ", video.length,
          " frames of ", video.height, " x ", video.width,
          " (height x width), expected at least one frame and one pixel");
  require(
      video.file_names.empty() || video.file_names.size() == static_cast<std::size_t>(video.length),
      video.name, ": ", video.file_names.size(), " file names for ", video.length, " frames");
  for (const object_labels& object : video.objects) {
    std::ptrdiff_t next = 0;
    for (const label_mask& label : object.masks) {
      require(label.frame >= next && label.frame < video.length, video.name, ", object ", object.id,
              ": a mask of frame ", label.frame, ", expected ", next, " to ", video.length - 1,
              ", ascending");
      next = label.frame + 1;
      require(label.mask.height == video.height && label.mask.width == video.width, video.name,
              ", object ", object.id, ", frame ", label.frame, ": the mask is ", label.mask.height,
              " x ", label.mask.width, ", the frames are ", video.height, " x ", video.width,
              " (height x width)");
      require(label.trust >= 0 && label.trust <= 1, video.name, ", object ", object.id, ", frame ",
              label.frame, ": trust is ", label.trust, ", expected 0 to 1");
    }
  }
}

namespace detail {

/// The trust that a tenth of the masks reach; 0 if there is none.
inline double good_trust(const std::vector<label_mask>& masks) {
  std::vector<float> trust;
  for (const label_mask& label : masks) trust.push_back(label.trust);
  if (trust.empty()) return 0;
  s2d::detail::sort_stably(trust, [](float a, float b) { return a > b; });
  return static_cast<double>(trust[(trust.size() - 1) / 10]);
}

}  // namespace detail

/// Leaves out what the options do not take, and sets every trust to what the mask counts in the
/// loss, in (0, 1]. Objects without a mask are left out.
/// @throws invalid_input as require_labels, or an option is out of its range
[[nodiscard]] inline video_labels select_labels(video_labels video,
                                                const label_options& options = {}) {
  require(options.frame_share > 0 && options.frame_share <= 1, "label_options: frame_share is ",
          options.frame_share, ", expected above 0, to 1");
  require(options.least_weight > 0 && options.least_weight <= 1, "label_options: least_weight is ",
          options.least_weight, ", expected above 0, to 1");
  require(options.relative_trust >= 0 && options.relative_trust <= 1,
          "label_options: relative_trust is ", options.relative_trust, ", expected 0 to 1");
  require_labels(video);
  std::vector<object_labels> kept;
  for (object_labels& object : video.objects) {
    if (object.score < static_cast<float>(options.min_score)) continue;
    std::vector<label_mask> masks;
    for (label_mask& label : object.masks)
      if (label.trust >= static_cast<float>(options.min_trust) &&
          (options.keep_empty || area(label.mask) > 0))
        masks.push_back(std::move(label));
    if (masks.empty()) continue;
    const double worst = options.relative_trust * detail::good_trust(masks);
    std::erase_if(masks, [&](const label_mask& label) { return label.trust < worst; });
    const std::size_t count = smallest_share(options.frame_share, masks.size());
    object.masks.clear();
    if (count < masks.size()) {
      auto order = s2d::detail::counted<std::size_t>(masks.size());
      s2d::detail::sort_stably(
          order, [&](std::size_t a, std::size_t b) { return masks[a].trust > masks[b].trust; });
      std::vector<std::uint8_t> taken(masks.size());
      for (std::size_t i = 0; i < count; ++i) taken[order[i]] = 1;
      for (std::size_t i = 0; i < masks.size(); ++i)
        if (taken[i]) object.masks.push_back(std::move(masks[i]));
    } else {
      object.masks = std::move(masks);
    }
    for (label_mask& label : object.masks) {
      const auto least = static_cast<float>(options.least_weight);
      label.trust = options.weight == label_weight::equal ? 1.0f
                    : label.trust < least                 ? least
                                                          : label.trust;
    }
    kept.push_back(std::move(object));
  }
  video.objects = std::move(kept);
  return video;
}

/// The frames in which at least one object has a mask, ascending.
[[nodiscard]] inline std::vector<std::ptrdiff_t> labelled_frames(const video_labels& video) {
  std::vector<std::uint8_t> has(static_cast<std::size_t>(video.length));
  for (const object_labels& object : video.objects)
    for (const label_mask& label : object.masks) has[static_cast<std::size_t>(label.frame)] = 1;
  std::vector<std::ptrdiff_t> frames;
  for (std::size_t t = 0; t < has.size(); ++t)
    if (has[t]) frames.push_back(static_cast<std::ptrdiff_t>(t));
  return frames;
}

/// Removes the videos without any mask, and gives their number.
/// @throws invalid_input if none is left
inline std::size_t drop_unlabelled(std::vector<video_labels>& videos) {
  const std::size_t before = videos.size();
  std::erase_if(videos, [](const video_labels& video) { return labelled_frames(video).empty(); });
  require(!videos.empty(), "training data: none of ", before, " videos has a mask");
  return before - videos.size();
}

/// What says how far a keymask is to be trusted.
enum class label_trust {
  confidence,  ///< frame_mask::confidence; ranks masks better, see docs/results.md
  coherence    ///< keymask::coherence
};

/// The keymasks of what discovery found, at the size of the frames, the score that of the object.
/// Where several masks make up one, its trust is their least confidence (all have to be right), or
/// their largest coherence (one of them is followed).
/// @param masks  what the objects were found in, [length][any]
/// @throws invalid_input as object_masks
[[nodiscard]] inline video_labels to_labels(std::string name, std::span<const object> objects,
                                            const video_masks& masks, std::ptrdiff_t frame_height,
                                            std::ptrdiff_t frame_width,
                                            label_trust by = label_trust::confidence) {
  video_labels video{std::move(name),
                     frame_height,
                     frame_width,
                     static_cast<std::ptrdiff_t>(masks.size()),
                     {},
                     {}};
  for (std::size_t i = 0; i < objects.size(); ++i) {
    object_labels labels{static_cast<std::int64_t>(i + 1), objects[i].score, {}};
    const auto dense = object_masks(objects[i], masks, frame_height, frame_width);
    for (std::size_t t = 0; t < dense.size(); ++t) {
      if (dense[t].empty()) continue;
      float coherence = 0, confidence = 1;
      for (const keymask& key : objects[i].keymasks) {
        if (key.frame != t) continue;
        if (key.coherence > coherence) coherence = key.coherence;
        confidence = (std::min)(confidence, masks[t][key.index].confidence);
      }
      labels.masks.push_back({static_cast<std::ptrdiff_t>(t), encode(dense[t]),
                              by == label_trust::confidence ? confidence : coherence});
    }
    video.objects.push_back(std::move(labels));
  }
  return video;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
