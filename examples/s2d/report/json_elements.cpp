#include "json_elements.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/file.hpp>

namespace app::report {

namespace {

struct closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Follows strings and brackets through the text, one byte at a time.
class scanner {
 public:
  scanner(std::string_view name, const std::function<void(std::size_t, const std::string&)>& take)
      : name_{name}, take_{take} {}

  void put(char c) {
    if (in_element_) element_ += c;
    if (in_string_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
      if (in_string_ && depth_ == 1) text_ += c;
      return;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        if (depth_ == 1) text_.clear();
        break;
      case ':':
        if (depth_ == 1) key_ = text_;
        break;
      case '{':
      case '[':
        if (depth_ == 1) in_array_ = c == '[' && key_ == name_;
        if (depth_ == 2 && in_array_ && c == '{') {
          in_element_ = true;
          element_ = c;
        }
        ++depth_;
        break;
      case '}':
      case ']':
        --depth_;
        if (depth_ == 2 && in_element_) {
          in_element_ = false;
          take_(count_++, element_);
        }
        if (depth_ == 1) in_array_ = false;
        break;
      default:
        break;
    }
  }

  [[nodiscard]] bool complete() const noexcept { return depth_ == 0 && !in_string_; }

 private:
  std::string_view name_;
  const std::function<void(std::size_t, const std::string&)>& take_;
  std::string text_;  // the last string of the outermost object
  std::string key_;
  std::string element_;
  std::size_t count_ = 0;
  long depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_array_ = false;
  bool in_element_ = false;
};

}  // namespace

void for_each_element(const std::filesystem::path& file, std::string_view name,
                      const std::function<void(std::size_t, const std::string&)>& take) {
  const std::unique_ptr<std::FILE, closer> open{std::fopen(file.string().c_str(), "rb")};
  if (open == nullptr) s2d::detail::throw_io_error(file, "open", errno);
  scanner scan{name, take};
  std::vector<char> block(std::size_t{1} << 18);
  std::size_t bytes = 0;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), open.get())) {
    for (std::size_t i = 0; i < count; ++i) scan.put(block[i]);
    bytes += count;
  }
  if (std::ferror(open.get())) s2d::detail::throw_io_error(file, "read", errno);
  s2d::require(scan.complete(), file.string(), ": ends early after ", bytes,
               " bytes, brackets or a string are still open");
}

}  // namespace app::report
