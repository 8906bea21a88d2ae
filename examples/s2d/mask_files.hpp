// Frame masks that another program made: a folder of mask PNG, or a COCO or YouTube-VIS JSON file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <s2d/mask/rle.hpp>
#include <s2d/segment/frame_mask.hpp>

#include "input.hpp"
#include "settings.hpp"

namespace app {

/// Masks by frame. A frame and its masks belong together if their files have the same stem (frames
/// of a video file count as 00000, 00001 ...); where no stem fits at all, the order counts.
class mask_files {
 public:
  /// Masks for the frames of `of`. `colours`: masks of a picture are told apart and put in order by
  /// colour, as the official code does, else by the number the picture stores.
  /// @throws s2d::io_error, s2d::invalid_input
  mask_files(const std::filesystem::path& place, const clip& of, bool colours);

  /// The masks of the frame with this number and <clip>/<file> name; each [height, width] or, with
  /// `any_size`, of the size they have in the file.
  /// @throws s2d::invalid_input if they have another shape; s2d::io_error
  [[nodiscard]] std::vector<s2d::frame_mask> masks_of(std::size_t index, const std::string& name,
                                                      std::ptrdiff_t height, std::ptrdiff_t width,
                                                      bool any_size) const;

 private:
  struct scored {
    s2d::rle mask;
    float score;
  };
  void read();

  std::filesystem::path place_;
  bool colours_;
  bool by_name_ = false;
  std::vector<std::filesystem::path> pictures_;  // of a folder
  std::map<std::string, std::size_t> by_stem_;   // number in pictures_ or masks_
  std::vector<std::vector<scored>> masks_;       // of a JSON file
};

/// Of the masks and tracks of many videos, those of one: FOLDER/NAME or FOLDER/NAME.json.
void choose_files_of(const clip& each, settings& what);

}  // namespace app
