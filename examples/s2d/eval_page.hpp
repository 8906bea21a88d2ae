// The page of s2d eval: the table, and the worst and best cases as pictures.
#pragma once

#include <filesystem>
#include <string>

#include "eval_measure.hpp"

namespace app {

/// One self-contained HTML file, whole or not at all. @throws s2d::io_error
void write_eval_page(const eval_outcome& outcome, const std::string& title,
                     const std::string& about, const std::filesystem::path& file);

}  // namespace app
