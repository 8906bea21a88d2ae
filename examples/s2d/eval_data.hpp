// Predictions and truths of s2d eval, brought to one form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <s2d/mask/rle.hpp>
#include <s2d/mask/tube.hpp>

namespace app {

enum class eval_metric { davis, ytvis, coco, identity };

/// An object of a video, or an instance of an image (a video of one frame).
struct eval_object {
  std::size_t video = 0;
  std::size_t number = 1;  ///< within the video, as its file tells objects apart
  std::int64_t category = 1;
  double score = 1;
  bool crowd = false;
  double area = -1;  ///< as the file states it; below 0: not stated
  std::vector<s2d::tube_segment<s2d::rle>> masks;
};

struct eval_video {
  std::string name;
  std::int64_t id = 0;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::vector<std::string> frames;  ///< stems of their files; empty: a list of results
};

struct eval_data {
  std::filesystem::path place;
  std::vector<eval_video> videos;
  std::vector<eval_object> objects;
  std::map<std::int64_t, std::string> categories;
  bool boxes = false;  ///< the masks are boxes
};

/// Reads a JSON file (COCO for that metric, else YouTube-VIS), a folder of mask PNG, a folder of
/// such folders, one with NAME/dense.json for each video, or an .npy array.
/// @throws s2d::io_error, s2d::invalid_input
[[nodiscard]] eval_data read_eval_data(const std::filesystem::path& place, eval_metric metric);

/// Reads the boxes of a MOTChallenge file as masks of the one video of `prediction`, whole pixels;
/// those of confidence 0 do not count.
/// @throws s2d::io_error, s2d::invalid_input, also if `prediction` holds several videos or masks of
///         no known size
[[nodiscard]] eval_data read_eval_boxes(const std::filesystem::path& file,
                                        const eval_data& prediction);

/// Renumbers the videos and frames of the prediction as the truth has them. Videos belong together
/// if they have the same name, or where names of the prediction are missing or twice, the same id;
/// single videos belong together anyhow. Frames go by their stems, where no stem fits by their
/// order. Where the truth is boxes, the masks of the prediction become theirs.
/// @throws s2d::invalid_input if a video, a frame or a size of the prediction does not fit
void align(eval_data& prediction, const eval_data& truth);

}  // namespace app
