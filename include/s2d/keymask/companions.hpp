// Things that move side by side: one frame mask where they touch, two where they do not.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/keymask/detail/carry.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {

/// When masks show two things; shares are 0 to 1.
struct companion_options {
  double like = 0.25;  ///< of two masks the smaller has at least this share of the larger's pixels
  double share = 0.1;  ///< of the frames of both things at least so many have two such masks
  std::size_t frames = 5;  ///< and at least so many
  double fill = 0.75;      ///< a mask that is cut has at least this share of the pixels of both
  double inside = 0.5;     ///< of either thing at least this share lies in it
  double least = 0.15;     ///< either part of a cut has at least this share of the mask's pixels
};

namespace detail {

// What two companions have in one frame: where they are apart, masks of like size that stand side
// by side, the larger first; else the largest mask of both, if any.
struct companion_frame {
  std::vector<std::size_t> masks;  // indices
  bool apart = false;
};

// Whether the heights of two boxes have half of the smaller one in common, and the widths at most
// that: what stands above the other is a part of the same thing more often.
inline bool side_by_side(const box& a, const box& b) {
  const auto common = [](std::ptrdiff_t from, std::ptrdiff_t size, std::ptrdiff_t other_from,
                         std::ptrdiff_t other_size) {
    return smaller_of(from + size, other_from + other_size) - larger_of(from, other_from);
  };
  return 2 * common(a.y, a.height, b.y, b.height) >= smaller_of(a.height, b.height) &&
         2 * common(a.x, a.width, b.x, b.width) <= smaller_of(a.width, b.width);
}

inline void require_flow(const char* call, const video_flow& flow, std::size_t frames) {
  require(flow.forward.size() == frames && flow.backward.size() == frames, call, ": flow of ",
          flow.forward.size(), " frames forward and ", flow.backward.size(),
          " backward for masks of ", frames);
  require_planes(call, flow);
}

struct measured_mask {
  std::size_t index = 0;  // in its frame
  std::ptrdiff_t area = 0;
  box around;
};

inline measured_mask measured(const bit_mask& mask, std::size_t index = 0) {
  return {index, area(mask), bounding_box(mask)};
}

// Whether two masks of a frame may show two things.
inline bool companions(const measured_mask& a, const measured_mask& b, double like) {
  const auto [less, more] = std::minmax(a.area, b.area);
  return less > 0 && static_cast<double>(less) >= like * static_cast<double>(more) &&
         side_by_side(a.around, b.around);
}

// A thing through a video.
struct measured_thing {
  std::size_t first = 0;              // frame
  std::vector<measured_mask> frames;  // from the first on; area 0 where it is not seen

  [[nodiscard]] std::size_t end() const { return first + frames.size(); }
  // t: a frame from the first to the end

