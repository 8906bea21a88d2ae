// A frame segmenter without weights: normalised cuts of motion and colour.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <s2d/flow/estimator.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/segment/cuts.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/segment/motion_features.hpp>

namespace s2d::inline S2D_ABI {

struct normalized_cut_segmenter_options {
  normalized_cut_masks_options masks = {};
  motion_feature_options features = {};
  video_flow_options flow = {};     ///< cut_before is ignored: cuts of the video are found here
  cut_options cuts = {};            ///< of the video into shots
  bool use_flow = true;             ///< false: colour alone, far worse
  std::size_t threads = 1;          ///< 0: one per processor; overrides those of the parts
  progress_callback progress = {};  ///< stages "flow", "features", "masks"
};

/// A frame_segmenter that computes all it needs and keeps the flow for others. Every frame is cut
/// on its own, so it holds an object less firmly than motion_segmenter, and it is faster.
class normalized_cut_segmenter {
 public:
  explicit normalized_cut_segmenter(normalized_cut_segmenter_options options = {})
      : options_{std::move(options)} {}

  /// Masks of all frames; see normalized_cut_masks and motion_features.
  /// @param frames  [T] all of one size
  /// @throws invalid_input if sizes differ or an option is out of range; cancelled
  [[nodiscard]] video_masks operator()(std::span<const image> frames) {
    prepare(frames);
    if (options_.use_flow) flow_ = estimate_video_flow(frames, options_.flow, options_.progress);
    return masks(frames);
  }

  /// The same with the flow of another estimator, which sees the frames on the grid of
  /// options.flow.
  template <flow_estimator Estimator>
  [[nodiscard]] video_masks operator()(std::span<const image> frames, Estimator&& estimator) {
    prepare(frames);
    if (options_.use_flow)
      flow_ = estimate_video_flow(frames, estimator, options_.flow, options_.progress);
    return masks(frames);
  }

  /// The flow of the last video; of no frames without use_flow.
  [[nodiscard]] const video_flow& flow() const noexcept { return flow_; }

 private:
  void prepare(std::span<const image> frames) {
    options_.cuts.threads = options_.flow.threads = options_.masks.threads = options_.threads;
    flow_ = {};
    if (options_.use_flow) options_.flow.cut_before = find_cuts(frames, options_.cuts);
  }

  [[nodiscard]] video_masks masks(std::span<const image> frames) const {
    return normalized_cut_masks(frames, flow_, options_.masks, options_.features,
                                options_.progress);
  }

  normalized_cut_segmenter_options options_;
  video_flow flow_;
};

static_assert(frame_segmenter<normalized_cut_segmenter>);

}  // namespace s2d::inline S2D_ABI
