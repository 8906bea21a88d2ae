// A golden case of keymask discovery: its masks, tracks and expected values.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <simdjson.h>

#include <s2d/mask/rle.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace support {

namespace json = simdjson::dom;

/// The folders directly inside `folder`, sorted.
inline std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.is_directory()) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

inline std::size_t integer(json::element value) {
  return static_cast<std::size_t>(value.get_double().value());
}

inline std::vector<std::size_t> integers(json::array values) {
  std::vector<std::size_t> result;
  for (const json::element value : values) result.push_back(integer(value));
  return result;
}

/// All masks of all frames in the order of ids, those that the official program loses too.
inline s2d::video_masks golden_masks(json::element video) {
  const auto height = static_cast<std::ptrdiff_t>(integer(video["mask_size"].at(0)));
  const auto width = static_cast<std::ptrdiff_t>(integer(video["mask_size"].at(1)));
  s2d::video_masks masks;
  for (const json::element frame : video["frames"].get_array()) {
    masks.emplace_back();
    for (const json::element mask : frame.get_array()) {
      const std::string_view counts = mask["rle"]["counts"].get_string().value();
      masks.back().push_back({s2d::to_bits(s2d::rle::from_string(counts, height, width))});
    }
  }
  return masks;
}

}  // namespace support