  // The frame nearby that shows most of it.
  [[nodiscard]] std::size_t clearest(std::size_t t, std::size_t around) const {
    std::size_t best = t;
    for (std::size_t u = t > first + around ? t - around : first; u < end() && u <= t + around; ++u)
      if (frames[u - first].area > frames[best - first].area) best = u;
    return best;
  }
  // What hides it makes it small.
  [[nodiscard]] double size(std::size_t t) const {
    return std::sqrt(static_cast<double>(frames[clearest(t, 10) - first].area));
  }
};

// Pixels between two boxes, the longer way of both.
inline double gap_between(const box& a, const box& b) {
  const auto along = [](std::ptrdiff_t from, std::ptrdiff_t size, std::ptrdiff_t other_from,
                        std::ptrdiff_t other_size) {
    return larger_of(other_from - from - size, from - other_from - other_size);
  };
  const std::ptrdiff_t longer =
      larger_of(along(a.x, a.width, b.x, b.width), along(a.y, a.height, b.y, b.height));
  return static_cast<double>(larger_of(longer, std::ptrdiff_t{0}));
}

// Whether a frame that shows both shows things of their own: far from each other, or of like size
// and side by side.
inline bool stand_apart(const measured_thing& one, const measured_thing& two, std::size_t t) {
  const measured_mask &a = one.frames[t - one.first], &b = two.frames[t - two.first];
  if (a.area == 0 || b.area == 0) return false;
  return gap_between(a.around, b.around) > larger_of(one.size(t), two.size(t)) ||
         companions(a, b, companion_options{}.like);
}

using measured_masks = std::vector<std::vector<measured_mask>>;  // [T] the larger ones first

// first: a mask of the video, of whose size all are; null: not seen yet
inline measured_masks measure_object(const char* call, const object& one, const video_masks& masks,
                                     const bit_mask*& first) {
  measured_masks frames(masks.size());
  for (const keymask& key : one.keymasks) {
    require(key.frame < masks.size() && key.index < masks[key.frame].size(), call, ": key mask ",
            key.index, " of frame ", key.frame, " is not in the video");
    const bit_mask& mask = masks[key.frame][key.index].mask;
    if (first == nullptr) first = &mask;
    require_same_size(call, *first, mask);
    const bool again = std::any_of(frames[key.frame].begin(), frames[key.frame].end(),
                                   [&](const measured_mask& m) { return m.index == key.index; });
    if (!again) frames[key.frame].push_back(measured(mask, key.index));
  }
  for (auto& frame : frames)
    sort_stably(frame, [](const auto& a, const auto& b) { return a.area > b.area; });
  return frames;
}

// Companions are two objects, or one object (the same masks twice) that is two things.
inline std::vector<companion_frame> companion_frames(const measured_masks& one,
                                                     const measured_masks& other, double like) {
  std::vector<companion_frame> frames(one.size());
  const std::size_t second = &one == &other ? 1 : 0;
  for (std::size_t t = 0; t < frames.size(); ++t) {
    const measured_mask* a = one[t].empty() ? nullptr : &one[t][0];
    const measured_mask* b = other[t].size() > second ? &other[t][second] : nullptr;
    if (a == nullptr || (b != nullptr && b->area > a->area)) std::swap(a, b);
    if (a == nullptr) continue;
    frames[t].masks = {a->index};
    if (b == nullptr || a->index == b->index || !companions(*a, *b, like)) continue;
    frames[t].masks.push_back(b->index);
    frames[t].apart = true;
  }
  return frames;
}

// Every pixel of a mask goes to that of two soft masks which is greater there, those with neither
// to the part that is nearer along the mask.
inline std::array<bit_mask, 2> cut_mask(const bit_mask& mask, const soft_patch& a,
                                        const soft_patch& b) {
  std::array<bit_mask, 2> parts{bit_mask(mask.height, mask.width),
                                bit_mask(mask.height, mask.width)};
  std::vector<std::array<std::ptrdiff_t, 2>> queue;
  bit_mask left = mask;
  const box around = bounding_box(mask);
  for (std::ptrdiff_t y = around.y; y < around.y + around.height; ++y)
    for (std::ptrdiff_t x = around.x; x < around.x + around.width; ++x) {
      if (!mask(y, x)) continue;
      const float one = a.at(y, x), two = b.at(y, x);
      if (one == two) continue;
      parts[one > two ? 0 : 1].set(y, x);
      left.set(y, x, false);
      queue.push_back({y, x});
    }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const auto [y, x] = queue[i];
    bit_mask& part = parts[parts[0](y, x) ? 0 : 1];
    for (const auto& [dy, dx] : {std::array<std::ptrdiff_t, 2>{-1, 0}, {0, -1}, {0, 1}, {1, 0}}) {
      const std::ptrdiff_t v = y + dy, u = x + dx;
      if (v < 0 || u < 0 || v >= mask.height || u >= mask.width || !left(v, u)) continue;
      part.set(v, u);
      left.set(v, u, false);
      queue.push_back({v, u});
    }
  }
  parts[0] = unite(parts[0], left);  // what nothing reaches
  return parts;
}

// Whether two companions are apart in enough frames to be two things, and not in all.
inline bool often_apart(const std::vector<companion_frame>& frames,
                        const companion_options& options) {
  std::size_t seen = 0, apart = 0;
  for (const companion_frame& each : frames) {
    seen += each.masks.empty() ? 0 : 1;
    apart += each.apart ? 1 : 0;
  }
  return apart < seen && apart >= larger_of(options.frames, std::size_t{1}) &&
         static_cast<double>(apart) >= options.share * static_cast<double>(seen);
}

// Follows two companions through a video.
class companion_walk {
 public:
  companion_walk(const video_masks& masks, const std::vector<companion_frame>& frames,
                 mask_carrier& carrier, const companion_options& options)
      : masks_{masks}, frames_{frames}, carrier_{carrier}, options_{options} {}

  struct found {
    std::array<bit_mask, 2> parts;
    std::size_t age = 0;  // frames since they were apart; 0: not known
  };

  /// Cuts of all frames in which they are not apart.
  [[nodiscard]] std::vector<found> run(bool backwards) {
    const std::size_t count = frames_.size();
    std::vector<found> cuts(count);
    std::array<soft_patch, 2> now;
    bool known = false;
    std::size_t age = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t t = backwards ? count - 1 - k : k;
      if (known) {
        for (soft_patch& each : now) each = carrier_.carried(each, t, backwards);
        known = !now[0].empty() && !now[1].empty();  // none is lost
        ++age;
      }
      if (frames_[t].apart) {
        std::array<soft_patch, 2> seen{soften(mask_of(t, 0)), soften(mask_of(t, 1))};
        if (known && common_area(now[0], mask_of(t, 1)) + common_area(now[1], mask_of(t, 0)) >
                         common_area(now[0], mask_of(t, 0)) + common_area(now[1], mask_of(t, 1)))
          std::swap(seen[0], seen[1]);
        now = std::move(seen);
        known = true;
        age = 0;
      } else if (known && !frames_[t].masks.empty() && shows_both(mask_of(t, 0), now)) {
        auto parts = cut_mask(mask_of(t, 0), now[0], now[1]);
        const auto least = options_.least * static_cast<double>(area(mask_of(t, 0)));
        if (static_cast<double>(area(parts[0])) < least ||
            static_cast<double>(area(parts[1])) < least)
          continue;  // one hides the other
        now = {soften(parts[0]), soften(parts[1])};
        cuts[t] = {std::move(parts), age};
      }
    }
    return cuts;
  }

 private:
  [[nodiscard]] const bit_mask& mask_of(std::size_t t, std::size_t which) const {
    return masks_[t][frames_[t].masks[which]].mask;
  }
  // Whether a mask holds both, and not one of them while the other is elsewhere or hidden.
  [[nodiscard]] bool shows_both(const bit_mask& mask, const std::array<soft_patch, 2>& now) const {
    const double one = total_area(now[0]), two = total_area(now[1]);
    return area(mask) > 0 && static_cast<double>(area(mask)) >= options_.fill * (one + two) &&
           common_area(now[0], mask) >= options_.inside * one &&
           common_area(now[1], mask) >= options_.inside * two;
  }

  const video_masks& masks_;
  const std::vector<companion_frame>& frames_;
  mask_carrier& carrier_;
  const companion_options& options_;
};

}  // namespace detail

