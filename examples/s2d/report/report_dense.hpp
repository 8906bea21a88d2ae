// The parts of the page that are about training: the stages side by side, the curves of the losses.
#pragma once

#include <string>

#include "report_data.hpp"
#include "report_page.hpp"

namespace app::report {

/// Empty where there are no dense masks.
[[nodiscard]] std::string comparison_section(const page_pictures& pictures);

/// Empty where nothing was trained.
[[nodiscard]] std::string training_section(const result_data& data);

}  // namespace app::report
