// Frame masks that were not trusted and that a prediction finds again.
#pragma once

#include <algorithm>
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
  /// Share of another object's prediction from which a mask over it shows both; above 1: never.
  double most_of_another = 0.5;
  /// Of a single object the frame mask and the prediction join together, else the frame mask alone.
  bool united = true;
};

namespace detail {

/// The tube that fits `keys` best over their frames, nullptr if none does by at least `least`.
template <mask_tube Tube>
const Tube* best_fitting(const Tube& keys, const std::vector<Tube>& found, double least) {
  const Tube* fitting = nullptr;
  double best = 0;
  for (const Tube& each : found) {
    const double fit = fit_over(keys, each);
    if (fit < least || fit <= best) continue;
    best = fit;
    fitting = &each;
  }
  return fitting;
}

/// The mask of a tube in `frame`, nullptr if there is none.
template <mask_form Mask>
const Mask* mask_in_frame(const std::vector<tube_segment<Mask>>& tube, std::ptrdiff_t frame) {
  const auto at = std::lower_bound(tube.begin(), tube.end(), frame,
                                   [](const tube_segment<Mask>& segment, std::ptrdiff_t wanted) {
                                     return segment.frame < wanted;
                                   });
  return at != tube.end() && at->frame == frame ? &at->mask : nullptr;
}

}  // namespace detail

/// Keymasks, and the frame masks on which two sources agree that err in different ways: what
/// moves in this frame, and what a network has learned from the keymasks of other frames. The
/// prediction of an object is the one that fits its keymasks best over their frames. In a frame
/// without a keymask, the frame mask that overlaps it most agrees if their IoU is at least
/// `least_overlap`, and if it does not show two objects that touch: it covers less than
/// `most_of_another` of the prediction of every other object. It joins the keymasks; of a single
/// object its union with the prediction does, so that what only the prediction has seen is not
/// unlearned. Of several, a prediction that shows two as one would be learned again.
///
/// @tparam Mask  s2d::rle or s2d::bit_mask
/// @param keys   [objects] tubes of keymasks
/// @param found  [predicted] tubes
/// @param masks  [T] frame masks of every frame, any number each, all sizes alike
/// @return [objects] keymasks and what joined them; an object that no prediction fits keeps its own
/// @throws invalid_input if masks of one frame differ in size, a key or prediction lies outside of
///   the T frames, or an option is negative, the first two above 1
/// Complexity: tube_iou of every pair, and the overlap of a frame's masks with every fitting
/// prediction, for those that agree with one with every other.
template <mask_form Mask>
[[nodiscard]] std::vector<std::vector<tube_segment<Mask>>> add_agreeing_masks(
    std::vector<std::vector<tube_segment<Mask>>> keys,
    const std::vector<std::vector<tube_segment<Mask>>>& found,
    std::span<const std::vector<Mask>> masks, const agreement_options& options = {}) {
  using tube = std::vector<tube_segment<Mask>>;
  for (const double share : {options.least_overlap, options.least_fit})
    require(share >= 0 && share <= 1, "add_agreeing_masks: a least overlap is ", share,
            ", expected 0 to 1");
  require(options.most_of_another >= 0, "add_agreeing_masks: most_of_another is ",
          options.most_of_another, ", expected >= 0");
  const auto frames = static_cast<std::ptrdiff_t>(masks.size());
  const auto check = [&](const std::vector<tube>& tubes) {
    for (const tube& one : tubes)
      for (const auto& segment : one)
        require(segment.frame >= 0 && segment.frame < frames, "add_agreeing_masks: frame ",
                segment.frame, " of ", frames);
  };
  check(keys);
  check(found);
  const bool united = options.united && keys.size() == 1;
  std::vector<const tube*> fitting;
  for (const tube& own : keys)
    fitting.push_back(detail::best_fitting(own, found, options.least_fit));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (fitting[i] == nullptr) continue;
    tube& own = keys[i];
    tube all;
    auto key = own.begin();
    for (const auto& seen : *fitting[i]) {
      while (key != own.end() && key->frame < seen.frame) all.push_back(std::move(*key++));
      if (key != own.end() && key->frame == seen.frame) continue;
      const auto shows_another = [&](const Mask& mask) {
        return std::any_of(fitting.begin(), fitting.end(), [&](const tube* other) {
          if (other == nullptr || other == fitting[i]) return false;
          const Mask* const there = detail::mask_in_frame(*other, seen.frame);
          return there != nullptr &&
                 iou(*there, mask, {.over = over::first}) >= options.most_of_another;
        });
      };
      const Mask* agreeing = nullptr;
      double most = 0;
      for (const Mask& mask : masks[static_cast<std::size_t>(seen.frame)]) {
        const double overlap = iou(mask, seen.mask);
        if (overlap < options.least_overlap || overlap <= most || shows_another(mask)) continue;
        most = overlap;
        agreeing = &mask;
      }
      if (agreeing == nullptr) continue;
      all.push_back({seen.frame, united ? unite(*agreeing, seen.mask) : *agreeing});
    }
    std::move(key, own.end(), std::back_inserter(all));
    own = std::move(all);
  }
  return keys;
}

}  // namespace s2d::inline S2D_ABI
