// Figures as Markdown tables and as JSON.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "measure.hpp"

namespace quality {

/// A column of a table: what stands in its head, and which figure of which row set it shows.
struct column {
  std::string title;
  std::string key;
  int digits = 2;
  const std::map<std::string, figures>* rows = nullptr;
};

/// The number with so many digits behind the point.
std::string fixed(double value, int digits);

/// One line a row of the first column's set, then the means; figures that a row lacks are a dash.
/// The means of a reference are taken over the rows that the first column has.
std::string markdown(std::string_view first_title, const std::vector<column>& columns,
                     bool means = true);

/// {"name": {"key": number, ...}, ...}
std::string json(const std::map<std::string, figures>& rows);

/// The text as a JSON string.
std::string json_text(std::string_view text);

/// A table of comma-separated values: first line the keys, first column the names; empty fields
/// are left out, lines that begin with '#' too.
std::map<std::string, figures> read_csv(const std::filesystem::path& file);

/// Replaces what stands between the lines "<!-- begin NAME -->" and "<!-- end NAME -->" of a page,
/// for every block that has such lines; other text stays.
void update_page(const std::filesystem::path& page,
                 const std::map<std::string, std::string>& blocks);

}  // namespace quality
