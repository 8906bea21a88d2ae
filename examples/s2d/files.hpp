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

/// Throws unless all files that are written or removed are apart from each other, from what is
/// read, and from the pictures and arrays of folders that are read; and nothing that is read lies
/// in the `folders` whose files come and go. Empty paths are none.
/// @throws wrong_call naming the file
void require_apart(const std::vector<std::filesystem::path>& written,
                   const std::vector<std::filesystem::path>& read,
                   const std::vector<std::filesystem::path>& folders = {});

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
