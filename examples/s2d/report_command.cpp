// s2d report: the page of a result folder.

#include <cstdio>
#include <filesystem>
#include <vector>

#include <s2d/core/error.hpp>

#include "commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "outputs.hpp"
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
  std::vector<fs::path> read;
  for (const char* name : {"run.json", "masks.json", "keymasks.json", "table.csv", "overlay.mp4",
                           "labels.json", "dense.json", "dense.mp4"})
    read.push_back(folder / name);
  read.emplace_back(run_record{folder / "run.json"}.text_of("input"));
  require_apart({{page}, {}, {}}, read);
  report_options options;
  console screen{true};
  options.progress = screen.stage(0, 1);
  write_report(folder, page, options);
  if (!quiet) std::printf("%s\n", page.string().c_str());
  return exit_success;
}

}  // namespace app
