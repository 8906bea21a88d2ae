// The labels that a video is trained on, and the frames that belong to them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/core/image.hpp>
#include <s2d/torch/video_labels.hpp>

#include "input.hpp"

namespace app {

/// The labels of a clip: of a file with several videos, those of its name.
/// @throws s2d::io_error; s2d::invalid_input if there are none for the clip, or frame masks
/// without identity over time
[[nodiscard]] s2d::torch::video_labels read_labels(const std::filesystem::path& place,
                                                   const clip& of);

/// The frames of a clip that labels are about, in order and in the size of the labels. A frame is
/// found by the stem of its name (frames of a video file count as 00000, 00001 ...); where no stem
/// fits, the order counts.
class labelled_frames {
 public:
  labelled_frames(const clip& from, const s2d::torch::video_labels& labels);

  /// @throws s2d::invalid_input if the clip has no such frame
  [[nodiscard]] s2d::image next();

 private:
  std::string place_;
  std::vector<std::string> stems_;  // none: the order counts
  std::ptrdiff_t length_;
  std::ptrdiff_t done_ = 0;
  frame_source source_;
};

}  // namespace app
