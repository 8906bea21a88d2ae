// Reads JSON front to back with simdjson and says where something is wrong.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include <s2d/core/error.hpp>
#include <s2d/io/detail/json_check.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

/// Members of a JSON object that a reader does not know, in the order of the file: name, and the
/// value as JSON text. They are kept and written again.
using json_extras = std::vector<std::pair<std::string, std::string>>;

namespace detail {

namespace ondemand = simdjson::ondemand;

class json_document;

/// Where in a document a value lies: a chain from the value up to the root, built on the stack and
/// turned to text only when something is wrong.
struct json_place {
  const json_document* document = nullptr;
  const json_place* up = nullptr;
  std::string_view key;
  std::ptrdiff_t index = -1;

  [[nodiscard]] json_place operator[](std::string_view name) const {
    return {document, this, name, -1};
  }
  [[nodiscard]] json_place operator[](std::ptrdiff_t i) const { return {document, this, {}, i}; }

  /// E.g. `annotations[3].segmentations[17].counts`; empty for the root.
  [[nodiscard]] std::string path() const {
    if (up == nullptr) return {};
    std::string text = up->path();
    if (index >= 0) return text += concat('[', index, ']');
    if (!text.empty()) text += '.';
    return text += key;
  }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const;
  /// Throws what simdjson found.
  [[noreturn]] void refuse(simdjson::error_code error, std::string_view expected) const;
};

/// The text of a document and simdjson's state on it.
class json_document {
 public:
  /// Takes the text with its capacity, so that the padding that simdjson needs costs no copy.
  json_document(std::string text, std::string name)
      : name_{std::move(name)}, text_{std::move(text)}, size_{text_.size()} {
    text_.resize(size_ + simdjson::SIMDJSON_PADDING);
    const bool mark = std::string_view{text_}.starts_with("\xEF\xBB\xBF");
    begin_ = mark ? 3 : 0;
    require(size_ <= 0xFFFF'0000u, name_, ": ", size_,
            " bytes, JSON is read up to 4 GiB; split the file");
    restart();
  }

  /// Reads a file whole.
  [[nodiscard]] static json_document read(const std::filesystem::path& file) {
    std::string text;
    read_all(file, text, simdjson::SIMDJSON_PADDING);
    return {std::move(text), file.string()};
  }

  json_document(const json_document&) = delete;
  json_document& operator=(const json_document&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] json_place root() const noexcept { return {this, nullptr, {}, -1}; }
  [[nodiscard]] ondemand::document& document() noexcept { return document_; }

  /// Begins the walk anew.
  void rewind() { document_.rewind(); }

  /// The byte at which the walk stands, if simdjson knows.
  [[nodiscard]] std::optional<std::size_t> position() const {
    const char* at = nullptr;
    if (!walking_) return std::nullopt;
    if (const_cast<ondemand::document&>(document_).current_location().get(at) != simdjson::SUCCESS)
      return std::nullopt;
    return static_cast<std::size_t>(at - text_.data());
  }

  /// Throws if text follows the root value, which has been walked to its end.
  void require_end() {
    if (const auto at = position())
      root().fail("byte ", *at, ": text follows the end of the JSON value");
  }

 private:
  void restart() {
    const auto error = parser_
                           .iterate(simdjson::padded_string_view{
                               text_.data() + begin_, size_ - begin_, text_.size() - begin_})
                           .get(document_);
    if (error == simdjson::EMPTY) root().fail("empty file, expected JSON");
    if (error != simdjson::SUCCESS) root().refuse(error, "JSON");
    walking_ = true;
  }

