// The built-in frame segmenter: cuts, flow and masks of what moves, without weights.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <s2d/flow/estimator.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/segment/cuts.hpp>
#include <s2d/segment/frame_masks.hpp>

namespace s2d::inline S2D_ABI {

struct motion_segmenter_options {
  frame_masks_options masks = {};  ///< cut_before is ignored: cuts are found here
  video_flow_options flow = {};    ///< likewise
  cut_options cuts = {};
  std::size_t threads = 1;          ///< 0: one per processor; overrides those of the parts
  progress_callback progress = {};  ///< stages "flow", "superpixels", "grouping", "masks"
};

/// A frame_segmenter that computes all it needs and keeps what others can use again: the flow, for
/// the tracker, and what find_frame_masks says about the video.
class motion_segmenter {
 public:
  explicit motion_segmenter(motion_segmenter_options options = {}) : options_{std::move(options)} {}

  /// Masks of all frames; see find_frame_masks. A single frame has no motion and gets none.
  /// @param frames  [T] all of one size
  /// @throws invalid_input if sizes differ or an option is out of range; cancelled
  [[nodiscard]] video_masks operator()(std::span<const image> frames) {
    prepare(frames);
    flow_ = estimate_video_flow(frames, options_.flow, options_.progress);
    return masks(frames);
  }

  /// The same with the flow of another estimator, which sees the frames on the grid of
  /// options.flow.
  template <flow_estimator Estimator>
  [[nodiscard]] video_masks operator()(std::span<const image> frames, Estimator&& estimator) {
    prepare(frames);
    flow_ = estimate_video_flow(frames, estimator, options_.flow, options_.progress);
    return masks(frames);
  }

  /// The flow of the last video, without flow across cuts and between duplicated frames.
  [[nodiscard]] const video_flow& flow() const noexcept { return flow_; }
  /// [T] true where a new shot begins.
  [[nodiscard]] const std::vector<bool>& cut_before() const noexcept { return cuts_; }
  /// [T] confidence of the union of the masks of each frame.
  [[nodiscard]] const std::vector<float>& confidence() const noexcept { return result_.confidence; }
  [[nodiscard]] const motion_diagnosis& diagnosis() const noexcept { return result_.diagnosis; }
  [[nodiscard]] const std::vector<stage_time>& stages() const noexcept { return result_.stages; }

 private:
  void prepare(std::span<const image> frames) {
    options_.cuts.threads = options_.flow.threads = options_.masks.threads = options_.threads;
    flow_ = {};
    result_ = {};
    cuts_ = find_cuts(frames, options_.cuts);
    options_.flow.cut_before = options_.masks.cut_before = cuts_;
  }

  video_masks masks(std::span<const image> frames) {
    result_ = find_frame_masks(frames, flow_, options_.masks, options_.progress);
    return std::move(result_.masks);
  }

  motion_segmenter_options options_;
  video_flow flow_;
  std::vector<bool> cuts_;
  frame_masks_result result_;
};

static_assert(frame_segmenter<motion_segmenter>);

}  // namespace s2d::inline S2D_ABI
