// A data folder of the form JPEGImages/SEQUENCE/*.jpg, Annotations/SEQUENCE/*.png.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/image.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace quality {

/// The frames of one sequence and their true foreground.
struct clip {
  std::string name;
  std::vector<std::string> stems;    ///< [T] file names without extension
  std::vector<s2d::image> frames;    ///< [T]
  std::vector<s2d::bit_mask> truth;  ///< [T]
};

/// Names of the sequences of a data folder that have both frames and annotations.
std::vector<std::string> list_sequences(const std::filesystem::path& data);

/// Reads a sequence; every frame must have an annotation of its size, found by its name.
clip read_clip(const std::filesystem::path& data, const std::string& name);

/// Flow fields FOLDER/SEQUENCE/STEM_forward and STEM_backward, as .npy [h, w, 2] or .flo; a missing
/// file is an absent field.
s2d::video_flow read_flow(const std::filesystem::path& folder, const clip& of);

/// Frame masks FOLDER/SEQUENCE/STEM.png: a mask for every id.
s2d::video_masks read_masks(const std::filesystem::path& folder, const clip& of);

/// Writes frame masks as read_masks reads them; of pixels in several masks the last has its id.
void write_masks(const std::filesystem::path& folder, const clip& of,
                 const s2d::video_masks& masks);

/// The lines of a text file, without those that are empty or begin with '#'.
std::set<std::string> read_names(const std::filesystem::path& file);

}  // namespace quality
