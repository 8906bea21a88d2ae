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

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
