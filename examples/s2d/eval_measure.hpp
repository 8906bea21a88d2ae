// The measures of s2d eval and the cases that its page shows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <s2d/mask/rle.hpp>

#include "eval_data.hpp"

namespace app {

/// What is measured against what, in one picture.
struct eval_case {
  std::string title;
  double value = 0;  ///< by which cases are ordered, higher is better
  std::string text;  ///< the value in words
  s2d::rle truth;
  s2d::rle found;
};

/// A line of the table.
struct eval_row {
  std::vector<std::string> names;  ///< as long as eval_outcome::name_columns
  std::vector<double> values;      ///< as long as value_columns; NaN: nothing to be measured
};

struct eval_outcome {
  std::vector<std::string> name_columns, value_columns;
  std::size_t counts = 0;  ///< so many of value_columns, the last ones, are whole numbers
  /// Digits behind the point in a value column.
  [[nodiscard]] int digits(std::size_t column) const {
    return column + counts < value_columns.size() ? 3 : 0;
  }
  std::vector<eval_row> rows;  ///< the last one: over all
  /// By frame, DAVIS only: values of each row but the last one, one list a value.
  std::vector<std::vector<std::vector<double>>> frames;
  std::vector<std::string> frame_columns;
  std::vector<eval_case> worst, best;
  std::vector<std::string> notes;
};

struct eval_settings {
  eval_metric metric = eval_metric::davis;
  bool semi_supervised = false;
  bool by_category = true;
  std::size_t threads = 0;
  std::size_t cases = 8;  ///< worst and best ones
};

/// @throws s2d::invalid_input
[[nodiscard]] eval_outcome measure(const eval_data& prediction, const eval_data& truth,
                                   const eval_settings& what);

}  // namespace app
