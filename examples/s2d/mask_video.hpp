// Masks with numbers, frame by frame: what all mask files of this program can be brought to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/core/matrix.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/mask/rle.hpp>

namespace app {

/// A mask and the number of its object; in frame masks, numbers mean nothing beyond their frame.
struct numbered_mask {
  std::size_t number = 1;
  s2d::rle mask;
  float score = 1;
};

struct mask_video {
  std::string name;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::vector<std::string> names;                  ///< [T] of the frames, as in the file
  std::vector<std::vector<numbered_mask>> frames;  ///< [T]
  bool objects = true;  ///< equal numbers in different frames are one object
};

/// From a folder of mask PNG (or a folder of such folders), YouTube-VIS JSON, COCO JSON, or an .npy
/// array of object numbers [T, height, width] or masks [N, T, height, width].
/// @throws s2d::io_error, s2d::invalid_input
[[nodiscard]] std::vector<mask_video> read_mask_videos(const std::filesystem::path& place);

/// Of a file that holds one video. @throws s2d::invalid_input if it holds several, or none
[[nodiscard]] mask_video read_one_mask_video(const std::filesystem::path& place);

/// Frames are listed in memory; a file may claim any number of them.
/// @throws s2d::invalid_input beyond ten million
void require_length(const s2d::ytvis_video& video, const std::filesystem::path& file);

/// Writes the numbers of the masks to a picture of their size, small masks over large ones.
template <class Id>
void paint_numbers(const std::vector<numbered_mask>& masks, s2d::plane_view<Id> picture) {
  std::vector<const numbered_mask*> order;
  for (const numbered_mask& each : masks) order.push_back(&each);
  std::stable_sort(order.begin(), order.end(), [](const numbered_mask* a, const numbered_mask* b) {
    return area(a->mask) > area(b->mask);
  });
  for (const numbered_mask* each : order) {
    const s2d::box box = bounding_box(each->mask);
    const s2d::matrix<std::uint8_t> on = decode(each->mask);
    for (std::ptrdiff_t y = box.y; y < box.y + box.height; ++y)
      for (std::ptrdiff_t x = box.x; x < box.x + box.width; ++x)
        if (on(y, x) != 0) picture(y, x) = static_cast<Id>(each->number);
  }
}

/// What a JSON file of annotations holds.
struct annotation_counts {
  bool images = false;  ///< COCO: images instead of videos
  std::size_t videos = 0;
  std::size_t frames = 0;
  std::size_t annotations = 0;
  std::size_t masks = 0;
  std::ptrdiff_t height = 0;  ///< of the first
  std::ptrdiff_t width = 0;
};

/// @throws s2d::io_error, s2d::invalid_input; s2d::cancelled
[[nodiscard]] annotation_counts count_annotations(const std::filesystem::path& json);

}  // namespace app
