// The files of a result folder: masks.json, keymasks.json, run.json, table.csv.
#pragma once

#include <filesystem>
#include <string>

#include "result.hpp"
#include "settings.hpp"

namespace app {

/// Frame masks as YouTube-VIS JSON: one annotation per mask, null in all frames but one. For clips
/// of more than 300 frames the nulls are left out (see s2d::ytvis_writer, brief), since the size of
/// the file would grow with the square of the number of frames.
void write_masks_json(const findings& all, const std::string& stamp,
                      const std::filesystem::path& file);

/// Keymasks as YouTube-VIS JSON: one annotation per object, null where a frame has no keymask.
void write_keymasks_json(const findings& all, const std::string& stamp,
                         const std::filesystem::path& file);

/// One line per object and frame in which it is visible.
void write_table(const findings& all, const std::filesystem::path& file);

/// The stamp that a JSON file of this program carries; empty if it is none.
[[nodiscard]] std::string stamp_of(const std::filesystem::path& file);

/// In short what was found, for run.json and for people.
struct summary {
  std::string result;   ///< "objects", "nothing moves", "everything moves" ...
  std::string message;  ///< for people
  std::size_t frames = 0;
  std::size_t masks = 0;
  std::size_t objects = 0;
  std::size_t keymasks = 0;
};

/// `discovered` tells whether keymasks were looked for.
[[nodiscard]] summary summarize(const findings& all, const settings& what, bool discovered);

/// The text of run.json.
[[nodiscard]] std::string run_json(const findings& all, const summary& in_short,
                                   const std::filesystem::path& input, const settings& what,
                                   const std::string& stamp);

}  // namespace app
