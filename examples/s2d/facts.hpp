// run.json read back.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace app {

struct run_facts {
  std::string input, result, message;
};

/// Nothing if the file is no run.json. @throws s2d::io_error
[[nodiscard]] std::optional<run_facts> read_run_facts(const std::filesystem::path& file);

}  // namespace app
