// TorchScript modules as models of the extension points: features, optical flow, point tracks,
// frame masks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <torch/script.h>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/segment/feature_grid.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/torch/scripted.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// A feature_extractor: the module takes [1, 3, h, w] and gives the features of the patches,
/// [1, channels, rows, columns].
class scripted_features {
 public:
  explicit scripted_features(scripted_module module, const picture_input& input = {})
      : module_{std::move(module)}, input_{input} {}

  /// @throws invalid_input if the module fails or gives another shape
  [[nodiscard]] feature_grid operator()(const image& picture) {
    const auto out = module_({to_input(picture, input_, module_.device())}, 1)[0];
    require_shape(out, {1, any, any, any}, module_.name() + ": features");
    const auto cells = out[0].permute({1, 2, 0}).to(::torch::kCPU, ::torch::kFloat).contiguous();
    feature_grid grid(cells.size(0), cells.size(1), cells.size(2));
    const std::span<const float> values = as_span<const float>(cells);
    grid.values.assign(values.begin(), values.end());
    return grid;
  }

 private:
  scripted_module module_;
  picture_input input_;
};

/// A flow_estimator: the module takes two pictures [1, 3, h, w] and gives the displacement of the
/// first, [1, 2, rows, columns], x first, in pixels of its own grid.
class scripted_flow {
 public:
  explicit scripted_flow(scripted_module module,
                         const picture_input& input = picture_input::bytes())
      : module_{std::move(module)}, input_{input} {}

  /// @throws invalid_input if the module fails or gives another shape
  [[nodiscard]] flow_field operator()(const image& from, const image& to) {
    const auto out = module_(
        {to_input(from, input_, module_.device()), to_input(to, input_, module_.device())}, 1)[0];
    require_shape(out, {1, 2, any, any}, module_.name() + ": flow");
    flow_field flow;
    flow.u = to_matrix<float>(out[0][0]);
    flow.v = to_matrix<float>(out[0][1]);
    return flow;
  }

 private:
  scripted_module module_;
  picture_input input_;
};

struct scripted_tracker_options {
  picture_input input = picture_input::bytes(384, 512);  ///< with the corners aligned
  float visible_above = 0.9F;                            ///< strictly
  /// Points of a size x size grid in the first frame that are followed along and left out of the
  /// result: CoTracker's points see each other. 0: none.
  std::int64_t support_grid = 6;
};

/// A point_tracker in the manner of CoTracker3's offline model: the module takes a video
/// [1, T, 3, h, w] and queries [1, N, 3] (frame, x, y; pixels of h x w) and gives tracks
/// [1, T, N, 2] and visibility [1, T, N], a probability or a truth. Frames before the query come
/// from a second call on the reversed video (method: tracks of masks).
class scripted_tracker {
 public:
  /// @param frames  [T] all of one size; kept as one tensor, 4 * 3 * h * w bytes a frame
  /// @throws invalid_input if there is no frame, or sizes differ
  scripted_tracker(scripted_module module, std::span<const image> frames,
                   const scripted_tracker_options& options = {})
      : module_{std::move(module)}, options_{options} {
    require(!frames.empty(), "scripted_tracker: there is no frame");
    options_.input.align_corners = true;
    height_ = frames[0].height;
    width_ = frames[0].width;
    std::vector<::torch::Tensor> parts;
    for (const image& frame : frames) {
      require(frame.height == height_ && frame.width == width_, "scripted_tracker: frames of ",
              height_, " x ", width_, " and ", frame.height, " x ", frame.width,
              " (height x width)");
      parts.push_back(to_input(frame, options_.input, module_.device()));
    }
    video_ = ::torch::cat(parts).unsqueeze(0);
  }

  /// @throws invalid_input if the query is not in the video, the module fails or gives other shapes
  [[nodiscard]] point_tracks operator()(const track_query& query) {
    const std::int64_t frames = video_.size(1);
    const auto q = static_cast<std::int64_t>(query.frame);
    require(q < frames, "scripted_tracker: a query in frame ", q, " of ", frames);
    point_tracks tracks(static_cast<std::size_t>(frames), query.points.size());
    if (query.points.empty()) return tracks;
    follow(
        video_, query.points, q, [&](std::int64_t t) { return t; }, tracks);
    if (q > 0 && query.backward) {
      point_tracks reversed(tracks.frames, tracks.points);
      follow(
          video_.flip({1}), query.points, frames - 1 - q,
          [&](std::int64_t t) { return frames - 1 - t; }, reversed);
      const std::size_t before = query.frame * tracks.points;
      std::copy_n(reversed.at.begin(), before, tracks.at.begin());
      std::copy_n(reversed.visible.begin(), before, tracks.visible.begin());
    }
    for (std::size_t n = 0; n < tracks.points; ++n) {
      tracks.positions(query.frame)[n] = query.points[n];
      tracks.visibility(query.frame)[n] = 1;
    }
    return tracks;
  }

