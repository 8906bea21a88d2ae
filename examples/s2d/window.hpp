// One window: flow, frame masks, tracks, keymasks of some 150 frames.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <s2d/core/image.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/segment/motion_features.hpp>

#include "console.hpp"
#include "hardware.hpp"
#include "input.hpp"
#include "mask_files.hpp"
#include "result.hpp"
#include "settings.hpp"

namespace app {

/// Frames that follow each other, with the flow between those for which it is known already.
struct window_frames {
  std::size_t first = 0;  ///< number of the first frame in the clip
  std::vector<s2d::image> pictures;
  std::vector<std::size_t> indices;  ///< numbers of the frames in the file or folder
  std::vector<std::string> names;
  std::vector<double> seconds;
  s2d::video_flow flow;          ///< of the first frames; the rest is computed on demand
  std::vector<bool> cut_before;  ///< likewise: the frame begins a new shot

  [[nodiscard]] std::size_t size() const noexcept { return pictures.size(); }
  [[nodiscard]] std::size_t end() const noexcept { return first + size(); }
  void add(frame&& next);
  /// Forgets the first frames.
  void drop(std::size_t count);
};

/// What other programs have found out about a clip; null where nothing is given.
struct given_files {
  const mask_files* masks = nullptr;
  const s2d::stored_features* features = nullptr;  ///< [frames of the file or folder]
};

/// Everything about the frames of one window, objects numbered within it.
[[nodiscard]] findings work_on(window_frames& window, const settings& what,
                               const given_files& given, bool discover, const hardware& with,
                               console& screen);

}  // namespace app
