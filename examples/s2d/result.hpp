// What is known about a clip: window by window while it is worked on, and as a whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/geometry.hpp>
#include <s2d/mask/rle.hpp>

#include "absent.hpp"

namespace app {

/// One object in one frame, without identity over time.
struct found_mask {
  s2d::rle mask;
  float score = 1;               ///< in [0, 1]
  double coherence = unknown;    ///< in [0, 1]; NaN where discovery has not run
  std::size_t object = none;     ///< index among the objects
  std::size_t visible_from = 0;  ///< frame of the clip that the first of the bits is about
  std::string visible;           ///< '1' where the mask is visible, else '0'
};

struct found_keymask {
  std::size_t frame = 0;  ///< of the clip
  s2d::rle mask;
  double coherence = unknown;
  double confidence = unknown;  ///< of the frame mask, in [0, 1]
};

struct found_object {
  double score = 1;  ///< in [0, 1]
  double one2x = 0;  ///< share of its masks that often cover several masks
  std::vector<std::pair<std::size_t, std::size_t>> ranges;  ///< visible, first and last frame
  std::vector<found_keymask> keymasks;                      ///< ascending frames
};

struct stage_time {
  std::string name;
  double seconds = 0;
};

/// What is known about consecutive frames; frames are numbered in the clip.
struct findings {
  std::size_t first = 0;  ///< number of the first frame
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::vector<std::string> names;              ///< [frames] <clip>/<file>
  std::vector<double> seconds;                 ///< [frames] NaN where frames have no times
  std::vector<std::vector<found_mask>> masks;  ///< [frames][masks]
  std::vector<found_object> objects;
  std::vector<stage_time> stages;
  double contrast = unknown;  ///< of what moves against the rest, see s2d::motion_diagnosis
  std::size_t stirred = 0;    ///< frames of windows in which everything moves
  double fps = 0;             ///< 0 if unknown
  bool last = false;          ///< no frame follows
  std::string damage;         ///< what was wrong with the file, for people

  [[nodiscard]] std::size_t frames() const noexcept { return names.size(); }
  [[nodiscard]] std::size_t end() const noexcept { return first + names.size(); }
};

/// Adds to the stage of that name, which is put behind the others if it is new.
void add_seconds(std::vector<stage_time>& stages, const std::string& name, double seconds);

/// @throws s2d::io_error
void save(const findings& part, const std::string& stamp, const std::filesystem::path& file);
/// False if there is no such file, or if it was written for another stamp or damaged.
[[nodiscard]] bool load(findings& part, const std::string& stamp,
                        const std::filesystem::path& file);

}  // namespace app
