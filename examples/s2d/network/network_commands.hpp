// The subcommands that need LibTorch. Each returns the exit status of the program and throws what
// it cannot handle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "commands.hpp"
#include "settings.hpp"

namespace app {

struct train_options {
  std::filesystem::path input;
  std::filesystem::path labels;  ///< see label_place
  std::filesystem::path out;     ///< folder
  std::filesystem::path init;    ///< folder of a model to go on from; empty: none

  std::int64_t steps = 0;  ///< 0: 200 for every clip, at least 600; with init 150 for every clip
  std::int64_t seed = 0;
  std::int64_t height = 0;  ///< training size, multiples of 32; 0: as the frames suggest
  std::int64_t width = 0;
  std::int64_t queries = 0;  ///< 0: twice the objects, at least 10
  double rate = 2e-3;
  double min_score = 0;          ///< objects below are left out
  double min_trust = 0;          ///< masks below are left out
  double relative_trust = 0.75;  ///< of its object's good masks; masks below are left out
  double share = 1;              ///< of each object's masks, the most trusted ones
  bool weigh = false;            ///< masks count as much as they are trusted

  std::int64_t checkpoint_every = 100;
  std::string device = "auto";
  std::size_t threads = 0;  ///< 0: one per processor
  bool force = false;
  bool quiet = false;
};

/// `s2d train`.
int train_command(const train_options& options);

struct predict_options {
  std::filesystem::path input;
  std::filesystem::path model;  ///< the folder that s2d train wrote
  std::filesystem::path out;    ///< a .json file, or a folder: for palette PNG, or of many clips
  std::filesystem::path overlay;
  std::filesystem::path keymasks;  ///< see label_place: objects that the network lost are kept
  settings what;                   ///< which frames and how large
  std::int64_t objects = 0;        ///< at most so many; 0: as many as were trained on, or any
                                   ///< number with a model of many clips
  double min_score = -1;           ///< below 0: 0.1, or 0.3 with a model of many clips
  double most_overlap = 0.7;       ///< with a better object over the whole clip, IoU
  bool refine = true;              ///< draw masks to the edges of the pictures
  std::string device = "auto";
  std::size_t threads = 0;
  bool force = false;
  bool quiet = false;
};

/// `s2d predict`.
int predict_command(const predict_options& options);

struct label_request {
  /// YouTube-VIS JSON, as s2d predict writes it, or its folder of many clips; then the other paths
  /// are folders, too, with NAME/keymasks.json, NAME/masks.json and, to be written,
  /// NAME/labels.json.
  std::filesystem::path predictions;
  std::filesystem::path keymasks;  ///< of the same videos; empty: none
  std::filesystem::path masks;     ///< all frame masks of the same videos; empty: none
  std::filesystem::path out;
  double agree = 0.6;            ///< IoU of a frame mask with a prediction that finds it again
  double min_trust = 0;          ///< with masks, which keymasks are taken: as of train
  double relative_trust = 0.75;  ///< likewise
  double share = 1;              ///< likewise
  double min_score = 0.75;       ///< objects below are left out
  double most_overlap = 0.75;    ///< with a better object over the whole clip, IoU
  std::int64_t min_area = 1;     ///< pixels below which a mask counts as none
  bool force = false;
  bool quiet = false;
};

/// `s2d label`.
int label_command(const label_request& what);

}  // namespace app
