// The subcommands. Each returns the exit status of the program and throws what it cannot handle.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "settings.hpp"

namespace app {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

/// What `analyse_command` makes of a clip.
enum class product { masks, keymasks, everything };

/// `s2d masks`, `s2d discover`, `s2d run`.
int analyse_command(const run_options& options, product wanted,
                    const std::filesystem::path& overlay, const std::filesystem::path& table,
                    const std::filesystem::path& cutouts);

/// `s2d convert`.
int convert_command(const std::filesystem::path& from, const std::filesystem::path& to,
                    bool frame_masks, bool quiet);

/// `s2d info`.
int info_command(const std::vector<std::filesystem::path>& paths, bool json);

/// `s2d report`.
int report_command(const std::filesystem::path& folder, const std::filesystem::path& html,
                   bool quiet);

/// `s2d train`, `s2d predict`, `s2d label`: hands the call over to the program s2d-network, which
/// needs LibTorch.
/// @param words  those of main, ended by a null pointer
/// @throws s2d::io_error if it was not built
int network_command(char** words);

/// Whether s2d-network is there.
[[nodiscard]] bool network_there();

/// A call that cannot be meant, found when files are looked at.
struct wrong_call : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An error that has been shown.
struct told_already : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Runs s2d-network and waits for its end; what it says about its results is dropped, its progress
/// and its errors are seen. A stop that is asked for is passed on.
/// @param words  command, options
/// @throws told_already if it failed; s2d::cancelled; s2d::io_error if it could not be run
void run_network(const std::vector<std::string>& words);

/// How good masks are, measured against a truth.
struct eval_request {
  std::filesystem::path prediction, truth;
  std::string metric;  ///< davis, ytvis, coco
  std::string protocol = "unsupervised";
  bool class_agnostic = false;
  std::filesystem::path csv, report;  ///< written where not empty
  bool json = false;
  bool quiet = false;
  std::size_t threads = 0;
};

/// `s2d eval`.
int eval_command(const eval_request& what);

}  // namespace app
