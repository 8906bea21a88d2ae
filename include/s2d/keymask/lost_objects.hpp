// Objects that keymasks show and a prediction does not, and what they leave of the predictions.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/keymask/detail/fit.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/tube.hpp>

namespace s2d::inline S2D_ABI {

/// The objects whose keymasks no predicted object fits: IoU over the frames that have a keymask
/// below `least` for all of them. Keymasks are what was trusted, so a prediction that misses one in
/// its own frames is trusted less than the keymask carried to the other frames (see propagate).
///
/// @param keys   [objects] tubes of keymasks, see tube_iou; those without a mask are never lost
/// @param found  [predicted] tubes
/// @param least  in [0, 1]
/// @return indices of `keys`, ascending
/// @throws invalid_input if masks of one frame differ in size or least is out of range
/// Complexity: that of tube_iou for every pair.
template <mask_tube Tube>
[[nodiscard]] std::vector<std::size_t> lost_objects(const std::vector<Tube>& keys,
                                                    const std::vector<Tube>& found,
                                                    double least = 0.5) {
  require(least >= 0 && least <= 1, "lost_objects: least is ", least, ", expected 0 to 1");
  std::vector<std::size_t> lost;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (std::begin(keys[k]) == std::end(keys[k])) continue;
    bool fits = false;
    for (const Tube& each : found) {
      if (fits) break;
      const double fit = detail::fit_over(keys[k], each);
      fits = fit > 0 && fit >= least;
    }
    if (!fits) lost.push_back(k);
  }
  return lost;
}

/// Predictions less what tubes show that are trusted more, such as those of lost_objects. A mask
/// that loses more than half of its pixels goes as a whole, what is left of it is the other's edge;
/// and a prediction that loses more than half of its masks goes as a whole: it was another's, now
/// and then.
///
/// @param found  [predicted] tubes
/// @param kept   [kept] tubes of masks of the same size
/// @return [predicted] tubes without empty masks; empty where a prediction is gone
/// @throws invalid_input if masks of one frame differ in size
/// Complexity: one subtraction for every frame that a prediction and a kept tube have in common.
[[nodiscard]] inline std::vector<std::vector<tube_segment<rle>>> without_kept(
    std::vector<std::vector<tube_segment<rle>>> found,
    const std::vector<std::vector<tube_segment<rle>>>& kept) {
  for (auto& prediction : found) {
    const std::size_t before = prediction.size();
    for (const auto& other : kept) {
      std::vector<tube_segment<rle>> left;
      auto at = other.begin();
      for (auto& [frame, mask] : prediction) {
        while (at != other.end() && at->frame < frame) ++at;
        const bool both = at != other.end() && at->frame == frame;
        rle rest = both ? subtract(mask, at->mask) : mask;
        if (area(rest) > 0 && 2 * area(rest) >= area(mask))
          left.push_back({frame, std::move(rest)});
      }
      prediction = std::move(left);
    }
    if (2 * prediction.size() < before) prediction.clear();
  }
  return found;
}

}  // namespace s2d::inline S2D_ABI
