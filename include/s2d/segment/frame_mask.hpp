// Object masks of single frames, and the concept of what finds them.
#pragma once

#include <concepts>
#include <span>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/image.hpp>

namespace s2d::inline S2D_ABI {

/// One object in one frame, without identity over time.
struct frame_mask {
  bit_mask mask;         ///< [frame height, frame width]
  float confidence = 1;  ///< in [0, 1]; a rank, not a probability
};

/// The masks of every frame of a video: [T][number of masks in the frame].
using video_masks = std::vector<std::vector<frame_mask>>;

/// Anything that finds object masks in the frames of a video (all of one size):
/// segmenter(frames) gives video_masks with one entry per frame.
template <class Segmenter>
concept frame_segmenter = requires(Segmenter& segmenter, std::span<const image> frames) {
  { segmenter(frames) } -> std::convertible_to<video_masks>;
};

}  // namespace s2d::inline S2D_ABI
