// Frames of a real video for tests of the device twins; only where S2D_TEST_PICTURES is defined,
// which says that s2d::io is there to read them.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/image.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/image.hpp>

#include "support/data.hpp"

namespace support {

/// The first `count` frames of a DAVIS sequence at 427 x 240; none, with a line that ctest counts
/// as skipped, where there is no data.
inline std::vector<s2d::image> real_frames(std::size_t count) {
  std::vector<s2d::image> frames;
  const auto folder = data_folder("davis2016-240p");
  if (!folder) return frames;
  for (const auto& file : s2d::list_frames(*folder / "JPEGImages" / "car-turn")) {
    if (frames.size() == count) break;
    frames.push_back(s2d::read_image(file));
  }
  return frames;
}

}  // namespace support
