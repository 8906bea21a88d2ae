// Frame masks that were not trusted and that a prediction finds again.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/keymask/detail/fit.hpp>
#include <s2d/mask/mask_form.hpp>
#include <s2d/mask/tube.hpp>

namespace s2d::inline S2D_ABI {

struct agreement_options {
  double least_overlap = 0.6;  ///< IoU of a frame mask and a prediction from which both agree
  double least_fit = 0.5;      ///< tube IoU of a prediction and keymasks that show one object
};

/// Keymasks, and the frame masks on which two sources agree that err in different ways: what
/// moves in this frame, and what a network has learned from the keymasks of other frames. The
/// prediction of an object is the one that fits its keymasks best over their frames. In a frame
/// without a keymask, the frame mask that overlaps it most joins them if their IoU is at least
/// `least_overlap`.
///
/// @param keys   [objects] tubes of keymasks
/// @param found  [predicted] tubes
/// @param masks  [T] frame masks of every frame, any number each, all sizes alike
/// @return [objects] keymasks and what joined them; an object that no prediction fits keeps its own
/// @throws invalid_input if masks of one frame differ in size, a key or prediction lies outside of
///   the T frames, or an option is not in [0, 1]
/// Complexity: tube_iou of every pair, and the IoU of a frame's masks with every fitting
/// prediction.
template <mask_form Mask>
[[nodiscard]] std::vector<std::vector<tube_segment<Mask>>> add_agreeing_masks(
    std::vector<std::vector<tube_segment<Mask>>> keys,
    const std::vector<std::vector<tube_segment<Mask>>>& found,
    std::span<const std::vector<Mask>> masks, const agreement_options& options = {}) {
  using tube = std::vector<tube_segment<Mask>>;
  for (const double share : {options.least_overlap, options.least_fit})
    require(share >= 0 && share <= 1, "add_agreeing_masks: a least overlap is ", share,
            ", expected 0 to 1");
  const auto frames = static_cast<std::ptrdiff_t>(masks.size());
  const auto check = [&](const std::vector<tube>& tubes) {
    for (const tube& one : tubes)
      for (const auto& segment : one)
        require(segment.frame >= 0 && segment.frame < frames, "add_agreeing_masks: frame ",
                segment.frame, " of ", frames);
  };
  check(keys);
  check(found);
  for (tube& own : keys) {
    const tube* fitting = nullptr;
    double best = 0;
    for (const tube& each : found) {
      const double fit = detail::fit_over(own, each);
      if (fit < options.least_fit || fit <= best) continue;
      best = fit;
      fitting = &each;
    }
    if (fitting == nullptr) continue;
    tube all;
    auto key = own.begin();
    for (const auto& seen : *fitting) {
      while (key != own.end() && key->frame < seen.frame) all.push_back(std::move(*key++));
      if (key != own.end() && key->frame == seen.frame) continue;
      const Mask* agreeing = nullptr;
      double most = 0;
      for (const Mask& mask : masks[static_cast<std::size_t>(seen.frame)]) {
        const double overlap = iou(mask, seen.mask);
        if (overlap < options.least_overlap || overlap <= most) continue;
        most = overlap;
        agreeing = &mask;
      }
      if (agreeing != nullptr) all.push_back({seen.frame, *agreeing});
    }
    std::move(key, own.end(), std::back_inserter(all));
    own = std::move(all);
  }
  return keys;
}

}  // namespace s2d::inline S2D_ABI
