// s2d eval: how good predicted masks are.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>

#include "commands.hpp"
#include "eval_data.hpp"
#include "eval_measure.hpp"
#include "eval_page.hpp"
#include "files.hpp"
#include "json.hpp"
#include "report/html.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

/// Characters that a terminal shows, of valid UTF-8.
std::size_t shown_width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void print_table(const eval_outcome& outcome) {
  const std::size_t names = outcome.name_columns.size();
  std::vector<std::vector<std::string>> cells{outcome.name_columns};
  cells[0].insert(cells[0].end(), outcome.value_columns.begin(), outcome.value_columns.end());
  for (const eval_row& row : outcome.rows) {
    auto& line = cells.emplace_back(row.names);
    for (const double value : row.values)
      line.push_back(
          std::isfinite(value) ? report::fixed(value, outcome.digits(line.size() - names)) : "-");
  }
  std::vector<std::size_t> widths(cells[0].size());
  for (const auto& line : cells)
    for (std::size_t c = 0; c < line.size(); ++c)
      widths[c] = (std::max)(widths[c], shown_width(line[c]));
  for (const auto& line : cells) {
    std::string text;
    for (std::size_t c = 0; c < line.size(); ++c) {
      const std::string blanks(widths[c] - shown_width(line[c]), ' ');
      if (c > 0) text += "  ";
      text += c < names ? line[c] + blanks : blanks + line[c];
    }
    while (text.ends_with(' ')) text.pop_back();
    std::puts(text.c_str());
  }
}

/// Whether categories count in a metric.
bool has_categories(const std::string& metric) { return metric == "ytvis" || metric == "coco"; }

std::string about(const eval_request& what) {
  if (what.metric == "davis") return "DAVIS J and F, " + what.protocol;
  if (what.metric == "identity") return "Identity F1 and switches";
  return std::string{what.metric == "ytvis" ? "YouTube-VIS average precision and recall"
                                            : "COCO average precision and recall of masks"} +
         (what.class_agnostic ? ", class-agnostic" : "");
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted += '"';
}

void write_csv(const eval_outcome& outcome, const fs::path& file) {
  std::string text;
  bool first = true;  // in its line
  const auto add = [&](const std::string& field) {
    if (!first) text += ',';
    first = false;
    text += field;
  };
  const auto end_line = [&] {
    text += '\n';
    first = true;
  };
  for (const auto* columns : {&outcome.name_columns, &outcome.value_columns})
    for (const std::string& name : *columns) add(csv_field(name));
  end_line();
  for (const eval_row& row : outcome.rows) {
    for (const std::string& name : row.names) add(csv_field(name));
    for (const double value : row.values)
      add(std::isfinite(value) ? s2d::concat(value) : std::string{});
    end_line();
  }
  s2d::write_file(file, std::string_view{text});
}

std::string as_json(const eval_outcome& outcome, const eval_request& what) {
  json_writer json;
  json.begin_object().member("metric", what.metric);
  if (what.metric == "davis") json.member("protocol", what.protocol);
  if (has_categories(what.metric)) json.member("class_agnostic", what.class_agnostic);
  json.member("prediction", what.prediction.string()).member("truth", what.truth.string());
  const auto values = [&](const eval_row& row) {
    for (std::size_t c = 0; c < row.values.size(); ++c)
      json.member(outcome.value_columns[c], row.values[c]);
  };
  json.key("all").begin_object();
  values(outcome.rows.back());
  json.end_object().key("rows").begin_array();
  for (std::size_t r = 0; r + 1 < outcome.rows.size(); ++r) {
    const eval_row& row = outcome.rows[r];
    json.line().begin_object();
    for (std::size_t c = 0; c < row.names.size(); ++c)
      json.member(outcome.name_columns[c], row.names[c]);
    values(row);
    if (r < outcome.frames.size())
      for (std::size_t k = 0; k < outcome.frames[r].size(); ++k) {
        json.key(outcome.frame_columns[k] + " per frame").begin_array();
        for (const double value : outcome.frames[r][k]) json.value(value);
        json.end_array();
      }
    json.end_object();
  }
  json.end_array().key("notes").begin_array();
  for (const std::string& note : outcome.notes) json.value(note);
  json.end_array().end_object();
  return json.text() + "\n";
}

}  // namespace

int eval_command(const eval_request& what) {
  require_apart({{what.csv, what.report}, {}, {}}, {what.prediction, what.truth});
  eval_settings settings;
  settings.metric = what.metric == "davis"      ? eval_metric::davis
                    : what.metric == "ytvis"    ? eval_metric::ytvis
                    : what.metric == "identity" ? eval_metric::identity
                                                : eval_metric::coco;
  settings.semi_supervised = what.protocol == "semi-supervised";
  settings.by_category = has_categories(what.metric) && !what.class_agnostic;
  settings.threads = what.threads;
  const bool boxes = settings.metric == eval_metric::identity && what.truth.extension() == ".txt";
  eval_data prediction, truth;
  if (!boxes) truth = read_eval_data(what.truth, settings.metric);
  prediction = read_eval_data(what.prediction, settings.metric);
  if (boxes) truth = read_eval_boxes(what.truth, prediction);
  align(prediction, truth);
  const eval_outcome outcome = measure(prediction, truth, settings);
  if (!what.csv.empty()) write_csv(outcome, what.csv);
  if (!what.report.empty())
    write_eval_page(outcome, what.prediction.filename().string(),
                    about(what) + "; the truth is " + what.truth.string(), what.report);
  if (what.json) {
    std::fputs(as_json(outcome, what).c_str(), stdout);
  } else if (!what.quiet) {
    print_table(outcome);
    for (const std::string& note : outcome.notes) std::fprintf(stderr, "%s\n", note.c_str());
  }
  return exit_success;
}

}  // namespace app
