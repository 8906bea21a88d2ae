// A file name for what a target writes and reads again: in memory where the system has such a
// place, gone with the process.
#pragma once

#include <filesystem>
#include <string>

#include <unistd.h>

#include "expect.hpp"

namespace fuzzing {

/// A folder of this process.
class scratch_folder {
 public:
  scratch_folder() {
    const std::filesystem::path memory = "/dev/shm";
    const bool usable = std::filesystem::is_directory(memory) && access(memory.c_str(), W_OK) == 0;
    path_ = (usable ? memory : std::filesystem::temp_directory_path()) /
            ("s2d_fuzz_" + std::to_string(getpid()));
    std::filesystem::create_directories(path_);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The file of this name; the same for all calls.
inline std::filesystem::path scratch(const char* name) {
  static const scratch_folder folder;
  return folder.path() / name;
}

}  // namespace fuzzing
