// Training clips from videos held in memory at the training size: the preset tiny.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/mask/dense.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/torch/augment.hpp>
#include <s2d/torch/clip_sampler.hpp>
#include <s2d/torch/detail/clip_tensors.hpp>
#include <s2d/torch/frame_choice.hpp>
#include <s2d/torch/training_clip.hpp>
#include <s2d/torch/video_labels.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// A video at the training size, 4 bytes a pixel, and its masks, one byte a pixel of their boxes.
struct prepared_video {
  /// The part of a mask that is not zero: shares of pixels, 255 is all.
  struct soft_mask {
    std::ptrdiff_t x = 0;
    std::ptrdiff_t y = 0;
    matrix<std::uint8_t> share;
  };
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  video_labels labels;                        ///< extents are those of the original
  std::vector<packed_picture> frames;         ///< [length]
  std::vector<std::vector<soft_mask>> masks;  ///< as labels.objects[i].masks[j]
};

/// Brings a video to the training size: frames and masks by the area filter, so that masks become
/// soft, or by bilinear interpolation where the training size is larger.
/// @param labels         what select_labels gave
/// @param frame          frame(t) gives the picture of frame t; called from several threads
/// @param height, width  training size, multiples of 32
/// @throws invalid_input if a picture has another size than the labels say, or a size does not fit;
/// whatever frame(t) throws
template <class Frames>
requires std::invocable<const Frames&, std::ptrdiff_t>
[[nodiscard]] prepared_video prepare_video(video_labels labels, const Frames& frame,
                                           std::ptrdiff_t height, std::ptrdiff_t width,
                                           std::size_t threads = 0) {
  require(height > 0 && width > 0 && height % 32 == 0 && width % 32 == 0,
          "prepare_video: the training size is ", height, " x ", width,
          " (height x width), expected multiples of 32");
  require_labels(labels);
  const bool shrinks = height <= labels.height && width <= labels.width;
  prepared_video video{height, width, {}, {}, {}};
  video.frames.resize(static_cast<std::size_t>(labels.length));
  parallel_for(video.frames.size(), threads, [&](std::size_t t) {
    const image picture = frame(static_cast<std::ptrdiff_t>(t));
    require(picture.height == labels.height && picture.width == labels.width, labels.name,
            ", frame ", t, labels.file_names.empty() ? "" : " (",
            labels.file_names.empty() ? "" : labels.file_names[t],
            labels.file_names.empty() ? "" : ")", ": the picture is ", picture.height, " x ",
            picture.width, ", its labels are ", labels.height, " x ", labels.width,
            " (height x width)");
    video.frames[t] = packed_picture{shrinks ? resize_area(picture, height, width)
                                             : resize_bilinear(picture, height, width)};
  });
  for (const object_labels& object : labels.objects) {
    auto& masks = video.masks.emplace_back(object.masks.size());
    parallel_for(masks.size(), threads, [&](std::size_t i) {
      matrix<std::uint8_t> dense = decode(object.masks[i].mask);
      for (std::uint8_t& value : dense.values) value = value != 0 ? 255 : 0;
      const matrix<std::uint8_t> soft =
          shrinks ? resize_area(std::as_const(dense).view(), height, width)
                  : resize_bilinear(std::as_const(dense).view(), height, width);
      const box b = bounding_box(mask_view<const std::uint8_t>{soft.view()});
      masks[i] = {b.x, b.y, matrix<std::uint8_t>(b.height, b.width)};
      for (std::ptrdiff_t y = 0; y < b.height; ++y)
        for (std::ptrdiff_t x = 0; x < b.width; ++x) masks[i].share(y, x) = soft(b.y + y, b.x + x);
    });
  }
  video.labels = std::move(labels);
  return video;
}

/// The same for frames in memory.
/// @throws invalid_input if there are more or fewer frames than the labels say
[[nodiscard]] inline prepared_video prepare_video(video_labels labels,
                                                  std::span<const image> frames,
                                                  std::ptrdiff_t height, std::ptrdiff_t width,
                                                  std::size_t threads = 0) {
  require(static_cast<std::ptrdiff_t>(frames.size()) == labels.length, labels.name, ": ",
          frames.size(), " frames, but labels for ", labels.length);
  return prepare_video(
      std::move(labels),
      [&](std::ptrdiff_t t) -> const image& { return frames[static_cast<std::size_t>(t)]; }, height,
      width, threads);
}

/// Mean and standard deviation of a channel, values 0 to 255: what video_mask2former_config calls
/// pixel_mean and pixel_std.
struct pixel_statistics {
  std::array<double, 3> mean{};
  std::array<double, 3> deviation{};  ///< 0.255 is added, so that it is never zero
};

/// Over all pixels of all frames of all videos. Exact, whatever the order.
/// @throws invalid_input if there is no frame
[[nodiscard]] inline pixel_statistics statistics_of(std::span<const prepared_video> videos) {
  std::array<std::uint64_t, 3> sum{}, squares{};
  std::uint64_t count = 0;
  for (const prepared_video& video : videos)
    for (const packed_picture& picture : video.frames) {
      for (const std::uint32_t pixel : picture.pixels.values)
        for (std::size_t c = 0; c < 3; ++c) {
          const std::uint64_t value = (pixel >> (8 * c)) & 255U;
          sum[c] += value;
          squares[c] += value * value;
        }
      count += picture.pixels.values.size();
    }
  require(count > 0, "statistics_of: there is no frame");
  pixel_statistics result;
  const auto n = static_cast<double>(count);
  for (std::size_t c = 0; c < 3; ++c) {
    result.mean[c] = static_cast<double>(sum[c]) / n;
    const double variance = static_cast<double>(squares[c]) / n - result.mean[c] * result.mean[c];
    result.deviation[c] = std::sqrt(variance > 0 ? variance : 0) + 0.255;
  }
  return result;
}