/// Cuts frame masks that show two things at once. Where two things that move side by side touch,
/// they are one mask, and discovery either takes both for one object, because the masks of either
/// match those of both, or gives the masks of both to one of the two. An object that has two masks
/// of like size, side by side, in enough of its frames is taken for two things, and so are two
/// objects with such masks in enough of the frames of either: they are followed along the flow from
/// these frames, and in every other frame the larger mask, if it holds both, is given to them, each
/// pixel to that which is carried there, or else to the one nearer along the mask. From both sides,
/// the cut that came less far counts. A new discovery then tells the two apart. One thing that is
/// often seen in two like pieces is cut as well.
///
/// @param masks    [T] of one size; of a mask that is cut one part stays in its place, the other
///                 becomes the last of its frame, with the same confidence; a mask is cut once
/// @param objects  what discover found in them, not compat
/// @param flow     [T], of any size; things are not followed over empty fields
/// @return how many masks were cut
/// @throws invalid_input if flow has another number of frames or planes that differ in size, a key
///         mask is not in `masks`, masks differ in size, or an option is out of range
/// Complexity: O(T * pixels) for each pair that is followed, besides O(T * objects^2) and
/// O(pixels / 64) for every key mask.
inline std::size_t cut_companions(video_masks& masks, const std::vector<object>& objects,
                                  const video_flow& flow, const companion_options& options = {}) {
  detail::require_flow("cut_companions", flow, masks.size());
  for (const double share :
       {options.like, options.share, options.fill, options.inside, options.least})
    require(share >= 0 && share <= 1, "companion_options: like, share, fill, inside and least are ",
            options.like, ", ", options.share, ", ", options.fill, ", ", options.inside, " and ",
            options.least, ", expected 0 to 1");
  std::vector<detail::measured_masks> members;
  const bit_mask* first = nullptr;
  for (const object& one : objects)
    members.push_back(detail::measure_object("cut_companions", one, masks, first));
  if (first == nullptr) return 0;
  detail::mask_carrier carrier{"cut_companions", flow, first->height, first->width};
  std::map<std::pair<std::size_t, std::size_t>, std::array<bit_mask, 2>> cuts;  // frame, index
  const auto look_at = [&](std::size_t i, std::size_t j) {
    const auto frames = detail::companion_frames(members[i], members[j], options.like);
    if (!detail::often_apart(frames, options)) return;
    detail::companion_walk walk{masks, frames, carrier, options};
    auto ahead = walk.run(false), back = walk.run(true);
    for (std::size_t t = 0; t < frames.size(); ++t) {
      const bool later = ahead[t].age == 0 || (back[t].age > 0 && back[t].age < ahead[t].age);
      detail::companion_walk::found& nearer = later ? back[t] : ahead[t];
      if (nearer.age > 0) cuts.try_emplace({t, frames[t].masks[0]}, std::move(nearer.parts));
    }
  };
  for (std::size_t i = 0; i < objects.size(); ++i) look_at(i, i);
  for (std::size_t i = 0; i < objects.size(); ++i)
    for (std::size_t j = i + 1; j < objects.size(); ++j) look_at(i, j);
  for (auto& [place, parts] : cuts) {
    std::vector<frame_mask>& frame = masks[place.first];
    const float confidence = frame[place.second].confidence;
    frame[place.second].mask = std::move(parts[0]);
    frame.push_back({std::move(parts[1]), confidence});
  }
  return cuts.size();
}

/// Discovers objects, cuts masks that show two of them and discovers again, while there is
/// something to cut, three times at most.
///
/// @param masks     as cut_companions takes and changes them
/// @param discover  discovery(const video_masks&)
/// @return what it found last, in the masks as they are then
/// @throws as cut_companions
template <std::invocable<const video_masks&> Discover>
[[nodiscard]] discovery discover_companions(video_masks& masks, const video_flow& flow,
                                            const Discover& discover,
                                            const companion_options& options = {}) {
  discovery found = discover(std::as_const(masks));
  for (int round = 0; round < 3 && cut_companions(masks, found.objects, flow, options) > 0; ++round)
    found = discover(std::as_const(masks));
  return found;
}

}  // namespace s2d::inline S2D_ABI