  std::string name_;
  std::string text_;
  std::size_t size_;
  std::size_t begin_ = 0;
  bool walking_ = false;
  ondemand::parser parser_;
  ondemand::document document_;
};

template <class... Parts>
void json_place::fail(const Parts&... parts) const {
  std::string text = document->name();
  if (const std::string where = path(); !where.empty()) text += ": " + where;
  throw invalid_input{concat(text, ": ", parts...)};
}

inline void json_place::refuse(simdjson::error_code error, std::string_view expected) const {
  std::string near;
  if (const auto position = document->position()) near = concat("byte ", *position, ": ");
  switch (error) {
    case simdjson::INCORRECT_TYPE:
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
      fail(near, "expected ", expected);
    case simdjson::UTF8_ERROR:
      fail("not valid UTF-8 text");
    case simdjson::MEMALLOC:
      throw std::bad_alloc{};
    default:
      fail(near, "damaged or truncated JSON: ", simdjson::error_message(error));
  }
}

template <class T>
T json_take(simdjson::simdjson_result<T>&& result, const json_place& at,
            std::string_view expected) {
  T value;
  if (const auto error = std::move(result).get(value); error != simdjson::SUCCESS)
    at.refuse(error, expected);
  return value;
}

inline ondemand::json_type json_type_of(ondemand::value& value, const json_place& at) {
  return json_take(value.type(), at, "a value");
}

inline bool json_is_null(ondemand::value& value, const json_place& at) {
  if (json_type_of(value, at) != ondemand::json_type::null) return false;
  std::string_view token = value.raw_json_token();  // and the white space behind it
  token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
  if (token != "null") at.fail("expected null or a value");
  return true;
}

inline double json_double(ondemand::value value, const json_place& at) {
  double number = 0;
  if (const auto error = value.get_double().get(number); error != simdjson::SUCCESS)
    at.refuse(error, "a number");
  return number;
}

/// Whole numbers also where a tool wrote 3.0; true and false as 1 and 0.
inline std::int64_t json_integer(ondemand::value value, const json_place& at) {
  if (json_type_of(value, at) == ondemand::json_type::boolean)
    return json_take(value.get_bool(), at, "true or false");
  std::int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
  const double wide = json_double(value, at);
  if (wide != std::trunc(wide) || std::abs(wide) > 9007199254740992.0)
    at.fail("found ", wide, ", expected a whole number");
  return static_cast<std::int64_t>(wide);
}

inline std::string json_string(ondemand::value value, const json_place& at) {
  return std::string{json_take(value.get_string(), at, "a string")};
}

/// Any value as its JSON text, which is checked: simdjson has only looked for its end.
inline std::string json_raw(ondemand::value value, const json_place& at) {
  std::string_view text;
  switch (json_type_of(value, at)) {
    case ondemand::json_type::array:
      text = json_take(json_take(value.get_array(), at, "an array").raw_json(), at, "an array");
      break;
    case ondemand::json_type::object:
      text = json_take(json_take(value.get_object(), at, "an object").raw_json(), at, "an object");
      break;
    default:
      text = value.raw_json_token();
  }
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\n' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  if (!json_check{text}.passes()) at.fail("damaged JSON, or nested more than 1024 times");
  return std::string{text};
}

/// Calls use(name, value, place) for every member of an object, in the order of the file.
template <class Use>
void json_members(ondemand::object object, const json_place& at, const Use& use) {
  for (auto result : object) {
    ondemand::field field;
    if (const auto error = std::move(result).get(field); error != simdjson::SUCCESS)
      at.refuse(error, "a member");
    // Names without escapes, that is nearly all, need no copy.
    const char* first = field.key().raw();
    std::size_t length = 0;
    while (first[length] != '"' && first[length] != '\\') ++length;
    std::string_view name{first, length};
    if (first[length] == '\\') name = json_take(field.unescaped_key(), at, "a name");
    use(name, field.value(), at[name]);
  }
}

template <class Use>
void json_members(ondemand::value value, const json_place& at, const Use& use) {
  json_members(json_take(value.get_object(), at, "an object"), at, use);
}

/// Calls use(i, value, place) for every element of an array.
template <class Use>
void json_elements(ondemand::array array, const json_place& at, const Use& use) {
  std::ptrdiff_t i = 0;
  for (auto result : array) {
    ondemand::value value;
    if (const auto error = std::move(result).get(value); error != simdjson::SUCCESS)
      at[i].refuse(error, "an element");
    use(i, value, at[i]);
    ++i;
  }
}

template <class Use>
void json_elements(ondemand::value value, const json_place& at, const Use& use) {
  json_elements(json_take(value.get_array(), at, "an array"), at, use);
}

/// A string of printable ASCII characters, as compressed counts are, without a copy unless it has
/// escapes; simdjson's own copies would pile up until the document ends.
inline std::string_view json_ascii(ondemand::value value, const json_place& at,
                                   std::string& scratch) {
  std::string_view token = value.raw_json_token();
  const std::size_t end = token.rfind('"');
  if (token.empty() || token.front() != '"' || end == 0) at.fail("expected a string");
  token = token.substr(1, end - 1);
  if (token.find('\\') == std::string_view::npos) return token;
  scratch.clear();
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '\\') {
      scratch += token[i];
      continue;
    }
    const char escaped = ++i < token.size() ? token[i] : '\0';
    if (escaped == '\\' || escaped == '/' || escaped == '"') {
      scratch += escaped;
    } else if (escaped == 'u' && token.substr(i + 1, 2) == "00" && i + 4 < token.size()) {
      const auto digit = [&](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if ((c | 32) >= 'a' && (c | 32) <= 'f') return (c | 32) - 'a' + 10;
        at.fail("a damaged \\u escape");
      };
      scratch += static_cast<char>(digit(token[i + 3]) * 16 + digit(token[i + 4]));
      i += 4;
    } else {
      at.fail("character ", i, " is an escape that compressed counts cannot hold");
    }
  }
  return scratch;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
