// Objects that were found in pieces: one after the other in time, or side by side.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/keymask/detail/carry.hpp>
#include <s2d/keymask/companions.hpp>
#include <s2d/keymask/output.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {

/// When two objects are pieces of one. The size of an object in a frame is the square root of its
/// largest area in the ten frames before and behind: what hides it makes it small.
struct fragment_options {
  std::size_t reach = 10;    ///< frames over which a mask is carried to a mask of no object
  double overlap = 1.0 / 3;  ///< IoU from which that mask goes on with the object, in (0, 1]
  std::size_t pause = 3;     ///< frames after which another piece goes on, at most; 0: none
  double gap = 2.0 / 3;      ///< between pieces, in sizes of the larger, at most; > 0
  double motion = 0.8;       ///< difference of their motions, as a share of the faster; >= 0
  std::size_t apart = 6;     ///< frames in which two stand apart: they are not pieces
};

namespace detail {

// What is known of an object in every frame.
struct piece : measured_thing {
  std::vector<bit_mask> masks;                // [T] key masks, united, or what goes on with them
  std::vector<std::array<double, 2>> motion;  // [T] mean flow to the next frame, x and y
};

// The mean flow under a mask, in its pixels; unknown vectors are left out, NaN where all are.
inline std::array<double, 2> mean_flow(const bit_mask& mask, const box& around,
                                       const flow_field& field, double sign) {
  if (field.empty()) return {NAN, NAN};
  double u = 0, v = 0, count = 0;
  for (std::ptrdiff_t y = around.y; y < around.y + around.height; ++y)
    for (std::ptrdiff_t x = around.x; x < around.x + around.width; ++x) {
      if (!mask(y, x)) continue;
      const std::ptrdiff_t row = y * field.height() / mask.height;
      const std::ptrdiff_t column = x * field.width() / mask.width;
      const double a = static_cast<double>(field.u(row, column));
      const double b = static_cast<double>(field.v(row, column));
      if (!(std::abs(a) <= 1e9 && std::abs(b) <= 1e9)) continue;
      u += a, v += b, count += 1;
    }
  if (count == 0) return {NAN, NAN};
  const double wide = static_cast<double>(mask.width) / static_cast<double>(field.width());
  const double high = static_cast<double>(mask.height) / static_cast<double>(field.height());
  return {sign * wide * u / count, sign * high * v / count};
}

// What tells pieces from things of their own.
class piece_search {
 public:
  piece_search(const std::vector<const object*>& objects, const video_masks& masks,
               const video_flow& flow, const fragment_options& options)
      : masks_{masks}, flow_{flow}, options_{options} {
    const auto n = static_cast<std::ptrdiff_t>(objects.size());
    apart = near = matrix<std::size_t>(n, n);
    if (objects.empty()) return;
    std::vector<std::vector<bool>> taken(masks.size());
    for (std::size_t t = 0; t < masks.size(); ++t) taken[t].resize(masks[t].size());
    const bit_mask* first = nullptr;
    for (const object* one : objects) {
      (void)measure_object("join_fragments", *one, masks, first);  // refuses what is not there
      for (const keymask& key : one->keymasks) taken[key.frame][key.index] = true;
    }
    height_ = first->height;
    width_ = first->width;
    mask_carrier carrier{"join_fragments", flow, height_, width_};
    for (const object* one : objects)
      pieces_.push_back(prolonged(object_masks(*one, masks), taken, carrier));
    for (std::size_t a = 0; a < pieces_.size(); ++a) {
      for (std::size_t b = a + 1; b < pieces_.size(); ++b) compare(a, b);
      for (const bool backwards : {false, true}) hand_over(a, backwards, carrier);
    }
  }

  matrix<std::size_t> apart;  // [objects, objects] frames in which two stand apart
  matrix<std::size_t> near;   // frames in which two are near each other and move alike

