// Whole files into memory, and the wording of what the system refused.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Throws io_error "FILE: cannot ACTION: REASON", the reason as the system words it.
[[noreturn]] inline void throw_io_error(const std::filesystem::path& file, std::string_view action,
                                        int error_number) {
  throw io_error{concat(file.string(), ": cannot ", action, ": ",
                        std::generic_category().message(error_number))};
}

struct file_closer {
  std::FILE* file;
  ~file_closer() {
    if (file != nullptr) std::fclose(file);
  }
};

/// Reads `file` to its end, whatever size the system tells beforehand. Leaves capacity for
/// `padding` more elements, so that a caller can append them without a copy.
template <class Container>
void read_all(const std::filesystem::path& file, Container& content, std::size_t padding = 0) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) throw_io_error(file, "read", EISDIR);
  const file_closer open{std::fopen(file.string().c_str(), "rb")};
  if (open.file == nullptr) throw_io_error(file, "open", errno);
  const auto expected = std::filesystem::file_size(file, ignored);
  std::size_t size = 0;
  const std::size_t likely = ignored ? 0 : static_cast<std::size_t>(expected);
  content.reserve(likely + padding + 1);
  content.resize(likely);
  for (;;) {
    if (size == content.size()) {
      const int next = std::fgetc(open.file);
      if (next == EOF) break;
      content.resize(size + (size < 65536 ? 65536 : size / 2));
      content[size++] = static_cast<typename Container::value_type>(next);
    }
    const std::size_t count =
        std::fread(content.data() + size, 1, content.size() - size, open.file);
    size += count;
    if (count == 0) break;
  }
  if (std::ferror(open.file)) throw_io_error(file, "read", errno);
  content.resize(size);
}

}  // namespace detail

/// The bytes of a file, pipes and devices included.
/// @throws io_error naming the file and the system's reason, also for a folder
[[nodiscard]] inline std::vector<std::byte> read_file(const std::filesystem::path& file) {
  std::vector<std::byte> content;
  detail::read_all(file, content);
  return content;
}

/// The bytes of a file as text, unchanged.
/// @throws io_error as read_file
[[nodiscard]] inline std::string read_text(const std::filesystem::path& file) {
  std::string content;
  detail::read_all(file, content);
  return content;
}

}  // namespace s2d::inline S2D_ABI
