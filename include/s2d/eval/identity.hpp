// Whether tracked objects keep their names: identity F1, and how often a name changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <s2d/assign/hungarian.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/eval/davis.hpp>
#include <s2d/mask/bits.hpp>

namespace s2d::inline S2D_ABI {

/// The objects of one frame, true and found ones, of masks, boxes or anything that overlaps.
struct tracked_frame {
  std::vector<std::int64_t> truth;  ///< identities, each once
  std::vector<std::int64_t> found;  ///< likewise
  matrix<double> overlap;           ///< [truth, found] IoU, in [0, 1]
};

struct identity_counts {
  std::size_t switches = 0;  ///< times an object is found under another identity than before
  std::size_t matched = 0;   ///< true objects that were found, counted in every frame
  std::size_t masks = 0;     ///< true objects, counted in every frame
};

/// Identity precision, recall and F1: every true object counts under one name, its best one.
struct identity_scores {
  std::size_t truths = 0;   ///< true objects, counted in every frame
  std::size_t found = 0;    ///< found ones
  std::size_t matched = 0;  ///< of either, found under the name that the object is given

  [[nodiscard]] double precision() const { return share(matched, found); }
  [[nodiscard]] double recall() const { return share(matched, truths); }
  [[nodiscard]] double f1() const { return share(2 * matched, truths + found); }

