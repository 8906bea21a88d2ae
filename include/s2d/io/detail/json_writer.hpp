// Writes JSON as a stream: what is written once is never held as a tree.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// The length of the UTF-8 character at the start of `text`; 0 if there is none.
inline std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const unsigned c = at(0);
  if (c < 0x80) return 1;
  if (c >= 0xC2 && c <= 0xDF) return tail(1) ? 2 : 0;
  if (c >= 0xE0 && c <= 0xEF) {
    const bool overlong = c == 0xE0 && at(1) < 0xA0;
    const bool surrogate = c == 0xED && at(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (c >= 0xF0 && c <= 0xF4) {
    const bool overlong = c == 0xF0 && at(1) < 0x90;
    const bool beyond = c == 0xF4 && at(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

/// Appends `text` as a JSON string. Bytes that are no UTF-8 (file names may hold any) become the
/// replacement character, because no reader takes them.
inline void append_json_string(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    } else if ((length = utf8_length(text)) != 0) {
      out += text.substr(0, length);
    } else {
      out += "\xEF\xBF\xBD";
      length = 1;
    }
    text.remove_prefix(length);
  }
  out += '"';
}

/// Appends a number: whole ones as integers, others in their shortest exact form.
inline void append_json_number(std::string& out, double value) {
  require(std::isfinite(value), "JSON: number ", value, ", JSON holds finite numbers only");
  if (value == std::trunc(value) && std::abs(value) < 9007199254740992.0)
    out += concat(static_cast<std::int64_t>(value));
  else
    out += concat(value);
}

/// Objects, arrays and values in the order of the calls; commas are put between them.
class json_writer {
 public:
  explicit json_writer(atomic_file& file) : file_{&file} {}

  json_writer& open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  json_writer& close(char bracket) {
    text_ += bracket;
    first_ = false;
    if (text_.size() > std::size_t{1} << 18) flush();
    return *this;
  }
  json_writer& key(std::string_view name) {
    separate();
    append_json_string(text_, name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  json_writer& value(std::string_view text) {
    separate();
    append_json_string(text_, text);
    return *this;
  }
  json_writer& value(const char* text) { return value(std::string_view{text}); }
  json_writer& value(double number) {
    separate();
    append_json_number(text_, number);
    return *this;
  }
  template <std::integral Number>
  json_writer& value(Number number) {
    separate();
    text_ += concat(number);
    return *this;
  }
  json_writer& null() { return raw("null"); }
  /// A value that is JSON already.
  json_writer& raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
  }
  /// The next value begins on a line of its own.
  json_writer& line() {
    line_ = true;
    return *this;
  }
  void flush() {
    file_->write(text_);
    text_.clear();
  }

 private:
  void separate() {
    if (!first_) text_ += ',';
    if (line_) text_ += '\n';
    first_ = line_ = false;
  }

  atomic_file* file_;
  std::string text_;
  bool first_ = true;
  bool line_ = false;
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
