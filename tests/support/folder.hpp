// A folder of its own for a test that writes files.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

namespace support {

/// An empty folder with a space and UTF-8 in its name; it goes with what is in it.
class temporary_folder {
 public:
  temporary_folder() {
    auto serial = std::chrono::steady_clock::now().time_since_epoch().count();
    do path_ = std::filesystem::temp_directory_path() / ("s2d tést " + std::to_string(serial++));
    while (!std::filesystem::create_directory(path_));
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// How many files it holds, hidden ones included.
  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{path_}) ++n;
    return n;
  }
  /// Writes a file of these bytes.
  std::filesystem::path put(const std::filesystem::path& name, std::string_view bytes) const {
    std::ofstream file{path_ / name, std::ios::binary};
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// Whether the system has a device that is always full; says SKIPPED: where it has none.
inline bool has_full_device() {
  const bool there = std::filesystem::is_character_file("/dev/full");
  if (!there) std::cout << "SKIPPED: no device /dev/full\n";
  return there;
}

/// The message of the exception of type `Error` that `call` throws; empty if it throws none.
template <class Error, class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace support
