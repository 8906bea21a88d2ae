// Small helpers around folders and stamps.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "input.hpp"
#include "settings.hpp"

namespace app {

/// Makes a folder and those above it. @throws s2d::io_error naming it
void make_folder(const std::filesystem::path& folder);

/// Removes a file; what a link, a device or a folder of that name stands for stays.
void remove_file(const std::filesystem::path& file);

/// What a call writes or removes. Empty paths are none.
struct written_places {
  std::vector<std::filesystem::path> files;
  std::vector<std::filesystem::path> pictures;  ///< folders of PNG, or of object_N with PNG
  std::vector<std::filesystem::path> trees;     ///< folders, and all below
};

/// Throws unless what is written is apart from each other, from what is read, and from the pictures
/// and arrays of folders that are read.
/// @throws wrong_call naming the file
void require_apart(const written_places& written, const std::vector<std::filesystem::path>& read);

/// The clip, and the folders that its pictures are in, links followed.
[[nodiscard]] std::vector<std::filesystem::path> places_read(const clip& from);

/// Tells whether finished work can be used again: made from the settings, the version, and names,
/// sizes and times of all files that go in.
[[nodiscard]] std::string stamp_for(const clip& from, const settings& what, bool discover);

/// The same for work that is made from a clip, settings in words, and a file or folder.
[[nodiscard]] std::string stamp_for(const clip& from, const std::string& settings_text,
                                    const std::filesystem::path& other);

/// The same for work that is made from files alone.
[[nodiscard]] std::string stamp_for(const std::string& settings_text,
                                    const std::vector<std::filesystem::path>& files);

}  // namespace app
