// Objects that keymasks show and a prediction does not, and what they leave of the predictions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
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

/// Predictions without their masks in shots in which they are not the best for any object, or fit
/// it with an IoU below `least` over the keymasks that it has in the shot. A network that was
/// trained on one video has seen every object in its own shots alone, and what a query shows in
/// another one is chance.
///
/// @param found       [predicted] tubes
/// @param keys        [objects] tubes of keymasks of the same size
/// @param cut_before  [T] true where a shot begins; shorter than the video: no cut in the rest.
///                    Without any cut the predictions stay as they are.
/// @return [predicted] tubes, which may be empty
/// @throws invalid_input if masks of one frame differ in size or least is out of range
/// Complexity: that of tube_iou for every pair and shot.
[[nodiscard]] inline std::vector<std::vector<tube_segment<rle>>> within_shots(
    std::vector<std::vector<tube_segment<rle>>> found,
    const std::vector<std::vector<tube_segment<rle>>>& keys, const std::vector<bool>& cut_before,
    double least = 0.5) {
  require(least >= 0 && least <= 1, "within_shots: least is ", least, ", expected 0 to 1");
  std::vector<std::ptrdiff_t> cuts;
  for (std::size_t t = 1; t < cut_before.size(); ++t)
    if (cut_before[t]) cuts.push_back(static_cast<std::ptrdiff_t>(t));
  if (cuts.empty()) return found;
  using tube = std::vector<tube_segment<rle>>;
  const auto by_shot = [&](const tube& masks) {
    std::vector<tube> shots(cuts.size() + 1);
    std::size_t shot = 0;
    for (const auto& each : masks) {
      while (shot < cuts.size() && each.frame >= cuts[shot]) ++shot;
      shots[shot].push_back(each);
    }
    return shots;
  };
  std::vector<std::vector<tube>> shots;
  for (tube& prediction : found) {
    shots.push_back(by_shot(prediction));
    prediction.clear();
  }
  std::vector<std::vector<bool>> chosen(found.size(), std::vector<bool>(cuts.size() + 1));
  for (const tube& object : keys) {
    const std::vector<tube> known = by_shot(object);
    for (std::size_t s = 0; s < known.size(); ++s) {
      if (known[s].empty()) continue;
      double best = 0;
      std::size_t best_one = found.size();
      for (std::size_t i = 0; i < found.size(); ++i) {
        const double fit = detail::fit_over(known[s], shots[i][s]);
        if (fit < least || fit <= best) continue;
        best = fit;
        best_one = i;
      }
      if (best > 0) chosen[best_one][s] = true;
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    for (std::size_t s = 0; s < shots[i].size(); ++s)
      if (chosen[i][s])
        std::move(shots[i][s].begin(), shots[i][s].end(), std::back_inserter(found[i]));
  return found;
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

/// What keep_lost decided.
struct lost_and_kept {
  std::vector<std::vector<tube_segment<rle>>> found;  ///< [predicted] what is left of each, or none
  std::vector<std::size_t> lost;  ///< [kept] indices of the keys, in the order of asking
  std::vector<std::vector<tube_segment<rle>>> kept;  ///< [kept] what `carry` made of each
};

/// Keeps every object that predictions lose (lost_objects), and takes what it shows from them
/// (without_kept). Taking may lose others: a prediction that is now one object, now another, fits
/// the keymasks of both until it is gone. So it is asked again until nothing more is lost.
///
/// @param found  [predicted] tubes
/// @param keys   [objects] tubes of keymasks of the same size
/// @param carry  called as carry(k) at most once for every object, returns its tube for the whole
///               video, such as its keymasks along the flow (see propagate)
/// @param least  see lost_objects
/// @throws invalid_input if masks of one frame differ in size or least is out of range; what carry
///         throws
/// Complexity: that of lost_objects, at most objects + 1 times; mostly once or twice.
template <class Carry>
[[nodiscard]] lost_and_kept keep_lost(std::vector<std::vector<tube_segment<rle>>> found,
                                      std::vector<std::vector<tube_segment<rle>>> keys, Carry carry,
                                      double least = 0.5) {
  lost_and_kept result;
  result.found = found;
  for (std::vector<std::size_t> more = lost_objects(keys, result.found, least); !more.empty();
       more = lost_objects(keys, result.found, least)) {
    for (const std::size_t k : more) {
      result.kept.push_back(carry(k));
      result.lost.push_back(k);
      keys[k].clear();
    }
    result.found = without_kept(found, result.kept);
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
