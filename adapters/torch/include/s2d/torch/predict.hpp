// Objects of a whole video, of any length: clip by clip, joined.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/assign/hungarian.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/mask/tube.hpp>
#include <s2d/torch/predict_masks.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/video_mask2former.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// What makes an object of one clip that of the next.
enum class identity {
  overlap,  ///< masks that overlap in the frames that both clips have
  query     ///< the query: for a network that was trained on this one video
};

struct prediction_options {
  torch::identity identity = torch::identity::overlap;
  std::int64_t clip_length = 36;
  std::int64_t shared = 6;  ///< frames that a clip has in common with the next
  bool flip = false;        ///< identity query: average over the mirrored frames too
  /// Identity query: average over frames of these sizes, as shares of their own; each side is
  /// rounded to a multiple of 32.
  std::vector<double> scales{1};
  /// Identity query: changes the probabilities of a frame, [n, h, w] at the size of the video,
  /// before masks are cut at one half; see mask_refiner. Maps that are nowhere above 0.1 are left
  /// out, as they have no mask. Empty: they stay as they are.
  std::function<::torch::Tensor(std::int64_t frame, const ::torch::Tensor& maps)> refine;
  /// Identity query: an object is absent where its mask has less than this share of the median
  /// area of its masks.
  double least_part = 0;
  /// identity overlap: of every clip, and nms once more over the whole video; query: of the video.
  selection_options selection;
  double least_overlap = 0.5;  ///< IoU in shared frames from which objects are joined
};

/// As the official code predicts, in clips.
[[nodiscard]] inline prediction_options official_prediction() { return {}; }

/// As the tiny preset predicts: clips of two frames, both sides and two sizes, scores averaged over
/// the video. Frames at hand, refine should be a mask_refiner (torch/mask_refiner.hpp).
/// @param objects  how many the best queries stand for
[[nodiscard]] inline prediction_options tiny_prediction(std::int64_t objects = 1) {
  prediction_options options;
  options.identity = identity::query;
  options.clip_length = 2;
  options.shared = 0;
  options.flip = true;
  options.scales = {1, 1.3};
  options.least_part = 0.1;
  options.selection.top_k = objects;
  return options;
}

/// Gives frames [count, 3, h, w] of a video from `first` on, normalised, on the network's device or
/// not; h and w multiples of 32 and the same in all calls.
using frame_source = std::function<::torch::Tensor(std::int64_t first, std::int64_t count)>;

namespace detail {

/// Objects of clips that follow each other, joined by overlap.
class object_tracks {
 public:
  explicit object_tracks(double least) : least_{least} {}

  /// Objects of the clip [first, end); frames before `fresh` were in the clip before it.
  void add(std::vector<predicted_object> found, std::int64_t first, std::int64_t fresh,
           std::int64_t end) {
    using tube = std::vector<tube_segment<rle>>;
    const auto common = [&](const tube& masks) {
      tube part;
      for (const auto& one : masks)
        if (one.frame >= first && one.frame < fresh) part.push_back(one);
      return part;
    };
    std::vector<tube> before, now;
    for (const std::size_t i : alive_) before.push_back(common(tracks_[i].object.masks));
    for (const auto& object : found) now.push_back(common(object.masks));
    std::vector<std::size_t> alive;
    std::vector<bool> joined(found.size());
    if (!before.empty() && !now.empty()) {
      const auto overlaps = tube_iou<double>(before, now, absent_frame::empty);
      const auto match = hungarian(overlaps, {.maximize = true});
      for (std::size_t i = 0; i < before.size(); ++i) {
        const auto j = match->column_of[i];
        if (j == assignment::none) continue;
        const double overlap = overlaps(static_cast<std::ptrdiff_t>(i), j);
        if (overlap <= 0 || overlap < least_) continue;
        auto& object = found[static_cast<std::size_t>(j)];
        joined[static_cast<std::size_t>(j)] = true;
        track& to = tracks_[alive_[i]];
        for (auto& mask : object.masks)
          if (mask.frame >= fresh) to.object.masks.push_back(std::move(mask));
        to.score += object.score * static_cast<double>(end - first);
        to.frames += static_cast<double>(end - first);
        alive.push_back(alive_[i]);
      }
    }
    for (std::size_t j = 0; j < found.size(); ++j) {
      if (joined[j]) continue;
      const auto frames = static_cast<double>(end - first);
      const double score = found[j].score * frames;
      alive.push_back(tracks_.size());
      tracks_.push_back({std::move(found[j]), score, frames});
    }
    alive_ = std::move(alive);
  }

  std::vector<predicted_object> finish() {
    std::vector<predicted_object> objects;
    for (track& one : tracks_) {
      one.object.score = one.score / one.frames;
      objects.push_back(std::move(one.object));
    }
    return objects;
  }

