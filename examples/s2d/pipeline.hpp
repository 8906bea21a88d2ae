// From frames to objects: a clip is worked on in overlapping windows, each remembered on disk, and
// the objects of neighbouring windows are joined.
#pragma once

#include <filesystem>
#include <string>

#include "console.hpp"
#include "hardware.hpp"
#include "input.hpp"
#include "result.hpp"
#include "settings.hpp"

namespace app {

struct pipeline_options {
  settings what;
  bool discover = true;  ///< false: frame masks only
  hardware with;
  std::filesystem::path cache;  ///< folder in which finished windows are kept until remove_cache()
  std::string stamp;            ///< windows of another stamp are not used
};

/// All that is found in a clip. Frames are read one window at a time; what stays of a window is
/// its masks, as run lengths.
/// @throws s2d::cancelled when stopped; finished windows then are in the cache folder
[[nodiscard]] findings analyse(const clip& from, const pipeline_options& options, console& screen);

/// Removes the folder with the windows.
void remove_cache(const std::filesystem::path& cache);

}  // namespace app
