// How often a tracked object changes its name.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/assign/hungarian.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/eval/davis.hpp>
#include <s2d/mask/bits.hpp>

namespace s2d::inline S2D_ABI {

struct identity_counts {
  std::size_t switches = 0;  ///< times an object is found under another identity than before
  std::size_t matched = 0;   ///< masks of the truth that were found
  std::size_t masks = 0;     ///< masks of the truth that have a pixel
};

/// Identity switches as CLEAR MOT counts them. In every frame true and found masks are paired at an
/// IoU of at least `least`: first those that were paired last, then the others so that the sum of
/// the IoUs is greatest. A switch is a true object that is paired with another found object than
/// the last time it was paired with any.
///
/// @param truth  [objects][T] masks, all [h, w]
/// @param found  [identities][T], T and size as the truth
/// @param least  in (0, 1]
/// @throws invalid_input if extents do not fit or least is out of range
/// Complexity: O(T * objects * identities * pixels / 64).
/// Source: Bernardin, Stiefelhagen, EURASIP JIVP 2008.
[[nodiscard]] inline identity_counts identity_switches(const davis_masks& truth,
                                                       const davis_masks& found,
                                                       double least = 0.5) {
  require(least > 0 && least <= 1, "identity_switches: least is ", least,
          ", expected above 0, to 1");
  identity_counts counts;
  if (truth.empty()) return counts;
  const std::size_t frames = truth.front().size();
  if (frames == 0) return counts;
  const bit_mask& first = truth.front().front();
  for (const davis_masks* masks : {&truth, &found})
    for (const std::vector<bit_mask>& object : *masks) {
      require(object.size() == frames, "identity_switches: masks of ", object.size(),
              " frames, expected ", frames);
      for (const bit_mask& mask : object)
        detail::require_same_size("identity_switches", first, mask);
    }
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> last(truth.size(), none);
  for (std::size_t t = 0; t < frames; ++t) {
    matrix<double> overlap(static_cast<std::ptrdiff_t>(truth.size()),
                           static_cast<std::ptrdiff_t>(found.size()));
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const auto pixels = area(truth[i][t]);
      counts.masks += pixels > 0 ? 1 : 0;
      for (std::size_t j = 0; j < found.size(); ++j) {
        const auto both = static_cast<double>(intersection_area(truth[i][t], found[j][t]));
        const auto all = static_cast<double>(pixels + area(found[j][t])) - both;
        const double value = all > 0 ? both / all : 0;
        // A pair that stays is worth more than any sum of others.
        overlap(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)) =
            pixels > 0 && value >= least
                ? value + (last[i] == j ? static_cast<double>(truth.size() + 1) : 0)
                : 0;
      }
    }
    if (found.empty()) continue;
    const auto match = hungarian(overlap, {.maximize = true});
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const auto j = match->column_of[i];
      if (j == assignment::none || !(overlap(static_cast<std::ptrdiff_t>(i), j) > 0)) continue;
      ++counts.matched;
      const auto now = static_cast<std::size_t>(j);
      if (last[i] != none && last[i] != now) ++counts.switches;
      last[i] = now;
    }
  }
  return counts;
}

}  // namespace s2d::inline S2D_ABI