 private:
  struct track {
    predicted_object object;
    double score = 0, frames = 0;
  };
  std::vector<track> tracks_;
  std::vector<std::size_t> alive_;
  double least_;
};

/// Frames [f, 3, h, w] at another size, both sides multiples of 32.
inline ::torch::Tensor scaled_frames(const ::torch::Tensor& frames, double scale) {
  const auto side = [&](std::int64_t extent) {
    return 32 * (std::max)(std::int64_t{1},
                           std::int64_t{std::llround(static_cast<double>(extent) * scale / 32)});
  };
  const std::int64_t h = side(frames.size(2)), w = side(frames.size(3));
  if (h == frames.size(2) && w == frames.size(3)) return frames;
  return ::at::upsample_bilinear2d(frames, {h, w}, false);
}

/// Masks of all queries, each frame the mean of the clips that have it.
class query_masks {
 public:
  query_masks(std::int64_t queries, mask_sizes sizes, const prediction_options& options)
      : sizes_{sizes},
        options_{options},
        scores_(static_cast<std::size_t>(queries)),
        masks_(scores_.size()) {}

  /// class_logits [q, 2], probabilities [q, f, h, w].
  void add(const ::torch::Tensor& class_logits, const ::torch::Tensor& probabilities,
           std::int64_t first) {
    const auto p = class_logits.to(::torch::kFloat)
                       .softmax(-1)
                       .select(1, 0)
                       .to(::torch::kCPU, ::torch::kDouble)
                       .contiguous();
    for (std::size_t i = 0; i < scores_.size(); ++i) scores_[i] += p.const_data_ptr<double>()[i];
    ++clips_;
    for (std::int64_t t = 0; t < probabilities.size(1); ++t) {
      pending& frame = frames_[first + t];
      auto here = probabilities.select(1, t);
      if (frame.count > 0) {
        fit(here, frame.sum);
        fit(frame.sum, here);
      }
      frame.sum = frame.count == 0 ? here : frame.sum + here;
      ++frame.count;
    }
  }

  /// Encodes frames before `end`, which no further clip has.
  void flush(std::int64_t end) {
    while (!frames_.empty() && frames_.begin()->first < end) {
      const auto& [t, frame] = *frames_.begin();
      const auto coarse = frame.sum / static_cast<double>(frame.count);
      const auto rows = visible(coarse);
      if (!rows.empty()) {
        auto maps = to_video_size(coarse.index_select(0, index_of(rows, coarse)), sizes_);
        if (options_.refine) refine(maps, rows, t);
        const auto inside = (maps > 0.5).to(::torch::kCPU).contiguous();
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const auto map = inside[static_cast<std::int64_t>(i)];
          rle mask = encode(as_mask<const std::uint8_t>(map, "masks"));
          if (area(mask) > 0)
            masks_[static_cast<std::size_t>(rows[i])].push_back({t, std::move(mask)});
        }
      }
      frames_.erase(frames_.begin());
    }
  }

  std::vector<predicted_object> finish() {
    const selection_options& options = options_.selection;
    require(options.top_k > 0, "predict: top_k is ", options.top_k, ", expected more than 0");
    for (double& score : scores_) score /= static_cast<double>((std::max)(clips_, std::int64_t{1}));
    std::vector<predicted_object> objects;
    for (const std::int64_t i : best_queries(
             scores_, options.nms ? static_cast<std::int64_t>(scores_.size()) : options.top_k,
             options.least_score)) {
      const auto at = static_cast<std::size_t>(i);
      objects.push_back({scores_[at], i, std::move(masks_[at])});
      drop_little_parts(objects.back().masks);
    }
    if (options.nms) suppress(objects, *options.nms);
    if (static_cast<std::int64_t>(objects.size()) > options.top_k)
      objects.resize(static_cast<std::size_t>(options.top_k));
    return objects;
  }

 private:
  struct pending {
    ::torch::Tensor sum;
    std::int64_t count = 0;
  };

  /// Brings maps [n, h, w] to the size of `other` where that is larger.
  static void fit(::torch::Tensor& maps, const ::torch::Tensor& other) {
    if (maps.size(1) < other.size(1) || maps.size(2) < other.size(2))
      maps = ::at::upsample_bilinear2d(maps.unsqueeze(0), {other.size(1), other.size(2)}, false)
                 .squeeze(0);
  }

  using indices = std::vector<std::int64_t>;

  static ::torch::Tensor index_of(const indices& rows, const ::torch::Tensor& of) {
    return ::torch::tensor(rows, ::torch::kLong).to(of.device());
  }

  /// Maps that are somewhere likely enough to become a mask.
  static indices visible(const ::torch::Tensor& maps) {
    if (maps.numel() == 0) return {};
    const auto largest = maps.amax({1, 2}).to(::torch::kCPU, ::torch::kFloat).contiguous();
    indices rows;
    for (std::int64_t i = 0; i < largest.size(0); ++i)
      if (largest.const_data_ptr<float>()[i] > unlikely) rows.push_back(i);
    return rows;
  }

  /// Only those that may become an object: queries that are sure of nothing stay as they are.
  /// @param rows  [n] the queries of the maps
  void refine(::torch::Tensor& maps, const indices& rows, std::int64_t t) const {
    const double least = options_.selection.least_score * static_cast<double>(clips_);
    indices chosen;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (scores_[static_cast<std::size_t>(rows[i])] >= least)
        chosen.push_back(static_cast<std::int64_t>(i));
    if (chosen.empty()) return;
    const auto index = index_of(chosen, maps);
    maps = maps.index_copy(0, index,
                           options_.refine(t, maps.index_select(0, index)).to(maps.device()));
  }

