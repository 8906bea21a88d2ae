// Objects in the form in which files hold them: a mask per frame.
#pragma once

#include <charconv>
#include <cstddef>
#include <utility>
#include <vector>

#include <s2d/keymask/result.hpp>
#include <s2d/mask/resize.hpp>

namespace s2d::inline S2D_ABI {

/// The mask of one object in every frame: the union of its key masks of the frame.
///
/// @param masks         [T] what the object was found in
/// @param frame_height  of the result; 0: the size that the masks have. Other sizes are reached
/// @param frame_width   by resize_nearest
/// @return [T] a mask without pixels (0 x 0) where the object has no key mask
/// @throws invalid_input if a key mask is not in `masks`, or two of one frame differ in size
[[nodiscard]] inline std::vector<bit_mask> object_masks(const object& object,
                                                        const video_masks& masks,
                                                        std::ptrdiff_t frame_height = 0,
                                                        std::ptrdiff_t frame_width = 0) {
  std::vector<bit_mask> result(masks.size());
  for (const keymask& key : object.keymasks) {
    require(key.frame < masks.size() && key.index < masks[key.frame].size(),
            "object_masks: key mask ", key.index, " of frame ", key.frame, " is not in the video");
    const bit_mask& mask = masks[key.frame][key.index].mask;
    bit_mask& target = result[key.frame];
    if (target.empty()) {
      target = mask;
      continue;
    }
    detail::require_same_size("object_masks", target, mask);
    for (std::size_t w = 0; w < target.words().size(); ++w) target.words()[w] |= mask.words()[w];
  }
  if (frame_height == 0 && frame_width == 0) return result;
  for (bit_mask& mask : result)
    if (!mask.empty()) mask = resize_nearest(mask, frame_height, frame_width);
  return result;
}

/// A share rounded to two decimals as Python's round does it: the exact binary value decides, ties
/// go to the even digit. 1/8 gives 0.12, 3/8 gives 0.38. The official files hold one2x like this.
[[nodiscard]] inline double round_hundredths(double share) {
  char digits[32];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, share, std::chars_format::fixed, 2);
  double rounded = 0;
  std::from_chars(digits, end.ptr, rounded);
  return rounded;
}

}  // namespace s2d::inline S2D_ABI
