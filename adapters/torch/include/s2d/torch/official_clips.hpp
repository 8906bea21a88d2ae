// Training clips from videos whose frames are read when they are needed: the official recipe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/torch/clip_sampler.hpp>
#include <s2d/torch/detail/clip_tensors.hpp>
#include <s2d/torch/frame_choice.hpp>
#include <s2d/torch/official_augment.hpp>
#include <s2d/torch/training_clip.hpp>
#include <s2d/torch/training_video.hpp>
#include <s2d/torch/video_labels.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

struct official_clip_options {
  window_choice choice;
  official_augmentation augmentation;
  std::array<double, 3> pixel_mean{123.675, 116.28, 103.53};  ///< as in video_mask2former_config
  std::array<double, 3> pixel_deviation{58.395, 57.12, 57.375};
  double least_area = 1;   ///< pixels that must be left of a mask, else it has weight 0;
                           ///< negative: masks without a pixel count as well (strategy "full")
  std::int64_t batch = 4;  ///< clips of a step, all lying or all not
  bool group_by_aspect = true;
  std::uint64_t seed = 0;
  std::size_t threads = 1;  ///< that work on the frames of one clip; 0: one per processor
};

namespace detail {

inline image read_frame(const training_video& video, std::ptrdiff_t t, const std::string& clip) {
  const video_labels& labels = video.labels;
  require(t >= 0 && t < labels.length, clip, ": frame ", t, " of ", labels.length);
  image picture;
  try {
    picture = video.frame(t);
  } catch (const invalid_input& error) {
    throw invalid_input{concat(clip, ": ", error.what())};
  } catch (const io_error& error) {
    throw io_error{concat(clip, ": ", error.what())};
  }
  require(picture.height == labels.height && picture.width == labels.width, clip, ": frame ", t,
          " is ", picture.height, " x ", picture.width, ", its labels are ", labels.height, " x ",
          labels.width, " (height x width)");
  return picture;
}

}  // namespace detail

/// The clip of given frames of a video under given changes, one for each; a video without masks
/// gives one without instances. Frames are padded to the right and below with zeros to the size of
/// the largest, and to multiples of 32. Of the options `choice`, `augmentation`, `batch` and `seed`
/// do not matter here.
/// @throws invalid_input or io_error naming the clip if a frame cannot be read or has another size
/// than its labels
[[nodiscard]] inline training_clip official_clip(const training_video& video,
                                                 std::span<const std::ptrdiff_t> frames,
                                                 std::span<const official_change> changes,
                                                 const official_clip_options& options = {}) {
  require(!frames.empty() && frames.size() == changes.size(), "official_clip: ", frames.size(),
          " frames and ", changes.size(), " changes");
  training_clip clip;
  clip.name = detail::clip_name(video.labels.name, frames);
  std::ptrdiff_t height = 0, width = 0;
  for (const official_change& change : changes) {
    height = change.height > height ? change.height : height;
    width = change.width > width ? change.width : width;
  }
  height = (height + 31) / 32 * 32;
  width = (width + 31) / 32 * 32;
  clip.frames =
      ::torch::empty({static_cast<std::int64_t>(frames.size()), 3, height, width}, ::torch::kFloat);
  parallel_for(frames.size(), options.threads, [&](std::size_t f) {
    const image picture = detail::read_frame(video, frames[f], clip.name);
    apply_change(picture, changes[f], options.pixel_mean, options.pixel_deviation,
                 detail::channel_planes(clip.frames, f));
  });
  const detail::clip_masks masks{video.labels, frames, height, width};
  masks.fill(clip, options.least_area,
             [&](std::size_t object, std::size_t label, std::size_t f, plane_view<float> out) {
               apply_change(video.labels.objects[object].masks[label].mask, changes[f], out);
             });
  return clip;
}

/// Clips as the official code makes them. Copies share the videos.
class official_clips {
 public:
  /// @throws invalid_input if there is no video, or one has no mask or no frames to read
  explicit official_clips(std::vector<training_video> videos, official_clip_options options = {})
      : videos_{std::make_shared<const std::vector<training_video>>(std::move(videos))},
        options_{std::move(options)},
        sampler_{checked(*videos_), options_.batch, options_.seed, groups()} {
    for (const double deviation : options_.pixel_deviation)
      require(deviation > 0, "official_clips: a pixel deviation of ", deviation,
              ", expected above 0");
  }

  [[nodiscard]] const std::vector<training_video>& videos() const noexcept { return *videos_; }

  /// Clip `index` of batch `step`. Deterministic for any number of threads.
  /// @throws invalid_input or io_error naming the clip if a frame cannot be read or has another
  /// size than its labels
  [[nodiscard]] training_clip operator()(std::int64_t step, std::int64_t index) const {
    const training_video& video = (*videos_)[sampler_(step, index)];
    random_stream random{detail::mixed_seed(options_.seed, step, index)};
    const auto chosen = choose_frames(video.labels, options_.choice, random);
    const auto changes = draw_changes(options_.augmentation, video.labels.height,
                                      video.labels.width, chosen.size(), random);
    return official_clip(video, chosen, changes, options_);
  }

 private:
  static std::size_t checked(const std::vector<training_video>& videos) {
    for (const training_video& video : videos) {
      require_labels(video.labels);
      require(!labelled_frames(video.labels).empty(), video.labels.name, ": no frame has a mask");
      require(video.frame != nullptr, video.labels.name, ": there is nothing to read frames with");
    }
    return videos.size();
  }

  std::vector<std::uint8_t> groups() const {
    std::vector<std::uint8_t> lying;
    if (options_.group_by_aspect)
      for (const training_video& video : *videos_)
        lying.push_back(video.labels.width > video.labels.height ? 1 : 0);
    return lying;
  }

  std::shared_ptr<const std::vector<training_video>> videos_;
  official_clip_options options_;
  clip_sampler sampler_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
