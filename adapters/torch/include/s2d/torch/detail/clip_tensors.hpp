// Filling the tensors of a training clip.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/core/view.hpp>
#include <s2d/torch/training_clip.hpp>
#include <s2d/torch/video_labels.hpp>

namespace s2d::inline S2D_ABI {
namespace torch::detail {

/// "video, frames 3 7"
[[nodiscard]] inline std::string clip_name(std::string_view video,
                                           std::span<const std::ptrdiff_t> frames) {
  std::string name = concat(video, ", frames");
  for (const std::ptrdiff_t t : frames) name += concat(' ', t);
  return name;
}

/// The planes of frame f of [F, 3, H, W].
[[nodiscard]] inline std::array<plane_view<float>, 3> channel_planes(const ::torch::Tensor& frames,
                                                                     std::size_t f) {
  const auto h = static_cast<std::ptrdiff_t>(frames.size(2)),
             w = static_cast<std::ptrdiff_t>(frames.size(3));
  float* const first = frames.data_ptr<float>() + static_cast<std::ptrdiff_t>(f) * 3 * h * w;
  return {plane_view<float>{first, h, w}, plane_view<float>{first + h * w, h, w},
          plane_view<float>{first + 2 * h * w, h, w}};
}

inline void clear(const plane_view<float>& plane) {
  for (std::ptrdiff_t y = 0; y < plane.height; ++y)
    std::memset(plane.row(y), 0, static_cast<std::size_t>(plane.width) * sizeof(float));
}

/// Whether the values sum to at least `least`, and to more than 0.
[[nodiscard]] inline bool holds_area(const plane_view<float>& plane, double least) {
  double sum = 0;
  for (std::ptrdiff_t y = 0; y < plane.height; ++y) {
    const float* const row = plane.row(y);
    constexpr std::ptrdiff_t lanes = 16;
    float part[lanes] = {};
    std::ptrdiff_t x = 0;
    for (; x + lanes <= plane.width; x += lanes)
      for (std::ptrdiff_t i = 0; i < lanes; ++i) part[i] += row[x + i];
    for (; x < plane.width; ++x) part[0] += row[x];
    for (const float value : part) sum += static_cast<double>(value);
    if (sum > 0 && sum >= least) return true;
  }
  return false;
}

/// The masks of the objects that have one in the chosen frames.
class clip_masks {
 public:
  clip_masks(const video_labels& labels, std::span<const std::ptrdiff_t> frames,
             std::ptrdiff_t height, std::ptrdiff_t width)
      : labels_{labels}, frames_{frames.size()}, height_{height}, width_{width} {
    for (std::size_t o = 0; o < labels.objects.size(); ++o) {
      const auto& masks = labels.objects[o].masks;
      std::vector<std::size_t> found(frames_, none);
      bool any_found = false;
      for (std::size_t i = 0; i < masks.size(); ++i)
        for (std::size_t f = 0; f < frames_; ++f)
          if (masks[i].frame == frames[f]) {
            found[f] = i;
            any_found = true;
          }
      if (any_found) {
        objects_.push_back(o);
        labels_of_.push_back(std::move(found));
      }
    }
  }

  /// Sets masks and weights of the clip. draw(object, label, f, plane) writes one mask, all of it;
  /// one of which less than `least_area` pixels are left has weight 0, and an object without a
  /// weight is left out.
  template <class Draw>
  void fill(training_clip& clip, double least_area, const Draw& draw) const {
    const auto n = static_cast<std::int64_t>(objects_.size()),
               f_count = static_cast<std::int64_t>(frames_);
    clip.masks = ::torch::empty({n, f_count, height_, width_}, ::torch::kFloat);
    clip.weights = ::torch::zeros({n, f_count}, ::torch::kFloat);
    float* const values = clip.masks.data_ptr<float>();
    float* const weights = clip.weights.data_ptr<float>();
    std::vector<std::int64_t> alive;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      bool seen = false;
      for (std::size_t f = 0; f < frames_; ++f) {
        const std::size_t at = i * frames_ + f;
        const plane_view<float> plane{values + static_cast<std::ptrdiff_t>(at) * height_ * width_,
                                      height_, width_};
        const std::size_t label = labels_of_[i][f];
        if (label == none) {
          clear(plane);
          continue;
        }
        draw(objects_[i], label, f, plane);
        if (least_area < 0 || holds_area(plane, least_area)) {
          weights[at] = labels_.objects[objects_[i]].masks[label].trust;
          seen = seen || weights[at] > 0;
        } else {
          clear(plane);
        }
      }
      if (seen) alive.push_back(static_cast<std::int64_t>(i));
    }
    if (alive.size() == objects_.size()) return;
    const auto index = ::torch::tensor(alive, ::torch::kLong);
    clip.masks = clip.masks.index_select(0, index);
    clip.weights = clip.weights.index_select(0, index);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  const video_labels& labels_;
  std::size_t frames_;
  std::ptrdiff_t height_, width_;
  std::vector<std::size_t> objects_;                 // that have a mask in the clip
  std::vector<std::vector<std::size_t>> labels_of_;  // [objects_][frames_]
};

}  // namespace torch::detail
}  // namespace s2d::inline S2D_ABI
