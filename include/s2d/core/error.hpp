// The exceptions of the library and the one way to throw them.
#pragma once

#include <charconv>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

/// A documented precondition was broken or data is malformed. The text names what was found and
/// what was expected; for files also the file and the position.
class invalid_input : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// The system refused: a file that cannot be opened, a folder that cannot be written, a full disk.
class io_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

template <class Part>
void append_part(std::string& text, const Part& part) {
  if constexpr (std::same_as<Part, bool>) {
    text += part ? "true" : "false";
  } else if constexpr (std::same_as<Part, char>) {
    text += part;
  } else if constexpr (std::integral<Part> || std::floating_point<Part>) {
    char digits[64];
    const auto end = std::to_chars(digits, digits + sizeof digits, part).ptr;
    text.append(digits, end);
  } else {
    text += part;
  }
}

}  // namespace detail

/// Joins numbers and strings to one text; floating-point numbers in their shortest exact form.
template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
  std::string text;
  (detail::append_part(text, parts), ...);
  return text;
}

/// Throws invalid_input with the joined `parts` unless `condition` holds.
/// The text is built on failure only, so a check that passes costs one branch.
template <class... Parts>
constexpr void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    throw invalid_input{concat(parts...)};
}

}  // namespace s2d::inline S2D_ABI