 private:
  /// 0 of nothing.
  static double share(std::size_t part, std::size_t all) {
    return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
  }
};

namespace detail {

inline void require_tracked(const char* call, std::span<const tracked_frame> frames, double least) {
  require(least > 0 && least <= 1, call, ": least is ", least, ", expected above 0, to 1");
  for (std::size_t t = 0; t < frames.size(); ++t) {
    const tracked_frame& frame = frames[t];
    require(static_cast<std::size_t>(frame.overlap.height) == frame.truth.size() &&
                static_cast<std::size_t>(frame.overlap.width) == frame.found.size(),
            call, ": overlaps of frame ", t, " are ", frame.overlap.height, " x ",
            frame.overlap.width, ", expected ", frame.truth.size(), " true x ", frame.found.size(),
            " found");
    for (const double value : frame.overlap.values)
      require(value >= 0 && value <= 1, call, ": an overlap of frame ", t, " is ", value,
              ", expected 0 to 1");
    for (const auto* names : {&frame.truth, &frame.found})
      for (std::size_t i = 0; i < names->size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
          require((*names)[i] != (*names)[j], call, ": identity ", (*names)[i],
                  " is twice in frame ", t);
  }
}

}  // namespace detail

/// Identity switches as CLEAR MOT counts them. In every frame true and found objects are paired at
/// an IoU of at least `least`: first those that were paired last, then the others so that the sum
/// of the IoUs is greatest. A switch is a true object that is paired with another found object than
/// the last time it was paired with any.
///
/// @param frames  in the order of time
/// @param least   in (0, 1]
/// @throws invalid_input if extents do not fit, an identity is twice in a frame, or a value is out
///         of range
/// Complexity: O(n^3) for n objects of a frame.
/// Source: Bernardin, Stiefelhagen, EURASIP JIVP 2008.
[[nodiscard]] inline identity_counts identity_switches(std::span<const tracked_frame> frames,
                                                       double least = 0.5) {
  detail::require_tracked("identity_switches", frames, least);
  identity_counts counts;
  std::map<std::int64_t, std::int64_t> last;
  for (const tracked_frame& frame : frames) {
    counts.masks += frame.truth.size();
    if (frame.truth.empty() || frame.found.empty()) continue;
    matrix<double> worth(frame.overlap.height, frame.overlap.width);
    for (std::ptrdiff_t i = 0; i < worth.height; ++i) {
      const auto before = last.find(frame.truth[static_cast<std::size_t>(i)]);
      for (std::ptrdiff_t j = 0; j < worth.width; ++j) {
        if (frame.overlap(i, j) < least) continue;
        const bool stays =
            before != last.end() && before->second == frame.found[static_cast<std::size_t>(j)];
        // A pair that stays is worth more than any sum of others.
        worth(i, j) = frame.overlap(i, j) + (stays ? static_cast<double>(worth.height + 1) : 0);
      }
    }
    const auto match = hungarian(worth, {.maximize = true});
    for (std::size_t i = 0; i < frame.truth.size(); ++i) {
      const auto j = match->column_of[i];
      if (j == assignment::none || !(worth(static_cast<std::ptrdiff_t>(i), j) > 0)) continue;
      ++counts.matched;
      const std::int64_t now = frame.found[static_cast<std::size_t>(j)];
      const auto [before, fresh] = last.try_emplace(frame.truth[i], now);
      if (!fresh && std::exchange(before->second, now) != now) ++counts.switches;
    }
  }
  return counts;
}

/// How much of a video is told by objects that keep their names: true and found objects are paired
/// once for the whole video, so that as many of their frames as possible overlap by at least
/// `least`.
///
/// @param frames  in any order
/// @param least   in (0, 1]
/// @throws invalid_input as identity_switches
/// Complexity: O(n^3) for n objects of the video.
/// Source: Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera
/// Tracking", ECCV workshops 2016 (IDF1).
[[nodiscard]] inline identity_scores identity_f1(std::span<const tracked_frame> frames,
                                                 double least = 0.5) {
  detail::require_tracked("identity_f1", frames, least);
  identity_scores scores;
  std::map<std::int64_t, std::ptrdiff_t> rows, columns;
  for (const tracked_frame& frame : frames) {
    for (const std::int64_t name : frame.truth) rows.try_emplace(name, std::ssize(rows));
    for (const std::int64_t name : frame.found) columns.try_emplace(name, std::ssize(columns));
    scores.truths += frame.truth.size();
    scores.found += frame.found.size();
  }
  if (rows.empty() || columns.empty()) return scores;
  matrix<double> together(std::ssize(rows), std::ssize(columns));
  for (const tracked_frame& frame : frames)
    for (std::size_t i = 0; i < frame.truth.size(); ++i)
      for (std::size_t j = 0; j < frame.found.size(); ++j)
        if (frame.overlap(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)) >= least)
          together(rows[frame.truth[i]], columns[frame.found[j]]) += 1;
  const auto match = hungarian(together, {.maximize = true});
  for (std::ptrdiff_t i = 0; i < together.height; ++i)
    if (const auto j = match->column_of[static_cast<std::size_t>(i)]; j != assignment::none)
      scores.matched += static_cast<std::size_t>(together(i, j));
  return scores;
}

/// The frames of masks: objects are numbered in their order, those without a pixel are not there.
///
/// @param truth  [objects][T] masks, all [h, w]
/// @param found  [identities][T], T and size as the truth
/// @throws invalid_input if extents do not fit
/// Complexity: O(T * objects * identities * pixels / 64).
[[nodiscard]] inline std::vector<tracked_frame> tracked_frames(const davis_masks& truth,
                                                               const davis_masks& found) {
  if (truth.empty() && found.empty()) return {};
  const std::size_t frames = (truth.empty() ? found : truth).front().size();
  const bit_mask* first = nullptr;
  for (const davis_masks* masks : {&truth, &found})
    for (const std::vector<bit_mask>& object : *masks) {
      require(object.size() == frames, "tracked_frames: masks of ", object.size(),
              " frames, expected ", frames);
      for (const bit_mask& mask : object) {
        if (first == nullptr) first = &mask;
        detail::require_same_size("tracked_frames", *first, mask);
      }
    }
  std::vector<tracked_frame> result(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    tracked_frame& frame = result[t];
    const auto list = [t](const davis_masks& from, std::vector<std::int64_t>& to) {
      std::vector<std::ptrdiff_t> pixels;
      for (std::size_t k = 0; k < from.size(); ++k)
        if (const std::ptrdiff_t count = area(from[k][t]); count > 0) {
          to.push_back(static_cast<std::int64_t>(k));
          pixels.push_back(count);
        }
      return pixels;
    };
    const auto right = list(truth, frame.truth), left = list(found, frame.found);
    frame.overlap = matrix<double>(std::ssize(right), std::ssize(left));
    double* value = frame.overlap.values.data();
    for (std::size_t i = 0; i < right.size(); ++i)
      for (std::size_t j = 0; j < left.size(); ++j) {
        const std::ptrdiff_t both =
            intersection_area(truth[static_cast<std::size_t>(frame.truth[i])][t],
                              found[static_cast<std::size_t>(frame.found[j])][t]);
        *value++ = static_cast<double>(both) / static_cast<double>(right[i] + left[j] - both);
      }
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
