// Which objects of keymasks a prediction shows, and which not.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/keymask/detail/fit.hpp>
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

/// Which objects of keymasks predicted objects are: pairs that overlap are taken by the pixels that
/// they have in common over all frames, most first, each once. A few keymasks that fit by chance do
/// not count for much.
///
/// @param found  [predicted] tubes
/// @param keys   [objects] tubes of keymasks
/// @param least  tube_iou over the frames in which both have a mask, at least; in [0, 1]
/// @return [predicted] index of `keys`, or SIZE_MAX where there is none
/// @throws invalid_input if masks of one frame differ in size or least is out of range
/// Complexity: that of tube_iou for every pair.
template <mask_tube Tube>
[[nodiscard]] std::vector<std::size_t> objects_of_keymasks(const std::vector<Tube>& found,
                                                           const std::vector<Tube>& keys,
                                                           double least = 0.3) {
  require(least >= 0 && least <= 1, "objects_of_keymasks: least is ", least, ", expected 0 to 1");
  struct pair {
    double common;
    std::size_t found, key;
  };
  std::vector<pair> pairs;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (std::size_t k = 0; k < keys.size(); ++k) {
      if (!(tube_iou(found[i], keys[k]) >= least)) continue;
      const double common = detail::common_pixels(found[i], keys[k]);
      if (common > 0) pairs.push_back({common, i, k});
    }
  detail::sort_stably(pairs, [](const pair& a, const pair& b) { return a.common > b.common; });
  constexpr auto none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> key_of(found.size(), none);
  std::vector<bool> taken(keys.size());
  for (const pair& each : pairs) {
    if (key_of[each.found] != none || taken[each.key]) continue;
    key_of[each.found] = each.key;
    taken[each.key] = true;
  }
  return key_of;
}

}  // namespace s2d::inline S2D_ABI