  void drop_little_parts(std::vector<tube_segment<rle>>& masks) const {
    if (!(options_.least_part > 0) || masks.empty()) return;
    std::vector<double> areas;
    for (const auto& one : masks) areas.push_back(static_cast<double>(area(one.mask)));
    const auto middle = areas.begin() + static_cast<std::ptrdiff_t>(areas.size() / 2);
    std::nth_element(areas.begin(), middle, areas.end());
    const double least = options_.least_part * *middle;
    std::erase_if(masks,
                  [&](const auto& one) { return static_cast<double>(area(one.mask)) < least; });
  }

  mask_sizes sizes_;
  const prediction_options& options_;
  std::vector<double> scores_;
  std::vector<std::vector<tube_segment<rle>>> masks_;
  std::map<std::int64_t, pending> frames_;
  std::int64_t clips_ = 0;
};

}  // namespace detail

/// The objects of a video, best first. Clips of options.clip_length frames are looked at one after
/// the other, the last one shifted back to be as long; memory does not grow with the video, save
/// for the run-length coded masks. With a clip as long as the video and identity overlap it is the
/// official inference.
///
/// @param model     is put into evaluation mode
/// @param frames    gives the frames, see frame_source
/// @param count     frames of the video
/// @param sizes     content and video; network may be left 0 and is then that of the frames
/// @param progress  stage "predict", frames that are done
/// @return with identity overlap the score is the mean over the clips in which the object was
/// found, weighted by their frames; with query that over all clips
/// @throws invalid_input if options or frames do not fit; cancelled
[[nodiscard]] inline std::vector<predicted_object> predict(video_mask2former& model,
                                                           const frame_source& frames,
                                                           std::int64_t count, mask_sizes sizes,
                                                           const prediction_options& options = {},
                                                           const progress_callback& progress = {}) {
  const ::torch::NoGradGuard guard;
  require(count >= 0 && options.clip_length > 0 && options.shared >= 0 &&
              options.shared < options.clip_length,
          "predict: count, clip_length and shared are ", count, ", ", options.clip_length, " and ",
          options.shared, ", expected 0 <= shared < clip_length");
  const bool by_query = options.identity == identity::query;
  require(by_query || options.shared > 0 || count <= options.clip_length,
          "predict: clips that share no frame cannot be joined by overlap, shared is 0");
  require(by_query || (!options.flip && !options.refine && options.scales.size() == 1),
          "predict: flip, refine and scales need identity::query");
  for (const double scale : options.scales)
    require(scale > 0 && scale <= 8, "predict: a scale is ", scale, ", expected above 0, to 8");
  model->eval();
  const auto device = model->parameters().front().device();
  detail::object_tracks tracks{options.least_overlap};
  std::optional<detail::query_masks> queries;
  std::int64_t done = 0;
  while (done < count) {
    const auto last_start = (std::max)(std::int64_t{0}, count - options.clip_length);
    const auto first = done == 0 ? 0 : (std::min)(done - options.shared, last_start);
    const auto end = (std::min)(first + options.clip_length, count);
    const auto clip = frames(first, end - first).to(device, ::torch::kFloat);
    require_shape(clip, {end - first, 3, any, any}, "predict: frames");
    const picture_size here{clip.size(2), clip.size(3)};
    if (sizes.network.height == 0) sizes.network = here;
    require(sizes.network == here, "predict: frames from ", first, " on are ", here.height, " x ",
            here.width, ", expected ", sizes.network.height, " x ", sizes.network.width,
            " (height x width)");
    detail::require_sizes(sizes);
    if (by_query) {
      if (!queries) queries.emplace(model->config().queries, sizes, options);
      for (const double scale : options.scales) {
        const auto seen = detail::scaled_frames(clip, scale);
        for (const bool mirrored : {false, true}) {
          if (mirrored && !options.flip) continue;
          const auto result =
              model->forward((mirrored ? seen.flip({3}) : seen).unsqueeze(0), false);
          const auto maps = result.mask_logits[0].to(::torch::kFloat).sigmoid();
          queries->add(result.class_logits[0], mirrored ? maps.flip({3}) : maps, first);
        }
      }
      const auto next = end == count ? count : (std::min)(end - options.shared, last_start);
      queries->flush(next);
    } else {
      const auto result = model->forward(clip.unsqueeze(0), false);
      tracks.add(select_objects(result.class_logits[0], result.mask_logits[0], sizes,
                                options.selection, first),
                 first, done, end);
    }
    done = end;
    s2d::detail::report(progress, "predict", static_cast<std::size_t>(done),
                        static_cast<std::size_t>(count));
  }
  if (by_query) return queries ? queries->finish() : std::vector<predicted_object>{};
  auto objects = tracks.finish();
  std::stable_sort(objects.begin(), objects.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (options.selection.nms) detail::suppress(objects, *options.selection.nms);
  return objects;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