 private:
  [[nodiscard]] std::size_t frame(std::size_t step, bool backwards) const {
    return backwards ? masks_.size() - 1 - step : step;
  }
  // The mask of no object that fits best, if one fits.
  [[nodiscard]] const bit_mask* best_fit(const soft_patch& now, std::size_t t,
                                         const std::vector<bool>& taken) const {
    const bit_mask* best = nullptr;
    double most = 0;
    const double size = total_area(now);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const bit_mask& mask = masks_[t][i].mask;
      if (taken[i] || mask.height != height_ || mask.width != width_) continue;
      const double common = common_area(now, mask);
      const double overlap = common / (size + static_cast<double>(area(mask)) - common);
      if (overlap < options_.overlap || overlap <= most) continue;
      most = overlap;
      best = &mask;
    }
    return best;
  }

  // Goes on, before, behind and between the key masks, with masks of no object that fit.
  [[nodiscard]] piece prolonged(std::vector<bit_mask> keys,
                                const std::vector<std::vector<bool>>& taken,
                                mask_carrier& carrier) const {
    piece result;
    result.masks = keys;
    for (const bool backwards : {false, true}) {
      soft_patch now;
      std::size_t age = 0;
      for (std::size_t step = 0; step < keys.size(); ++step) {
        const std::size_t t = frame(step, backwards);
        if (!keys[t].empty()) {
          now = soften(keys[t]);
          age = 0;
          continue;
        }
        now = ++age > options_.reach ? soft_patch{} : carrier.carried(now, t, backwards);
        if (now.empty()) continue;
        const bit_mask* best = best_fit(now, t, taken[t]);
        if (best == nullptr) continue;
        now = soften(*best);
        age = 0;
        if (result.masks[t].empty()) result.masks[t] = *best;
      }
    }
    for (std::size_t t = 0; t < keys.size(); ++t) {
      const bit_mask& mask = result.masks[t];
      result.frames.push_back(mask.empty() ? measured_mask{} : measured(mask));
      const box& around = result.frames[t].around;
      auto motion = mean_flow(mask, around, flow_.forward[t], 1);
      if (std::isnan(motion[0])) motion = mean_flow(mask, around, flow_.backward[t], -1);
      result.motion.push_back(motion);
    }
    return result;
  }

  // Motions are compared where the pieces are seen best; what is hidden moves with what hides it.
  [[nodiscard]] bool move_alike(const piece& a, std::size_t t, const piece& b,
                                std::size_t u) const {
    const auto [ax, ay] = a.motion[a.clearest(t, 5)];
    const auto [bx, by] = b.motion[b.clearest(u, 5)];
    const double faster = larger_of(std::hypot(ax, ay), std::hypot(bx, by));
    return std::hypot(ax - bx, ay - by) <= options_.motion * faster;
  }

  void note(matrix<std::size_t>& in, std::size_t a, std::size_t b) {
    const auto i = static_cast<std::ptrdiff_t>(a), j = static_cast<std::ptrdiff_t>(b);
    ++in(i, j);
    ++in(j, i);
  }

  // Two objects in the frames that show both.
  void compare(std::size_t a, std::size_t b) {
    const piece &one = pieces_[a], &two = pieces_[b];
    for (std::size_t t = 0; t < masks_.size(); ++t) {
      const measured_mask &x = one.frames[t], &y = two.frames[t];
      if (x.area == 0 || y.area == 0) continue;
      const double size = larger_of(one.size(t), two.size(t));
      const double gap = gap_between(x.around, y.around);
      if (stand_apart(one, two, t)) note(apart, a, b);
      if (gap <= options_.gap * size && move_alike(one, t, two, t)) note(near, a, b);
    }
  }