 private:
  /// Tracks of the points, frame t of the module's result being frame place(t).
  template <class Place>
  void follow(const ::torch::Tensor& video, std::span<const point> points, std::int64_t frame,
              const Place& place, point_tracks& out) {
    const std::int64_t h = video.size(3), w = video.size(4), extra = options_.support_grid;
    const auto n = static_cast<std::int64_t>(points.size());
    // Pixel centres of the first and last row and column stay those.
    const float to_x = scale(w, width_), to_y = scale(h, height_);
    auto queries = ::torch::empty({1, n + extra * extra, 3}, ::torch::kFloat);
    auto rows = queries.accessor<float, 3>();
    for (std::int64_t i = 0; i < n; ++i) {
      rows[0][i][0] = static_cast<float>(frame);
      rows[0][i][1] = points[static_cast<std::size_t>(i)].x * to_x;
      rows[0][i][2] = points[static_cast<std::size_t>(i)].y * to_y;
    }
    const float margin = static_cast<float>(w) / 64;
    const auto along = [&](std::int64_t i, std::int64_t extent) {
      if (extra == 1) return static_cast<float>(extent) / 2;
      return margin + (static_cast<float>(extent) - 2 * margin) * static_cast<float>(i) /
                          static_cast<float>(extra - 1);
    };
    for (std::int64_t i = 0; i < extra * extra; ++i) {
      rows[0][n + i][0] = 0;
      rows[0][n + i][1] = along(i % extra, w);
      rows[0][n + i][2] = along(i / extra, h);
    }
    const auto found = module_({video, queries.to(module_.device())}, 2);
    require_shape(found[0], {1, video.size(1), n + extra * extra, 2}, module_.name() + ": tracks");
    require_shape(found[1], {1, video.size(1), n + extra * extra}, module_.name() + ": visibility");
    const auto at = found[0].to(::torch::kCPU, ::torch::kFloat).contiguous();
    const auto seen = found[1].to(::torch::kCPU, ::torch::kFloat).contiguous();
    const auto position = at.accessor<float, 4>();
    const auto visible = seen.accessor<float, 3>();
    for (std::int64_t t = 0; t < video.size(1); ++t)
      for (std::int64_t i = 0; i < n; ++i) {
        const auto to = static_cast<std::size_t>(place(t) * n + i);
        out.at[to] = {position[0][t][i][0] / to_x, position[0][t][i][1] / to_y};
        out.visible[to] = visible[0][t][i] > options_.visible_above ? 1 : 0;
      }
  }

  static float scale(std::int64_t network, std::ptrdiff_t frame) noexcept {
    return frame > 1 ? static_cast<float>(network - 1) / static_cast<float>(frame - 1) : 1.0F;
  }

  scripted_module module_;
  scripted_tracker_options options_;
  std::ptrdiff_t height_ = 0;
  std::ptrdiff_t width_ = 0;
  ::torch::Tensor video_;  // [1, T, 3, h, w]
};

struct scripted_segmenter_options {
  picture_input input = {};
  double mask_above = 0;        ///< a pixel belongs to a mask above this: 0 for logits
  double least_score = 0.35;    ///< of a mask
  std::size_t most_masks = 10;  ///< in a frame, the best
};

/// A frame_segmenter: the module takes [1, 3, h, w] and gives maps [n, rows, columns] and their
/// scores [n] in 0..1. Maps are brought to the frame's size (bilinear, half pixels) and cut.
class scripted_segmenter {
 public:
  explicit scripted_segmenter(scripted_module module,
                              const scripted_segmenter_options& options = {})
      : module_{std::move(module)}, options_{options} {}

  /// Masks of every frame, the best first. @throws invalid_input if the module fails or gives other
  /// shapes
  [[nodiscard]] video_masks operator()(std::span<const image> frames) {
    video_masks masks(frames.size());
    for (std::size_t t = 0; t < frames.size(); ++t) {
      const auto found = module_({to_input(frames[t], options_.input, module_.device())}, 2);
      require_shape(found[0], {any, any, any}, module_.name() + ": masks");
      require_shape(found[1], {found[0].size(0)}, module_.name() + ": scores");
      const auto [scores, order] =
          found[1].to(::torch::kCPU, ::torch::kDouble).sort(/*stable=*/true, 0, true);
      for (std::int64_t i = 0; i < scores.size(0) && masks[t].size() < options_.most_masks; ++i) {
        const double score = scores[i].item<double>();
        if (!(score >= options_.least_score)) break;
        const auto map = ::at::upsample_bilinear2d(
            found[0][order[i].item<std::int64_t>()].to(::torch::kFloat).unsqueeze(0).unsqueeze(0),
            {frames[t].height, frames[t].width}, false)[0][0];
        bit_mask mask = to_bit_mask(map > options_.mask_above);
        if (area(mask) > 0)
          masks[t].push_back({std::move(mask), static_cast<float>(score < 1 ? score : 1)});
      }
    }
    return masks;
  }

 private:
  scripted_module module_;
  scripted_segmenter_options options_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
