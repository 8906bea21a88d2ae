// The built-in point tracker: flow of the video, chained from frame to frame.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/image.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/track/follow_flow.hpp>

namespace s2d::inline S2D_ABI {

/// Follows points along the flow of a video (see follow_flow): a point_tracker.
/// Safe to call from several threads at once.
class flow_tracker {
 public:
  /// Estimates the flow of the frames, on the grid and with the preset of the default options.
  /// @throws invalid_input if frames differ in size or are empty
  explicit flow_tracker(std::span<const image> frames, follow_options options = {})
      : flow_tracker(estimate_video_flow(frames), frames.empty() ? 1 : frames[0].height,
                     frames.empty() ? 1 : frames[0].width, std::move(options)) {}

  /// Uses a flow that the caller has.
  /// @param flow                       [T]; must outlive the tracker
  /// @param frame_height, frame_width  size of the frames that points refer to, at least 1
  /// @throws invalid_input if forward and backward differ in length or fields differ in size
  flow_tracker(const video_flow& flow, std::ptrdiff_t frame_height, std::ptrdiff_t frame_width,
               follow_options options = {})
      : given_{&flow}, height_{frame_height}, width_{frame_width}, options_{std::move(options)} {
    (void)detail::checked_fields(flow);
  }

  /// The same with a flow that the tracker keeps.
  flow_tracker(video_flow&& flow, std::ptrdiff_t frame_height, std::ptrdiff_t frame_width,
               follow_options options = {})
      : own_{std::move(flow)},
        height_{frame_height},
        width_{frame_width},
        options_{std::move(options)} {
    (void)detail::checked_fields(own_);
  }

  /// The flow that points follow.
  [[nodiscard]] const video_flow& flow() const noexcept {
    return given_ != nullptr ? *given_ : own_;
  }

  /// @throws invalid_input as follow_flow does
  [[nodiscard]] point_tracks operator()(const track_query& query) const {
    return std::move((*this)(std::span{&query, 1}).front());
  }
  [[nodiscard]] std::vector<point_tracks> operator()(std::span<const track_query> queries) const {
    return follow_flow(flow(), queries, height_, width_, options_);
  }

 private:
  video_flow own_;
  const video_flow* given_ = nullptr;  // if not null, instead of own_
  std::ptrdiff_t height_, width_;
  follow_options options_;
};

}  // namespace s2d::inline S2D_ABI