  // Where an object ends, those that are near the place it is carried to, or where it was hidden.
  void hand_over(std::size_t a, bool backwards, mask_carrier& carrier) {
    const piece& one = pieces_[a];
    soft_patch now;
    box around;
    bool known = false;
    std::size_t last = 0, age = 0;
    std::vector<bool> met(pieces_.size());
    for (std::size_t step = 0; step < masks_.size(); ++step) {
      const std::size_t t = frame(step, backwards);
      if (one.frames[t].area > 0) {
        now = soften(one.masks[t]);
        around = one.frames[t].around;
        known = true;
        last = t;
        age = 0;
        met.assign(pieces_.size(), false);
        continue;
      }
      known = known && ++age <= options_.pause && carrier.leads_to(t, backwards);
      if (!known) continue;
      now = carrier.carried(now, t, backwards);
      if (!now.empty()) around = {now.x, now.y, now.width, now.height};
      for (std::size_t b = 0; b < pieces_.size(); ++b) {
        const piece& two = pieces_[b];
        if (b == a || met[b] || two.frames[t].area == 0) continue;
        met[b] = true;
        const double size = larger_of(one.size(last), two.size(t));
        if (gap_between(around, two.frames[t].around) <= options_.gap * size &&
            move_alike(one, last, two, t))
          note(near, a, b);
      }
    }
  }

  const video_masks& masks_;
  const video_flow& flow_;
  const fragment_options& options_;
  std::ptrdiff_t height_ = 0, width_ = 0;
  std::vector<piece> pieces_;
};

// [objects] the first object of the same thing. The pairs that are near each other most often come
// first; none joins objects of which two stand apart.
inline std::vector<std::size_t> group_pieces(const piece_search& found, std::size_t objects,
                                             std::size_t apart) {
  struct meeting {
    std::size_t frames, a, b;
  };
  std::vector<meeting> meetings;
  const auto at = [](auto& in, std::size_t a, std::size_t b) -> auto& {
    return in(static_cast<std::ptrdiff_t>(a), static_cast<std::ptrdiff_t>(b));
  };
  for (std::size_t a = 0; a < objects; ++a)
    for (std::size_t b = a + 1; b < objects; ++b)
      if (at(found.near, a, b) > 0) meetings.push_back({at(found.near, a, b), a, b});
  sort_stably(meetings, [](const meeting& x, const meeting& y) { return x.frames > y.frames; });
  auto first = counted<std::size_t>(objects);
  matrix<std::size_t> most = found.apart;  // of all pairs of two groups, at their first objects
  for (const meeting& each : meetings) {
    const std::size_t keep = smaller_of(first[each.a], first[each.b]);
    const std::size_t drop = larger_of(first[each.a], first[each.b]);
    if (keep == drop || at(most, keep, drop) >= apart) continue;
    for (std::size_t i = 0; i < objects; ++i) {
      if (first[i] == drop) first[i] = keep;
      at(most, i, keep) = at(most, keep, i) = larger_of(at(most, keep, i), at(most, drop, i));
    }
  }
  return first;
}

/// Mean coherence, times the share of the visible frames that have a key mask, as in discovery.
/// keymasks: frames ascending; without ranges all frames are visible
inline float object_score(const std::vector<keymask>& keymasks,
                          const std::vector<frame_range>& visibility, std::size_t frames) {
  double coherence = 0;
  std::size_t with_mask = 0, visible = 0;
  for (std::size_t i = 0; i < keymasks.size(); ++i) {
    coherence += static_cast<double>(keymasks[i].coherence);
    if (i == 0 || keymasks[i].frame != keymasks[i - 1].frame) ++with_mask;
  }
  for (const frame_range& range : visibility) visible += range.size();
  if (visible == 0) visible = frames;
  return static_cast<float>(coherence / static_cast<double>(keymasks.size()) *
                            static_cast<double>(with_mask) /
                            static_cast<double>(larger_of(visible, with_mask)));
}