struct memory_clip_options {
  keymask_choice choice{.any_first = 0.3};
  /// From this step on `choice.any_first` holds, before it is 0; negative: never. Without labels
  /// from a teacher a clip without a mask teaches nothing.
  std::int64_t any_first_from = -1;
  affine_augmentation augmentation{};
  double least_area = 8;   ///< pixels that must be left of a mask, else it has weight 0;
                           ///< negative: masks without a pixel count as well
  std::int64_t batch = 1;  ///< clips of a step
  std::uint64_t seed = 0;
  std::size_t threads = 1;  ///< that work on one clip; 0: one per processor
};

/// Clips out of videos in memory, with one random affine map and change of colour each. Copies
/// share the videos.
class memory_clips {
 public:
  /// @throws invalid_input if there is no video, or one has no mask
  explicit memory_clips(std::vector<prepared_video> videos, const memory_clip_options& options = {})
      : memory_clips{
            std::make_shared<const std::vector<prepared_video>>(std::move(videos)), {}, options} {}

  /// With given mean and deviation, for instance those that a network was trained with; deviations
  /// of zero stand for those of the videos.
  memory_clips(std::vector<prepared_video> videos, const pixel_statistics& pixels,
               const memory_clip_options& options = {})
      : memory_clips{std::make_shared<const std::vector<prepared_video>>(std::move(videos)), pixels,
                     options} {}

  /// By which frames are normalised.
  [[nodiscard]] const pixel_statistics& pixels() const noexcept { return pixels_; }
  [[nodiscard]] const std::vector<prepared_video>& videos() const noexcept { return *videos_; }

  /// Clip `index` of batch `step`. Deterministic for any number of threads.
  /// @throws invalid_input if step or index are out of range
  [[nodiscard]] training_clip operator()(std::int64_t step, std::int64_t index) const {
    const prepared_video& video = (*videos_)[sampler_(step, index)];
    random_stream random{detail::mixed_seed(options_.seed, step, index)};
    keymask_choice rule = options_.choice;
    if (options_.any_first_from < 0 || step < options_.any_first_from) rule.any_first = 0;
    const auto chosen = choose_frames(video.labels, rule, random);
    const auto change = draw_change(options_.augmentation, video.height, video.width, random);
    return assemble(video, chosen, change);
  }

  /// The clip of given frames under a given change: what operator() makes of what it draws.
  /// @throws invalid_input if a frame is not in the video
  [[nodiscard]] training_clip assemble(const prepared_video& video,
                                       std::span<const std::ptrdiff_t> frames,
                                       const affine_change& change = {}) const {
    for (const std::ptrdiff_t t : frames)
      require(t >= 0 && t < video.labels.length, video.labels.name, ": frame ", t, " of ",
              video.labels.length);
    training_clip clip;
    clip.name = detail::clip_name(video.labels.name, frames);
    clip.frames = ::torch::empty(
        {static_cast<std::int64_t>(frames.size()), 3, video.height, video.width}, ::torch::kFloat);
    std::array<float, 3> gain{}, offset{};
    for (std::size_t c = 0; c < 3; ++c) {
      const double scale = change.gain / pixels_.deviation[c];
      gain[c] = static_cast<float>(scale);
      offset[c] = static_cast<float>(change.offset[c] - pixels_.mean[c] * scale);
    }
    for (std::size_t f = 0; f < frames.size(); ++f)
      sample_affine(video.frames[static_cast<std::size_t>(frames[f])], change.map,
                    detail::channel_planes(clip.frames, f), outside::reflect, gain, offset,
                    options_.threads);
    detail::clip_masks masks{video.labels, frames, video.height, video.width};
    masks.fill(clip, options_.least_area,
               [&](std::size_t object, std::size_t label, std::size_t, plane_view<float> out) {
                 const auto& mask = video.masks[object][label];
                 if (mask.share.empty()) return detail::clear(out);
                 affine_map map = change.map;
                 map.x0 -= static_cast<double>(mask.x);
                 map.y0 -= static_cast<double>(mask.y);
                 sample_affine(mask.share.view(), map, out, outside::zero, 1.0f / 255,
                               options_.threads);
               });
    return clip;
  }

 private:
  memory_clips(std::shared_ptr<const std::vector<prepared_video>> videos,
               const pixel_statistics& pixels, const memory_clip_options& options)
      : videos_{std::move(videos)},
        options_{options},
        sampler_{checked(*videos_), options.batch, options.seed, groups(*videos_)},
        pixels_{pixels.deviation[0] > 0 ? pixels : statistics_of(*videos_)} {}

  static std::size_t checked(const std::vector<prepared_video>& videos) {
    for (const prepared_video& video : videos)
      require(!labelled_frames(video.labels).empty(), video.labels.name, ": no frame has a mask");
    return videos.size();
  }

  static std::vector<std::uint8_t> groups(const std::vector<prepared_video>& videos) {
    std::vector<std::uint8_t> lying;
    for (const prepared_video& video : videos) lying.push_back(video.width > video.height ? 1 : 0);
    return lying;
  }

  std::shared_ptr<const std::vector<prepared_video>> videos_;
  memory_clip_options options_;
  clip_sampler sampler_;
  pixel_statistics pixels_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
