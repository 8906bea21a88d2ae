// What a user can ask for, and the stamp by which finished work is recognised.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "json.hpp"

namespace app {

enum class segmenter_kind { motion, ncut, files };

/// Which frames of a video are used and how large; everything that decides about the results.
struct settings {
  std::size_t start = 0;                                        ///< first frame
  std::size_t end = (std::numeric_limits<std::size_t>::max)();  ///< one behind the last frame
  std::size_t stride = 1;                                       ///< every stride-th frame
  std::size_t size = 1280;   ///< the longer side of frames is at most this; 0: never scaled
  std::size_t window = 150;  ///< frames looked at together; 0: the whole video
  std::size_t overlap = 30;  ///< frames that neighbouring windows share
  bool compat = false;       ///< discovery exactly as in the official code
  segmenter_kind segmenter = segmenter_kind::motion;
  std::filesystem::path masks;     ///< folder of palette PNG or a JSON file; for segmenter files
  std::filesystem::path features;  ///< .npy for segmenter ncut; empty: motion and colour
  std::filesystem::path tracks;    ///< folder of .npy tracks; empty: flow
};

/// Where s2d run may end.
enum class stage { keymasks, train, labels, dense };

/// What comes behind the keymasks. What is not said is up to s2d train.
struct distillation {
  stage until = stage::dense;
  std::vector<std::string> training;  ///< options of s2d train, in words
  std::filesystem::path init;         ///< the model to begin from; empty: nothing
  std::size_t final_steps = 300;      ///< of the final round; 0: there is none
};

/// How the results are shown and computed, with no influence on what they are but for the last bits
/// of other devices.
struct run_options {
  std::filesystem::path input;
  std::filesystem::path out;
  settings what;
  distillation distil;
  std::size_t shard = 0;  ///< this process takes every shards-th video, from this one on
  std::size_t shards = 1;
  std::size_t threads = 0;      ///< 0: one per processor
  std::string device = "auto";  ///< auto (a GPU for the network alone), cpu, cuda
  bool quiet = false;
  bool json = false;
  bool force = false;    ///< do finished work again
  bool overlay = true;   ///< write overlay.mp4
  bool report = true;    ///< write report.html
  bool table = true;     ///< write table.csv
  bool cutouts = false;  ///< write cut-outs with alpha
};

[[nodiscard]] inline const char* name_of(segmenter_kind kind) {
  switch (kind) {
    case segmenter_kind::motion:
      return "motion";
    case segmenter_kind::ncut:
      return "ncut";
    case segmenter_kind::files:
      return "files";
  }
  return "";
}

[[nodiscard]] inline const char* name_of(stage which) {
  switch (which) {
    case stage::keymasks:
      return "keymasks";
    case stage::train:
      return "train";
    case stage::labels:
      return "labels";
    case stage::dense:
      return "dense";
  }
  return "";
}

/// The members of `what` into the open object of `json`.
inline void write_settings(json_writer& json, const settings& what) {
  json.member("start", what.start).key("end");
  if (what.end == settings{}.end)
    json.null();
  else
    json.value(what.end);
  json.member("stride", what.stride)
      .member("size", what.size)
      .member("window", what.window)
      .member("overlap", what.overlap)
      .member("segmenter", name_of(what.segmenter))
      .member("compat", what.compat)
      .member("masks", what.masks.string())
      .member("features", what.features.string())
      .member("tracks", what.tracks.string());
}

}  // namespace app
