// Settings of the primitives that segment/frame_masks.hpp is made of: plain types.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/config.hpp>
#include <s2d/flow/affine_motion_types.hpp>

namespace s2d::inline S2D_ABI {

/// See segment/slic.hpp.
struct slic_options {
  std::ptrdiff_t cell = 6;  ///< side of a grid cell in pixels, in 1..1024
  float compactness = 10;   ///< weight of position against colour, >= 0
  int iterations = 5;       ///< assignments, > 0
};

/// See segment/motion_saliency.hpp.
struct saliency_options {
  affine_motion_options camera = {};
  float inner_weight = 0.05F;  ///< weight of a cell off the border in the camera fit
  int barrier_passes = 3;
  float percentile = 98;       ///< what counts as the largest value of a frame, in 0..100;
  float small_share = 0.35F;   ///< or this share, 0..1, of the third largest, if that is more;
  float energy_share = 0.5F;   ///< for the energy of a frame this one instead
  float power = 1.5F;          ///< of the votes while the camera moves
  float rest_power = 0.7F;     ///< of the votes while it rests: slower motion counts more
  float rest_speed = 0.5F;     ///< median of the frames' mean camera motion below which it rests
  float still_energy = 0.25F;  ///< frames of this energy vote with half their weight
  std::size_t threads = 1;     ///< 0: one per processor
};

/// See segment/superpixel_graph.hpp.
struct superpixel_graph_options {
  std::size_t look_alikes = 12;   ///< nearest superpixels of the whole video, 0: none
  float look_alike_sigma = 0.7F;  ///< distance at which their weight is 1/e
  float look_alike_slack = 0.5F;  ///< of the search (segment/nearest_neighbors.hpp)
  float color_sigma = 4;          ///< of neighbours, in Lab
  float position_sigma = 4;       ///< of neighbours along the flow, in pixels
  float neighbor_weight = 4;      ///< weight of neighbours against look-alikes
  float flow_scale = 0.5F;        ///< pixels of the grid per unit of flow; 0.5 in frame_masks
  std::size_t threads = 1;        ///< 0: one per processor
};

/// See segment/diffusion.hpp.
struct diffusion_options {
  int iterations = 60;      ///< >= 0
  float mix = 0.985F;       ///< share of the neighbours in 0..1; the rest comes from the seeds
  std::size_t threads = 1;  ///< 0: one per processor
};

/// See segment/appearance.hpp.
struct appearance_options {
  int cosines = 256;        ///< random features, in 16..4096, a multiple of 16
  float deviation = 0.5F;   ///< of their frequencies: a Gaussian kernel of width 1 / deviation
  double ridge = 1e-3;      ///< > 0
  std::size_t stride = 2;   ///< every stride-th sample is trained on, > 0
  std::uint64_t seed = 0;   ///< of the random features
  std::size_t threads = 1;  ///< 0: one per processor
};

/// See segment/pixels.hpp.
struct pixel_options {
  float color_sigma = 7;     ///< in Lab, > 0
  float position_sigma = 3;  ///< in pixels of the superpixels' grid, > 0
};

}  // namespace s2d::inline S2D_ABI
