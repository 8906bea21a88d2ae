// What a result folder holds, as far as the report shows it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/geometry.hpp>

#include "../absent.hpp"

namespace app::report {

/// One mask of masks.json.
struct mask_entry {
  std::size_t id = 0;
  std::size_t frame = 0;
  std::size_t object = none;   ///< index among the objects
  double coherence = unknown;  ///< in [0, 1]; NaN where discovery has not run
  s2d::box box;
  std::size_t visible_from = 0;  ///< frame that the first of the bits is about
  std::string visible;           ///< '1' where it is visible, else '0'
  std::string counts;  ///< COCO's compressed run lengths, in frames that are compared only
};

/// One keymask of keymasks.json.
struct keymask_entry {
  std::size_t frame = 0;
  double coherence = unknown;
  s2d::box box;
  std::string counts;  ///< COCO's compressed run lengths
};

/// One object of keymasks.json.
struct object_entry {
  std::size_t id = 0;
  double score = unknown;
  double one2x = unknown;
  std::vector<std::pair<std::size_t, std::size_t>> ranges;  ///< visible, first and last frame
  std::vector<keymask_entry> keymasks;                      ///< ascending frames
  std::string states;  ///< [frames] '.' not visible, 'v' visible, 'r' mask rejected, 'k' keymask
};

/// One step of training.
struct loss_entry {
  double mask = 0, dice = 0, class_ = 0;  ///< from masks that were given
  double teacher = 0;                     ///< from those of the teacher, all together
};

struct stage_entry {
  std::string name;
  double seconds = 0;
};

struct result_data {
  std::string version;
  std::filesystem::path input;
  std::string result;   ///< "objects", "nothing moves", ...
  std::string message;  ///< for people
  std::size_t frames = 0;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  double fps = 0;
  std::size_t start = 0;
  std::size_t stride = 1;
  double seconds = 0;         ///< of all stages
  std::vector<double> times;  ///< [frames] or empty; NaN where unknown
  std::vector<stage_entry> stages;
  std::vector<std::pair<std::string, std::string>> settings;
  bool has_masks = false;         ///< there is a masks.json
  bool has_keymasks = false;      ///< there is a keymasks.json
  std::vector<mask_entry> masks;  ///< ascending frames
  std::vector<object_entry> objects;

  bool has_dense = false;               ///< there is a dense.json, and run.json speaks of it
  std::string dense_message;            ///< for people
  std::vector<object_entry> dense;      ///< predicted objects, masks in keymasks; no states
  std::vector<std::size_t> dense_keys;  ///< [dense] index among the objects, or none
  std::vector<std::size_t> compared;    ///< frames that are shown side by side, ascending
  std::vector<std::vector<loss_entry>> rounds;  ///< of training, a line for every step

  [[nodiscard]] std::size_t dense_count() const {
    std::size_t count = 0;
    for (const object_entry& object : dense) count += object.keymasks.size();
    return count;
  }
  [[nodiscard]] std::size_t keymask_count() const {
    std::size_t count = 0;
    for (const object_entry& object : objects) count += object.keymasks.size();
    return count;
  }
};

/// @throws s2d::io_error, s2d::invalid_input naming file and position
[[nodiscard]] result_data read_results(const std::filesystem::path& folder);

}  // namespace app::report
