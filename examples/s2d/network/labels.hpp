// The labels that videos are trained on, and the frames that belong to them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <s2d/core/image.hpp>
#include <s2d/torch/video_labels.hpp>

#include "input.hpp"

namespace app {

/// The labels of clips, in one place.
class label_place {
 public:
  /// @param given  a file, or a folder of pictures; of `many` clips a file that holds all of them,
  ///               or a folder that has for each, in this order, NAME/keymasks.json,
  ///               NAME/labels.json, NAME.json, or pictures in NAME; empty: there are none
  /// @throws s2d::io_error if there is no such file or folder
  label_place(std::filesystem::path given, bool many);

  /// The file or folder with the labels of a clip; empty if there is none, which can be so of many
  /// clips only.
  [[nodiscard]] std::filesystem::path of(const clip& each) const;

  /// The labels of a clip; nothing where there are none of it among those of many. To be asked once
  /// for every clip.
  /// @throws s2d::io_error; s2d::invalid_input if the place of a single clip holds none of it, for
  /// frame masks without identity over time, and if two videos of a file have one name
  [[nodiscard]] std::optional<s2d::torch::video_labels> read(const clip& each);

 private:
  std::filesystem::path given_;
  bool many_;
  bool file_;                                                // a file for all of them
  std::map<std::string, s2d::torch::video_labels> by_name_;  // of that file, once it was read
};

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