/// One object out of several; what is said of it is the mean, weighted by key masks.
inline object joined_object(const std::vector<const object*>& parts, std::size_t frames) {
  object whole = *parts.front();
  whole.keymasks.clear();
  whole.visibility.clear();
  double one2x = 0, masks = 0;
  for (const object* part : parts) {
    const auto n = static_cast<double>(part->keymasks.size());
    masks += n;
    one2x += n * part->one2x;
    whole.keymasks.insert(whole.keymasks.end(), part->keymasks.begin(), part->keymasks.end());
    whole.visibility.insert(whole.visibility.end(), part->visibility.begin(),
                            part->visibility.end());
  }
  sort_stably(whole.keymasks, [](const keymask& a, const keymask& b) {
    return a.frame != b.frame ? a.frame < b.frame : a.index < b.index;
  });
  const auto same = [](const keymask& a, const keymask& b) {
    return a.frame == b.frame && a.index == b.index;
  };
  whole.keymasks.erase(std::unique(whole.keymasks.begin(), whole.keymasks.end(), same),
                       whole.keymasks.end());
  sort_stably(whole.visibility,
              [](const frame_range& a, const frame_range& b) { return a.first < b.first; });
  std::vector<frame_range> ranges;
  for (const frame_range& range : whole.visibility) {
    if (!ranges.empty() && range.first <= ranges.back().last + 1)
      ranges.back().last = (std::max)(ranges.back().last, range.last);
    else
      ranges.push_back(range);
  }
  whole.visibility = std::move(ranges);
  whole.score = object_score(whole.keymasks, whole.visibility, frames);
  whole.one2x = one2x / masks;
  whole.noisy = whole.one2x > 0.5;
  return whole;
}

}  // namespace detail

/// Joins what discovery found in pieces: tracks do not pass what hides an object, and it goes on as
/// another one. Objects are pieces of one thing that are near each other and move alike, in a frame
/// that shows both or soon after one of them ends, unless they stand apart in several frames: far
/// from each other, or of like size and side by side, as things of their own are. Masks of no
/// object that go on with a key mask, along the flow, count as well.
///
/// Joining is transitive; where it would join what stands apart, those that are near each other in
/// more frames come first, of equals the earlier. One thing that passes what hides its middle for
/// long, so that two halves of it are seen side by side, stays two; things of their own that are
/// never seen together, but follow each other in one place, become one, as it happens in crowds.
///
/// @param objects  what discover gave; those without key masks are left out
/// @param masks    [T] what the objects were found in, of one size
/// @param flow     [T], of any size; empty fields end what is carried
/// @return objects in the order of their first pieces. The score is the mean coherence times the
///         share of the visible frames that have a key mask, as in discovery; cluster and group are
///         those of the first piece
/// @throws invalid_input if a key mask is not in `masks`, extents or planes of the flow differ, or
///         an option is out of range
/// Complexity: O(objects * T * pixels) for every mask of no object in a frame and once more, and
/// O(objects^2 * (T + log objects) + objects^3) at most.
[[nodiscard]] inline std::vector<object> join_fragments(const std::vector<object>& objects,
                                                        const video_masks& masks,
                                                        const video_flow& flow,
                                                        const fragment_options& options = {}) {
  detail::require_flow("join_fragments", flow, masks.size());
  require(options.overlap > 0 && options.overlap <= 1 && options.gap > 0 && options.motion >= 0 &&
              std::isfinite(options.motion),
          "fragment_options: overlap, gap and motion are ", options.overlap, ", ", options.gap,
          " and ", options.motion, ", expected a share above 0, above 0, and 0 or more");
  std::vector<const object*> pieces;
  for (const object& one : objects)
    if (!one.keymasks.empty()) pieces.push_back(&one);
  const detail::piece_search found{pieces, masks, flow, options};
  const auto first = detail::group_pieces(found, pieces.size(), options.apart);
  std::vector<object> result;
  for (std::size_t a = 0; a < pieces.size(); ++a) {
    if (first[a] != a) continue;
    std::vector<const object*> parts;
    for (std::size_t b = a; b < pieces.size(); ++b)
      if (first[b] == a) parts.push_back(pieces[b]);
    result.push_back(parts.size() == 1 ? *parts.front()
                                       : detail::joined_object(parts, masks.size()));
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
