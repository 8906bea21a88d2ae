// The masks that take part in discovery, and the checks of its options.
#pragma once

#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include <s2d/coherence/match.hpp>
#include <s2d/keymask/discover_options.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/resize.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

inline discovery_options settled(discovery_options options) {
  if (!options.compat) return options;
  options.one2x_share = 0;
  options.one2x_frames = 5;
  options.match = {};
  options.distance = group_distance::hamming;
  return options;
}

inline void check_options(const discovery_options& options) {
  const auto share = [](const char* name, double value) {
    require(value >= 0.0 && value <= 1.0, "discover: ", name, " is ", value, ", expected 0 to 1");
  };
  share("visibility", options.visibility);
  share("matching", options.matching);
  share("visibility_eps", options.visibility_eps);
  share("one2x_ratio", options.one2x_ratio);
  share("one2x_share", options.one2x_share);
  share("jaccard_eps", options.jaccard_eps);
  require(options.grid >= 1 && options.grid <= 65535, "discover: grid is ", options.grid,
          ", expected 1 to 65535");
  require(options.frame_height >= 0 && options.frame_width >= 0 &&
              (options.frame_height == 0) == (options.frame_width == 0),
          "discover: the frame is ", options.frame_height, " x ", options.frame_width,
          ", expected both extents or neither");
}

// The masks that take part, at their own size and at that of the frames.
struct discovery_masks {
  std::ptrdiff_t height = 0, width = 0;  // of the frames
  std::vector<mask_id> id;               // [M]
  std::vector<const bit_mask*> given;    // [M]
  std::vector<bit_mask> resized;         // [M], or empty where masks have the size of the frames
};

inline bool any_bit(const bit_mask& mask) noexcept {
  for (const bit_mask::word word : mask.words())
    if (word != 0) return true;
  return false;
}

inline bool covers_frame(const std::vector<frame_mask>& masks) {
  bit_mask all = masks.front().mask;
  std::size_t area = 0;
  for (std::size_t i = 0; i < all.words().size(); ++i) {
    for (const frame_mask& m : masks) all.words()[i] |= m.mask.words()[i];
    area += static_cast<std::size_t>(std::popcount(all.words()[i]));
  }
  return area == static_cast<std::size_t>(all.height * all.width);
}

inline discovery_masks collect_masks(const video_masks& masks, const discovery_options& options) {
  discovery_masks result;
  const bit_mask* first = nullptr;
  for (std::size_t t = 0; t < masks.size(); ++t)
    for (std::size_t i = 0; i < masks[t].size(); ++i) {
      const bit_mask& mask = masks[t][i].mask;
      if (first == nullptr) first = &mask;
      require(mask.height == first->height && mask.width == first->width, "discover: mask ", i,
              " of frame ", t, " is ", mask.height, " x ", mask.width, ", expected ", first->height,
              " x ", first->width, " as the first");
    }
  if (first == nullptr) return result;
  result.height = options.frame_height != 0 ? options.frame_height : first->height;
  result.width = options.frame_width != 0 ? options.frame_width : first->width;
  for (std::size_t t = 0; t < masks.size(); ++t) {
    bool lose = options.compat && !masks[t].empty() && covers_frame(masks[t]);
    for (std::size_t i = 0; i < masks[t].size(); ++i) {
      if (!any_bit(masks[t][i].mask)) continue;
      if (!std::exchange(lose, false)) {
        result.id.push_back({t, i});
        result.given.push_back(&masks[t][i].mask);
      }
    }
  }
  if (first->height != result.height || first->width != result.width)
    for (const bit_mask* mask : result.given)
      result.resized.push_back(resize_nearest(*mask, result.height, result.width));
  return result;
}

inline mask_table make_table(const discovery_masks& masks, std::size_t frames) {
  mask_table table{frames, masks.height, masks.width};
  for (std::size_t row = 0; row < masks.id.size(); ++row)
    table.add(masks.id[row].frame, masks.resized.empty() ? *masks.given[row] : masks.resized[row]);
  return table;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
