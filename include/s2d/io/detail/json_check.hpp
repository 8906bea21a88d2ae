// Whether text is JSON, for text that is kept as it is: simdjson's on-demand walk only looks for
// the end of what it skips.
#pragma once

#include <cstddef>
#include <string_view>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Walks one value of RFC 8259. That it is UTF-8 is not checked.
class json_check {
 public:
  explicit json_check(std::string_view text) : rest_{text} {}

  /// Whether the text is one value, space around it, and nothing else. O(length)
  [[nodiscard]] bool passes() { return value(0) && rest_.empty(); }

 private:
  static constexpr int deepest = 1024;  // as simdjson has it

  [[nodiscard]] char front() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void space() noexcept {
    while (!rest_.empty() && std::string_view{" \t\n\r"}.find(rest_.front()) != rest_.npos)
      rest_.remove_prefix(1);
  }

  bool value(int depth) {
    space();
    const char first = front();
    const bool good = first == '{'   ? list('}', depth)
                      : first == '[' ? list(']', depth)
                      : first == '"' ? string()
                                     : take("true") || take("false") || take("null") || number();
    space();
    return good;
  }

  /// Members or elements.
  bool list(char last, int depth) {
    rest_.remove_prefix(1);
    if (depth == deepest) return false;
    space();
    const std::string_view end{&last, 1};
    if (take(end)) return true;
    for (;;) {
      if (last == '}') {
        space();
        if (!string()) return false;
        space();
        if (!take(":")) return false;
      }
      if (!value(depth + 1)) return false;
      if (take(end)) return true;
      if (!take(",")) return false;
    }
  }

  bool string() {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      const char escaped = front();
      if (rest_.empty() || std::string_view{"\"\\/bfnrtu"}.find(escaped) == rest_.npos)
        return false;
      rest_.remove_prefix(1);
      if (escaped != 'u') continue;
      for (int i = 0; i < 4; ++i) {
        const char digit = static_cast<char>(front() | 32);
        if (!is_digit() && (digit < 'a' || digit > 'f')) return false;
        rest_.remove_prefix(1);
      }
    }
    return false;
  }

  [[nodiscard]] bool is_digit() const noexcept { return front() >= '0' && front() <= '9'; }
  bool digits() noexcept {
    if (!is_digit()) return false;
    while (is_digit()) rest_.remove_prefix(1);
    return true;
  }
  bool number() noexcept {
    (void)take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (take("e") || take("E")) {
      (void)(take("+") || take("-"));
      return digits();
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
