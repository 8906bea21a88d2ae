// Settings and results of finding masks by motion: the plain types. See segment/frame_masks.hpp.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/flow/evidence_types.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/segment/options.hpp>

namespace s2d::inline S2D_ABI {

/// Defaults are those of the measurements in docs/frame_masks.md; optima are flat, but for that of
/// evidence, see docs/flow.md.
struct frame_masks_options {
  std::ptrdiff_t longer_side = 214;  ///< of the pictures on which is decided, >= 16
  evidence_options evidence = {};    ///< in pictures and pixels of that side
  slic_options cells = {};
  double context_sigma = 8;
  saliency_options motion = {};
  superpixel_graph_options graph = {};
  diffusion_options diffusion = {};
  float threshold = 0.40F;     ///< of the diffused votes, mixed with that of the best cut
  float threshold_mix = 0.4F;  ///< share of the best cut in the threshold
  appearance_options appearance = {};
  float appearance_ramp = 0.15F;  ///< distance from the threshold at which a superpixel is certain
  float appearance_mix = 0.5F;    ///< share of the classifier
  pixel_options pixels = {};
  float least_energy = 0.5F;  ///< of a frame in which something moves
  float rest_energy = 0.25F;  ///< likewise, if less, while the camera rests (motion.rest_speed)
  /// Frames decided together have no masks unless something moves in so many of them, or in a
  /// quarter.
  std::size_t least_moving = 10;
  /// Of a mask, as a share of the frame, or, if that is less, as a share of all that moves in the
  /// median of the frames of its shot in which something does: where only small things move, small
  /// masks are no crumbs.
  double least_area = 0.0005, least_of_moving = 0.05;
  double least_share = 0.03;    ///< of a mask, as a share of the largest one of its frame
  std::size_t most_masks = 10;  ///< in a frame
  std::size_t chunk = 150;      ///< frames decided together at most, > 2 * overlap
  std::size_t overlap = 10;     ///< frames that neighbouring chunks share
  /// cut_before[t]: frame t begins a new shot. Shorter than the video: no cut in the rest.
  std::vector<bool> cut_before = {};
  std::size_t threads = 1;  ///< 0: one per processor; overrides those of the parts
};

/// What the motion of a video says about its masks.
struct motion_diagnosis {
  /// [T] how strongly something moves unlike the camera, in pixels of a flow grid of twice
  /// longer_side; NaN where there is no flow.
  std::vector<float> energy;
  /// Energy against the motion that the camera does not explain anywhere in the frame, and what
  /// flow cannot tell from none (0.1, by a camera at rest 0.03): medians over the frames in which
  /// something moves; 0 if there is none. Small where water, leaves or parallax move as much as any
  /// object.
  float contrast = 0;
  bool nothing_moves = true;      ///< no masks, because nothing moves unlike the camera
  bool everything_moves = false;  ///< contrast below 6: masks are likely to be wrong
};

struct stage_time {
  const char* name = "";
  double seconds = 0;
};

struct frame_masks_result {
  video_masks masks;              ///< [T] largest mask first
  std::vector<float> confidence;  ///< [T] of the union of the frame's masks, in [0, 1]
  motion_diagnosis diagnosis;
  std::vector<stage_time> stages;
};

}  // namespace s2d::inline S2D_ABI
