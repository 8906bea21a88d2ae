// Where tests find reference values and real video, and how they say that there are none.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace support {

inline std::optional<std::filesystem::path> existing_folder(const char* variable,
                                                            const char* fallback,
                                                            const std::string& part) {
  const char* given = std::getenv(variable);
  const std::filesystem::path root = given != nullptr ? given : fallback;
  const std::filesystem::path folder = root / part;
  if (std::filesystem::is_directory(folder)) return folder;
  std::cout << "SKIPPED: no folder " << folder << " (set " << variable << " to its parent)\n";
  return std::nullopt;
}

/// Folder `part` of the reference values: S2D_GOLDEN, default ../shared/golden. Where there is
/// none, prints a line beginning with SKIPPED: (which ctest counts as skipped) and gives nothing.
inline std::optional<std::filesystem::path> golden_folder(const std::string& part) {
  return existing_folder("S2D_GOLDEN", "../shared/golden", part);
}

/// Folder `part` of the real video: S2D_DATA, default ../shared/data.
inline std::optional<std::filesystem::path> data_folder(const std::string& part) {
  return existing_folder("S2D_DATA", "../shared/data", part);
}

}  // namespace support
