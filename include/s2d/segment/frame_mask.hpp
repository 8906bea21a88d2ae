// Object masks of single frames, and the concept of what finds them.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
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

/// The masks that a segmenter gives, checked: a segmenter of one's own cannot pass on less or more
/// than the video has.
/// @param frames  [T] all of one size
/// @throws invalid_input unless there is one entry for every frame, masks have the size of their
///         frame and confidences are in 0..1; what the segmenter throws
template <frame_segmenter Segmenter>
[[nodiscard]] video_masks segment_frames(std::span<const image> frames, Segmenter&& segmenter) {
  video_masks masks = segmenter(frames);
  require(masks.size() == frames.size(), "segment_frames: the segmenter gave masks of ",
          masks.size(), " frames, expected ", frames.size());
  for (std::size_t t = 0; t < masks.size(); ++t)
    for (std::size_t k = 0; k < masks[t].size(); ++k) {
      const frame_mask& one = masks[t][k];
      require(one.mask.height == frames[t].height && one.mask.width == frames[t].width,
              "segment_frames: mask ", k, " of frame ", t, " is ", one.mask.height, " x ",
              one.mask.width, ", the frame ", frames[t].height, " x ", frames[t].width,
              " (height x width)");
      require(one.confidence >= 0 && one.confidence <= 1, "segment_frames: the confidence of mask ",
              k, " of frame ", t, " is ", one.confidence, ", expected 0..1");
    }
  return masks;
}

}  // namespace s2d::inline S2D_ABI
