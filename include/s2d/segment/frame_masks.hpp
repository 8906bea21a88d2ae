// Masks of what moves in a video, without weights and without labels.
#pragma once

#include <span>

#include <s2d/core/progress.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/segment/detail/frame_masks.hpp>
#include <s2d/segment/frame_masks_types.hpp>

namespace s2d::inline S2D_ABI {

/// Masks of the objects that move unlike the camera, with all that is known about them.
///
/// Superpixels that move unlike the camera, coherently in time, cast votes; the votes diffuse
/// through one graph over all superpixels of the shot; a threshold, chosen with the help of the
/// normalised cut, parts object and background; a small classifier trained on this very partition
/// corrects it; the values are interpolated to pixels and split into 8-connected components.
/// Shots are decided apart. Long shots are cut into chunks of at most `chunk` frames of which
/// neighbours share `overlap`: there the values of both are cross-faded before they become masks.
/// Duplicated frames (equal, without flow between them) are decided as one. A single frame, or one
/// without any flow, has no motion and gets masks only from the frames around it.
///
/// @param frames    [T] all of one size
/// @param flow      [T] in both directions, on any grid; about twice longer_side is best
/// @param progress  stages "superpixels", "grouping", "masks", one unit a frame
/// @throws invalid_input if sizes differ, flow is not finite or options are out of range;
///         cancelled if `progress` returns false
/// Complexity: O(T (pixels + superpixels log)). Same result for any number of threads.
[[nodiscard]] inline frame_masks_result find_frame_masks(std::span<const image> frames,
                                                         const video_flow& flow,
                                                         const frame_masks_options& options = {},
                                                         const progress_callback& progress = {}) {
  detail::check_frame_masks(frames, flow, options);
  detail::processor_steps steps{options};
  return detail::frame_masks_run(frames, flow, options, progress, steps).run();
}

/// The masks alone: see find_frame_masks.
[[nodiscard]] inline video_masks frame_masks(std::span<const image> frames, const video_flow& flow,
                                             const frame_masks_options& options = {},
                                             const progress_callback& progress = {}) {
  return find_frame_masks(frames, flow, options, progress).masks;
}

}  // namespace s2d::inline S2D_ABI
