// What one training step sees: some frames of a video and the pseudo masks of its instances.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include <torch/torch.h>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// F frames of one video with N instances, all of one size, H and W multiples of 32.
struct training_clip {
  ::torch::Tensor frames;   ///< [F, 3, H, W] float32, normalised
  ::torch::Tensor masks;    ///< [N, F, H, W] float32 in [0, 1], soft where the source asks for it
  ::torch::Tensor weights;  ///< [N, F] float32: 0 = this instance has no pseudo mask in this frame
                            ///< (Temporal DropLoss), else its trust in (0, 1]
  std::string name;         ///< video and frames, for errors
};

/// Anything that gives clip `index` of the batch of a training step: source(step, index). A pure
/// function of its arguments and of the seed it was made with, callable from several threads, so
/// that resuming and loading ahead change nothing.
template <class Source>
concept clip_source = requires(const Source& source, std::int64_t step, std::int64_t index) {
  { source(step, index) } -> std::convertible_to<training_clip>;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
