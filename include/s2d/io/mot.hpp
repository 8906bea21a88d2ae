// Boxes of tracked objects as MOTChallenge writes them: a line of text for each.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

/// One object in one frame, in pixels from 0.
struct mot_box {
  std::size_t frame = 0;  ///< from 0; files count from 1
  std::int64_t identity = 0;
  double left = 0;  ///< files count from 1
  double top = 0;
  double width = 0;
  double height = 0;
  double confidence = 1;  ///< of a truth: 0 for what does not count
};

namespace detail {

// The number that a line begins with, and the comma behind it.
inline double mot_number(std::string_view& line, std::string_view name, std::size_t row,
                         std::size_t column) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!line.empty() && blank(line.front())) line.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  const std::string_view field = line.substr(0, line.find(','));
  require(error == std::errc{} && std::isfinite(value), name, ": line ", row, ": field ", column,
          " is '", field.substr(0, 40), "', expected a number");
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  while (!line.empty() && blank(line.front())) line.remove_prefix(1);
  require(line.empty() || line.front() == ',', name, ": line ", row, ": field ", column, " is '",
          field.substr(0, 40), "', expected a number");
  if (!line.empty()) line.remove_prefix(1);
  return value;
}

}  // namespace detail

/// Decodes "frame, identity, left, top, width, height[, confidence, ...]" in every line that is not
/// empty, as gt.txt and results of MOTChallenge. What stands behind the confidence is not read.
/// `name` stands for the file in errors.
/// @return in the order of the lines
/// @throws invalid_input with the line, if there are fewer than six fields, a field is no number,
///         frame or identity are not whole, a frame is not 1 to 1,000,000, an identity is 1e15 or
///         more, a position is beyond 1e6, an extent below 0 or beyond, or an identity from 0 on is
///         twice in a frame (detections have -1)
[[nodiscard]] inline std::vector<mot_box> decode_mot(std::string_view text, std::string_view name) {
  std::vector<mot_box> boxes;
  std::set<std::pair<std::size_t, std::int64_t>> seen;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a mark of UTF-8
  for (std::size_t row = 1; !text.empty(); ++row) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == line.npos) continue;
    std::array<double, 7> field{};
    field[6] = 1;
    std::size_t count = 0;
    for (; count < field.size() && (!line.empty() || count == 0); ++count)
      field[count] = detail::mot_number(line, name, row, count + 1);
    require(count >= 6, name, ": line ", row, ": ", count,
            " fields, expected frame, identity, left, top, width, height");
    require(field[0] == std::floor(field[0]) && field[0] >= 1 && field[0] <= 1e6, name, ": line ",
            row, ": frame is ", field[0], ", expected a whole number, 1 to 1000000");
    require(field[1] == std::floor(field[1]) && std::abs(field[1]) < 1e15, name, ": line ", row,
            ": identity is ", field[1], ", expected a whole number below 1e15");
    for (std::size_t k = 2; k < 6; ++k)
      require(std::abs(field[k]) <= 1e6 && (k < 4 || field[k] >= 0), name, ": line ", row,
              ": field ", k + 1, " is ", field[k], ", expected ",
              k < 4 ? "-1000000 to 1000000" : "0 to 1000000");
    mot_box one;
    one.frame = static_cast<std::size_t>(field[0]) - 1;
    one.identity = static_cast<std::int64_t>(field[1]);
    one.left = field[2] - 1;
    one.top = field[3] - 1;
    one.width = field[4];
    one.height = field[5];
    one.confidence = field[6];
    require(one.identity < 0 || seen.emplace(one.frame, one.identity).second, name, ": line ", row,
            ": identity ", one.identity, " is twice in frame ", field[0]);
    boxes.push_back(one);
  }
  return boxes;
}

/// Reads a MOTChallenge file; see decode_mot.
/// @throws io_error if the file cannot be read, invalid_input if it is damaged
[[nodiscard]] inline std::vector<mot_box> read_mot(const std::filesystem::path& file) {
  return decode_mot(read_text(file), file.string());
}

}  // namespace s2d::inline S2D_ABI
