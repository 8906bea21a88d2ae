#include "table.hpp"

#include <charconv>
#include <cmath>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>

namespace quality {

namespace {

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == by)
      parts.emplace_back();
    else if (c != '\r')
      parts.back() += c;
  }
  return parts;
}

std::string cell(const figures& row, const column& of) {
  const auto found = row.find(of.key);
  return found == row.end() ? "-" : fixed(found->second, of.digits);
}

}  // namespace

std::string fixed(double value, int digits) {
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  return {text, end};
}

std::string markdown(std::string_view first_title, const std::vector<column>& columns, bool means) {
  std::string text = s2d::concat("| ", first_title, " |");
  for (const column& c : columns) text += s2d::concat(' ', c.title, " |");
  text += "\n|---|";
  for (std::size_t i = 0; i < columns.size(); ++i) text += "---:|";
  text += '\n';
  std::vector<std::map<std::string, figures>> seen(columns.size());
  for (const auto& [name, unused] : *columns[0].rows) {
    text += s2d::concat("| ", name, " |");
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto row = columns[i].rows->find(name);
      text += s2d::concat(' ', row == columns[i].rows->end() ? "-" : cell(row->second, columns[i]),
                          " |");
      if (row != columns[i].rows->end()) seen[i].insert(*row);
    }
    text += '\n';
  }
  if (!means) return text;
  text += "| **mean** |";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    column finer = columns[i];
    if (finer.digits != 1) ++finer.digits;
    text += s2d::concat(" **", cell(mean(seen[i]), finer), "** |");
  }
  return text + '\n';
}

std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      result += ' ';
    else
      result += c;
  }
  return result + '"';
}

std::string json(const std::map<std::string, figures>& rows) {
  std::string text = "{";
  const char* between_rows = "\n";
  for (const auto& [name, row] : rows) {
    text += s2d::concat(between_rows, "    ", json_text(name), ": {");
    between_rows = ",\n";
    const char* between = "";
    for (const auto& [key, value] : row) {
      text += s2d::concat(between, json_text(key), ": ", value);
      between = ", ";
    }
    text += '}';
  }
  return text + "\n  }";
}

std::map<std::string, figures> read_csv(const std::filesystem::path& file) {
  std::map<std::string, figures> rows;
  std::vector<std::string> keys;
  for (const std::string& line : split(s2d::read_text(file), '\n')) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> fields = split(line, ',');
    if (keys.empty()) {
      keys = fields;
      continue;
    }
    s2d::require(fields.size() == keys.size(), file.string(), ": the row of ", fields[0], " has ",
                 fields.size(), " fields, expected ", keys.size());
    for (std::size_t i = 1; i < fields.size(); ++i) {
      double value = 0;
      if (fields[i].empty()) continue;
      const char* last = fields[i].data() + fields[i].size();
      s2d::require(std::from_chars(fields[i].data(), last, value).ptr == last, file.string(), ": ",
                   fields[0], ", ", keys[i], ": '", fields[i], "' is no number");
      rows[fields[0]][keys[i]] = value;
    }
  }
  return rows;
}

void update_page(const std::filesystem::path& page,
                 const std::map<std::string, std::string>& blocks) {
  std::string text = s2d::read_text(page);
  for (const auto& [name, block] : blocks) {
    const std::string begin = s2d::concat("<!-- begin ", name, " -->\n");
    const std::string end = s2d::concat("<!-- end ", name, " -->");
    const std::size_t from = text.find(begin);
    if (from == std::string::npos) continue;
    const std::size_t first = from + begin.size(), last = text.find(end, first);
    s2d::require(last != std::string::npos, page.string(), ": '", begin, "' without '", end, "'");
    text.replace(first, last - first, block);
  }
  s2d::write_file(page, text);
}

}  // namespace quality
