// What comes behind the keymasks: a network learns them and gives a mask for every frame. Each
// stage is a call of s2d-network, which knows by itself what is done already.
#pragma once

#include <filesystem>
#include <string>

#include "console.hpp"
#include "input.hpp"
#include "outputs.hpp"
#include "settings.hpp"

namespace app {

/// Files and folders that training adds to a result folder.
struct distil_places {
  explicit distil_places(const std::filesystem::path& folder);
  std::filesystem::path keymasks;     ///< that are learned
  std::filesystem::path masks;        ///< all frame masks
  std::filesystem::path model;        ///< folder of the network that learned keymasks
  std::filesystem::path predictions;  ///< of that network, where labels are made of them
  std::filesystem::path labels;       ///< of the final round
  std::filesystem::path final_model;  ///< folder of the network when it has learned the labels too
  std::filesystem::path dense;        ///< the result
  std::filesystem::path overlay;      ///< the clip with it
};

/// Trains, labels, predicts, as far as is asked for; what is done is skipped. Enters seconds and
/// what was found into the record: members training and dense.
/// @returns what was found, in a sentence; empty if it ends before predictions
/// @throws told_already, s2d::cancelled, s2d::io_error, s2d::invalid_input
std::string distil(const clip& video, const run_options& options, const distil_places& to,
                   run_record& record, console& screen);

}  // namespace app
