// s2d report: the page of a result folder.

#include <cstdio>
#include <filesystem>

#include <s2d/core/error.hpp>

#include "commands.hpp"
#include "console.hpp"
#include "report/report.hpp"

namespace app {

namespace fs = std::filesystem;

int report_command(const fs::path& folder, const fs::path& html, bool quiet) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw s2d::io_error{folder.string() + ": no such folder, expected one that s2d run wrote"};
  s2d::require(fs::exists(folder / "run.json", error), folder.string(),
               ": holds no run.json, expected a folder that s2d run wrote");
  const fs::path page = html.empty() ? folder / "report.html" : html;
  report_options options;
  console screen{true};
  options.progress = screen.stage(0, 1);
  write_report(folder, page, options);
  if (!quiet) std::printf("%s\n", page.string().c_str());
  return exit_success;
}

}  // namespace app
