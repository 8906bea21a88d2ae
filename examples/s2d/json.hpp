// Writes JSON piece by piece, so that a file larger than memory can be written.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <s2d/io/detail/json_writer.hpp>

namespace app {

/// Objects, arrays, keys and values in the order of the calls; commas are put in by itself. Text
/// is gathered in blocks of about 1 MB, each handed to `sink`; without one it stays in text().
class json_writer {
 public:
  using sink = std::function<void(std::string_view)>;

  explicit json_writer(sink to = {}) : sink_{std::move(to)} {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  json_writer& key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    after_key_ = true;
    return *this;
  }

  json_writer& null() { return raw("null"); }
  json_writer& value(bool on) { return raw(on ? "true" : "false"); }
  json_writer& value(const char* text) { return value(std::string_view{text}); }
  json_writer& value(std::string_view text) {
    separate();
    quote(text);
    return flush_if_full();
  }
  json_writer& value(const std::string& text) { return value(std::string_view{text}); }
  template <std::integral T>
  json_writer& value(T number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return raw({digits, static_cast<std::size_t>(end - digits)});
  }
  /// The shortest text that reads back as the same number; null for NaN and infinities.
  template <std::floating_point T>
  json_writer& value(T number) {
    if (!std::isfinite(number)) return null();
    char digits[64];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return raw({digits, static_cast<std::size_t>(end - digits)});
  }
  /// `number` with at most `decimals` digits behind the point.
  json_writer& rounded(double number, int decimals) {
    if (!std::isfinite(number)) return null();
    const double scale = std::pow(10.0, decimals);
    return value(std::round(number * scale) / scale);
  }
  /// Text that is JSON already.
  json_writer& raw(std::string_view json) {
    separate();
    text_ += json;
    return flush_if_full();
  }
  template <class T>
  json_writer& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  /// A line break where white space is allowed.
  json_writer& line() {
    break_ = true;
    return *this;
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Hands the rest to the sink.
  void finish() {
    text_ += '\n';
    if (sink_) {
      sink_(text_);
      text_.clear();
    }
  }

 private:
  json_writer& open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  json_writer& close(char bracket) {
    if (break_) text_ += '\n';
    break_ = false;
    text_ += bracket;
    first_ = false;
    return flush_if_full();
  }
  void separate() {
    if (after_key_) {
      after_key_ = false;
      return;
    }
    if (!first_) text_ += ',';
    if (break_) text_ += '\n';
    first_ = break_ = false;
  }
  void quote(std::string_view text) { s2d::detail::append_json_string(text_, text); }
  json_writer& flush_if_full() {
    if (sink_ && text_.size() > (1u << 20)) {
      sink_(text_);
      text_.clear();
    }
    return *this;
  }

  sink sink_;
  std::string text_;
  bool first_ = true;
  bool after_key_ = false;
  bool break_ = false;
};

}  // namespace app
