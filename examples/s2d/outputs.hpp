// The files of a result folder: masks.json, keymasks.json, run.json, table.csv.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// Pictures in a folder that remembers which are its own: those of an earlier call that are not
/// written again go, the user's stay. Others that already have one of the names are overwritten.
class picture_folder {
 public:
  /// @param kind  of the pictures; those of another kind in the folder are not its own
  /// @param names  of pictures below the folder, for instance object_1/00000.png
  picture_folder(std::filesystem::path folder, std::string kind, std::vector<std::string> names);
  [[nodiscard]] std::filesystem::path file(std::size_t i) const { return folder_ / names_[i]; }
  /// The file of the folder that carries the stamp; written last.
  void finish(const std::string& stamp);

 private:
  void remember(const std::string& stamp, const std::vector<std::string>& names) const;
  std::filesystem::path folder_;
  std::string kind_;
  std::vector<std::string> names_, stale_;
};

/// Removes the pictures of a kind that a folder says are its own.
void remove_own_pictures(const std::filesystem::path& folder, const std::string& kind);

/// The file of a folder of pictures that carries its stamp.
[[nodiscard]] inline std::filesystem::path stamp_file(const std::filesystem::path& pictures) {
  return pictures / ".s2d.json";
}

/// The names of mask pictures of frames.
/// @throws s2d::invalid_input if two frames would have one picture
[[nodiscard]] std::vector<std::string> picture_names(const std::vector<std::string>& frames);

/// The stamp that a JSON file of this program carries; empty if it is none.
[[nodiscard]] std::string stamp_of(const std::filesystem::path& file);

/// The stamp of a result and behind it those of the files that were written before it by the same
/// call: such files carry none, and what another call puts in their place is not of this result.
/// Empty paths are none.
[[nodiscard]] std::string stamp_with(const std::string& stamp,
                                     const std::vector<std::filesystem::path>& beside);

/// Whether a result carries the stamp, and of each of these files the one that it has now.
[[nodiscard]] bool made_with(const std::filesystem::path& result, const std::string& stamp,
                             const std::vector<std::filesystem::path>& beside);

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

/// run.json: what is known about a clip, member by member.
class run_record {
 public:
  run_record() = default;
  /// @param stamp  of frame masks and keymasks
  run_record(const findings& all, const summary& in_short, const std::filesystem::path& input,
             const settings& what, const std::string& stamp);
  /// What a file says; nothing if there is none, or it is damaged.
  explicit run_record(const std::filesystem::path& file);

  /// Empty if there is no such member, or if it is no text.
  [[nodiscard]] std::string text_of(std::string_view key) const;
  /// Whether s2d run has written the file of that name.
  [[nodiscard]] bool made(std::string_view name) const;
  /// 0 if there is no such member, or if it is no count.
  [[nodiscard]] std::size_t count_of(std::string_view key) const;
  /// In place of the member of that name, or as a new one.
  void set(std::string_view key, std::string json);
  void drop(std::string_view key);

  std::vector<stage_time> stages;
  [[nodiscard]] double seconds() const;
  /// The text of the file. @param stamp  of everything that was asked for
  [[nodiscard]] std::string text(const std::string& stamp) const;

 private:
  void parse(const std::string& text);
  std::vector<std::pair<std::string, std::string>> members_;  // key and JSON, in order
};

}  // namespace app
