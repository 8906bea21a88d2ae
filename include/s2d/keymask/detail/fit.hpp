// How well a prediction fits the keymasks of an object.
#pragma once

#include <iterator>

#include <s2d/core/config.hpp>
#include <s2d/mask/tube.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// IoU of two tubes over the frames of the first; where the other has nothing, its mask is empty.
template <mask_tube Tube>
double fit_over(const Tube& keys, const Tube& found) {
  Tube here;
  auto at = std::begin(found);
  for (const auto& key : keys) {
    while (at != std::end(found) && at->frame < key.frame) ++at;
    if (at != std::end(found) && at->frame == key.frame) here.push_back(*at);
  }
  return tube_iou(keys, here, absent_frame::empty);
}

/// Pixels common to two tubes, over all frames.
template <mask_tube Tube>
double common_pixels(const Tube& a, const Tube& b) {
  double sum = 0;
  auto other = std::begin(b);
  for (const auto& each : a) {
    while (other != std::end(b) && other->frame < each.frame) ++other;
    if (other == std::end(b)) break;
    if (other->frame == each.frame)
      sum += static_cast<double>(intersection_area(each.mask, other->mask));
  }
  return sum;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
