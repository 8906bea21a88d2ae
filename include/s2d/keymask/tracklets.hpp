// Frame masks that show one thing, one after the other, and what they say of objects.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/keymask/companions.hpp>
#include <s2d/keymask/fragments.hpp>
#include <s2d/keymask/propagate.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {

/// Masks of one thing: frames ascending, at most one of a frame.
struct tracklet {
  std::vector<mask_id> masks;
};

struct tracklet_options {
  double overlap =
      0.4;  ///< least IoU of a mask, carried to the next frame, and its follower, (0, 1]
  double shared = 0.5;  ///< from this share of the smaller of two masks in a third it is not clear
                        ///< which of them goes on there, (0, 1]
};

/// When a tracklet goes on as a later one. The size of a tracklet at either end is the square root
/// of the largest area of its ten masks there.
struct link_options {
  std::size_t reach = 30;   ///< frames from the last mask to the first of the other, at most
  std::size_t masks = 8;    ///< at either end, of which place and velocity are taken; > 0
  double distance = 1;      ///< between where they are expected and are, in sizes, at most; >= 0
  double per_frame = 0.05;  ///< cost of every frame between them, beside the distance; >= 0
  double size = 1;          ///< of 1 minus the ratio of their sizes; >= 0
  double color = 4;         ///< of the difference in colour, 0 to sqrt(6); >= 0
};

namespace detail {

// What two masks and more have in common: [masks of the frame before, masks of the frame] pixels.
struct carried_overlaps {
  matrix<double> common;
  std::vector<double> before, now;  // areas, those before as they are carried

  carried_overlaps(const std::vector<frame_mask>& from, const std::vector<frame_mask>& to,
                   std::size_t t, mask_carrier& carrier)
      : common(static_cast<std::ptrdiff_t>(from.size()), static_cast<std::ptrdiff_t>(to.size())) {
    for (const frame_mask& each : to) now.push_back(static_cast<double>(area(each.mask)));
    double* value = common.values.data();
    for (const frame_mask& each : from) {
      const soft_patch soft = carrier.carried(soften(each.mask), t, false);
      before.push_back(total_area(soft));
      for (const frame_mask& other : to) *value++ = common_area(soft, other.mask);
    }
  }

  [[nodiscard]] double at(std::size_t i, std::size_t j) const {
    return common(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j));
  }
  [[nodiscard]] double iou(std::size_t i, std::size_t j) const {
    const double all = before[i] + now[j] - at(i, j);
    return all > 0 ? at(i, j) / all : 0;
  }
  // Whether another mask, not much smaller, goes where i goes, or comes from where j comes from.
  [[nodiscard]] bool ambiguous(std::size_t i, std::size_t j, double shared) const {
    constexpr double like = companion_options{}.like;
    for (std::size_t k = 0; k < now.size(); ++k)
      if (k != j && now[k] > like * now[j] && at(i, k) > shared * smaller_of(before[i], now[k]))
        return true;
    for (std::size_t k = 0; k < before.size(); ++k)
      if (k != i && before[k] > like * before[i] &&
          at(k, j) > shared * smaller_of(before[k], now[j]))
        return true;
    return false;
  }
};

inline void require_tracklet_input(const char* call, const video_masks& masks,
                                   const video_flow& flow) {
  require_flow(call, flow, masks.size());
  const bit_mask* first = nullptr;
  for (const auto& frame : masks)
    for (const frame_mask& each : frame) {
      if (first == nullptr) first = &each.mask;
      require_same_size(call, *first, each.mask);
    }
}

// Where a tracklet is, how it moves, how large it is and what it looks like, at one of its ends.
struct tracklet_end {
  std::size_t frame = 0;
  std::array<double, 2> place{}, velocity{};  // y and x of the centre of mass, pixels a frame
  double size = 0;
  std::array<double, 6> color{};  // mean of the upper and of the lower half, 0 to 1
  std::array<bool, 2> known{};    // whether a half has pixels
};

inline std::array<double, 2> centre_of(const bit_mask& mask) {
  const box around = bounding_box(mask);
  double y_sum = 0, x_sum = 0, count = 0;
  for (std::ptrdiff_t y = around.y; y < around.y + around.height; ++y)
    for (std::ptrdiff_t x = around.x; x < around.x + around.width; ++x) {
      if (!mask(y, x)) continue;
      y_sum += static_cast<double>(y), x_sum += static_cast<double>(x), count += 1;
    }
  return {y_sum / count, x_sum / count};
}

// Adds the colours under a mask; the pixel of a picture of another size is that in which the
// centre of the mask's pixel lies.
inline void add_colors(const bit_mask& mask, const image& picture, std::array<double, 6>& sum,
                       std::array<double, 2>& count) {
  const box around = bounding_box(mask);
  const auto place = [](std::ptrdiff_t at, std::ptrdiff_t from, std::ptrdiff_t to) {
    return (2 * at + 1) * to / (2 * from);
  };
  for (std::ptrdiff_t y = around.y; y < around.y + around.height; ++y) {
    const std::size_t half = 2 * (y - around.y) < around.height ? 0 : 1;
    const std::uint8_t* row = picture.row(place(y, mask.height, picture.height));
    for (std::ptrdiff_t x = around.x; x < around.x + around.width; ++x) {
      if (!mask(y, x)) continue;
      const std::uint8_t* pixel = row + 3 * place(x, mask.width, picture.width);
      for (std::size_t c = 0; c < 3; ++c) sum[3 * half + c] += static_cast<double>(pixel[c]) / 255;
      count[half] += 1;
    }
  }
}

// of: masks at an end, frames ascending; last: it is the last end
inline tracklet_end end_of(std::span<const mask_id> of, bool last, const video_masks& masks,
                           std::span<const image> pictures, std::size_t for_velocity) {
  const auto mask_of = [&](const mask_id& id) -> const bit_mask& {
    return masks[id.frame][id.index].mask;
  };
  const auto outermost = [&](std::size_t count) {
    return last ? of.last(smaller_of(count, of.size())) : of.first(smaller_of(count, of.size()));
  };
  tracklet_end end;
  const mask_id& outer = last ? of.back() : of.front();
  end.frame = outer.frame;
  end.place = centre_of(mask_of(outer));
  // The slope of least squares.
  double n = 0, t_sum = 0, tt_sum = 0;
  std::array<double, 2> sum{}, product{};
  for (const mask_id& id : outermost(for_velocity)) {
    const double t = static_cast<double>(id.frame) - static_cast<double>(end.frame);
    const auto place = centre_of(mask_of(id));
    n += 1, t_sum += t, tt_sum += t * t;
    for (std::size_t axis = 0; axis < 2; ++axis)
      sum[axis] += place[axis], product[axis] += t * place[axis];
  }
  const double spread = n * tt_sum - t_sum * t_sum;
  for (std::size_t axis = 0; axis < 2 && spread > 0; ++axis)
    end.velocity[axis] = (n * product[axis] - t_sum * sum[axis]) / spread;
  std::array<double, 2> count{};
  for (const mask_id& id : outermost(10)) {
    end.size = larger_of(end.size, std::sqrt(static_cast<double>(area(mask_of(id)))));
    if (!pictures.empty()) add_colors(mask_of(id), pictures[id.frame], end.color, count);
  }
  for (std::size_t half = 0; half < 2; ++half) {
    end.known[half] = count[half] > 0;
    for (std::size_t c = 3 * half; c < 3 * half + 3 && end.known[half]; ++c)
      end.color[c] /= count[half];
  }
  return end;
}

// In sizes: where each of them is expected in the frame of the other, and where that is.
inline double link_distance(const tracklet_end& a, const tracklet_end& b) {
  const double gap = static_cast<double>(b.frame) - static_cast<double>(a.frame);
  const auto off = [gap](const tracklet_end& from, const tracklet_end& to, double sign) {
    return std::hypot(from.place[0] + sign * gap * from.velocity[0] - to.place[0],
                      from.place[1] + sign * gap * from.velocity[1] - to.place[1]);
  };
  return (off(a, b, 1) + off(b, a, -1)) / 2 / larger_of(a.size, b.size);
}

inline double color_difference(const tracklet_end& a, const tracklet_end& b) {
  double sum = 0;
  for (std::size_t c = 0; c < 6; ++c)
    if (a.known[c / 3] && b.known[c / 3])
      sum += (a.color[c] - b.color[c]) * (a.color[c] - b.color[c]);
  return std::sqrt(sum);
}

}  // namespace detail

/// Follows frame masks from frame to frame: a mask goes on as the one that it overlaps most when it
/// is carried along the flow, unless it is not clear which of two goes on there. So a tracklet ends
/// where its thing is hidden, is cut in two or touches another one.
///
/// @param masks  [T] of one size; empty ones are in no tracklet
/// @param flow   [T], of any size; nothing goes on over an empty field
/// @return in the order of their first masks, by frame, then index; every mask is in one of them
/// @throws invalid_input if masks differ in size, extents or planes of the flow differ, or an
///         option is out of range
/// Complexity: O(pixels of a mask) for every pair of masks of neighbouring frames.
[[nodiscard]] inline std::vector<tracklet> find_tracklets(const video_masks& masks,
                                                          const video_flow& flow,
                                                          const tracklet_options& options = {}) {
  detail::require_tracklet_input("find_tracklets", masks, flow);
  require(options.overlap > 0 && options.overlap <= 1 && options.shared > 0 && options.shared <= 1,
          "tracklet_options: overlap and shared are ", options.overlap, " and ", options.shared,
          ", expected shares above 0");
  std::vector<tracklet> tracklets;
  const auto any = std::find_if(masks.begin(), masks.end(), [](auto& f) { return !f.empty(); });
  if (any == masks.end()) return tracklets;
  detail::mask_carrier carrier{"find_tracklets", flow, any->front().mask.height,
                               any->front().mask.width};
  constexpr auto none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> before;  // tracklets of the masks of the frame before
  for (std::size_t t = 0; t < masks.size(); ++t) {
    std::vector<std::size_t> now(masks[t].size(), none);
    if (!before.empty() && !now.empty()) {
      const detail::carried_overlaps overlaps{masks[t - 1], masks[t], t, carrier};
      struct pair {
        double iou;
        std::size_t from, to;
      };
      std::vector<pair> pairs;
      for (std::size_t i = 0; i < before.size(); ++i)
        for (std::size_t j = 0; j < now.size(); ++j)
          if (overlaps.iou(i, j) >= options.overlap) pairs.push_back({overlaps.iou(i, j), i, j});
      detail::sort_stably(pairs, [](const pair& a, const pair& b) { return a.iou > b.iou; });
      for (const auto& [iou, i, j] : pairs) {
        if (before[i] == none || now[j] != none || overlaps.ambiguous(i, j, options.shared))
          continue;
        now[j] = std::exchange(before[i], none);
      }
    }
    for (std::size_t j = 0; j < now.size(); ++j) {
      if (area(masks[t][j].mask) == 0) continue;
      if (now[j] == none) {
        now[j] = tracklets.size();
        tracklets.emplace_back();
      }
      tracklets[now[j]].masks.push_back({t, j});
    }
    before = std::move(now);
  }
  return tracklets;
}

/// Links tracklets over what hides a thing for a while: of all pairs, of which one begins behind
/// the end of the other, those of least cost go on as each other first, each once. Both are
/// expected to move on as at their ends, and to look as there.
///
/// @param tracklets  of `masks`; those without masks are left out
/// @param flow       [T]; nothing is linked over an empty field, as at a cut
/// @param pictures   [T] of any size, or none: then colours count nothing
/// @return in the order of their first masks, by frame, then index
/// @throws invalid_input if masks differ in size, a mask of a tracklet is not in `masks` or empty,
///         its frames do not ascend, extents or planes of the flow differ, the number of pictures
///         is another one, a picture is empty, or an option is out of range
/// Complexity: O(n^2 log n) for n tracklets, and O(pixels) for twenty masks of each.
[[nodiscard]] inline std::vector<tracklet> link_tracklets(const std::vector<tracklet>& tracklets,
                                                          const video_masks& masks,
                                                          const video_flow& flow,
                                                          std::span<const image> pictures = {},
                                                          const link_options& options = {}) {
  detail::require_tracklet_input("link_tracklets", masks, flow);
  require(pictures.empty() || pictures.size() == masks.size(), "link_tracklets: ", pictures.size(),
          " pictures for masks of ", masks.size(), " frames");
  for (std::size_t t = 0; t < pictures.size(); ++t)
    require(pictures[t].height > 0 && pictures[t].width > 0, "link_tracklets: picture ", t,
            " has no pixels");
  for (const double cost : {options.distance, options.per_frame, options.size, options.color})
    require(cost >= 0, "link_options: distance, per_frame, size and color are ", options.distance,
            ", ", options.per_frame, ", ", options.size, " and ", options.color,
            ", expected 0 or more");
  require(options.masks > 0, "link_options: masks is 0, expected 1 or more");

  std::vector<const tracklet*> parts;
  std::vector<detail::tracklet_end> begins, ends;
  for (const tracklet& each : tracklets) {
    if (each.masks.empty()) continue;
    for (std::size_t k = 0; k < each.masks.size(); ++k) {
      const auto& [frame, index] = each.masks[k];
      require(frame < masks.size() && index < masks[frame].size() &&
                  area(masks[frame][index].mask) > 0 && (k == 0 || each.masks[k - 1].frame < frame),
              "link_tracklets: mask ", index, " of frame ", frame,
              " is not in the video, empty, or not behind the one before it");
    }
    parts.push_back(&each);
    begins.push_back(detail::end_of(each.masks, false, masks, pictures, options.masks));
    ends.push_back(detail::end_of(each.masks, true, masks, pictures, options.masks));
  }
  std::vector<std::size_t> shot(masks.size());  // how often nothing leads on until a frame
  for (std::size_t t = 1; t < shot.size(); ++t)
    shot[t] = shot[t - 1] + (flow.backward[t].empty() ? 1 : 0);

  struct link {
    double cost;
    std::size_t from, to;
  };
  std::vector<link> links;
  for (std::size_t a = 0; a < parts.size(); ++a)
    for (std::size_t b = 0; b < parts.size(); ++b) {
      const detail::tracklet_end &from = ends[a], &to = begins[b];
      if (to.frame <= from.frame || to.frame - from.frame > options.reach ||
          shot[to.frame] != shot[from.frame])
        continue;
      const double distance = detail::link_distance(from, to);
      if (distance > options.distance) continue;
      const double ratio =
          detail::smaller_of(from.size, to.size) / detail::larger_of(from.size, to.size);
      const auto gap = static_cast<double>(to.frame - from.frame);
      links.push_back({distance + options.per_frame * gap + options.size * (1 - ratio) +
                           options.color * detail::color_difference(from, to),
                       a, b});
    }
  detail::sort_stably(links, [](const link& a, const link& b) { return a.cost < b.cost; });
  constexpr auto none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> next(parts.size(), none);
  std::vector<bool> follows(parts.size());
  for (const link& each : links) {
    if (next[each.from] != none || follows[each.to]) continue;
    next[each.from] = each.to;
    follows[each.to] = true;
  }
  std::vector<tracklet> linked;
  for (std::size_t first = 0; first < parts.size(); ++first) {
    if (follows[first]) continue;
    tracklet& whole = linked.emplace_back();
    for (std::size_t k = first; k != none; k = next[k])
      whole.masks.insert(whole.masks.end(), parts[k]->masks.begin(), parts[k]->masks.end());
  }
  detail::sort_stably(linked, [](const tracklet& a, const tracklet& b) {
    const mask_id &x = a.masks.front(), &y = b.masks.front();
    return x.frame != y.frame ? x.frame < y.frame : x.index < y.index;
  });
  return linked;
}

namespace detail {

// Whether two of the tracklets that an object has key masks of are things of their own.
inline bool tangled(const std::vector<const measured_thing*>& parts, std::size_t apart) {
  for (std::size_t a = 0; a < parts.size(); ++a)
    for (std::size_t b = a + 1; b < parts.size(); ++b) {
      std::size_t frames = 0;
      for (std::size_t t = 0; t < parts[a]->frames.size(); ++t)
        frames += stand_apart(*parts[a], *parts[b], t) ? 1 : 0;
      if (frames >= apart) return true;
    }
  return false;
}

}  // namespace detail

/// Tells objects apart by tracklets, where discovery took several things for one, as in a crowd:
/// then every linked tracklet that has key masks becomes an object. Nothing is changed where no
/// object has two tracklets that stand apart in several frames, as in join_fragments: there
/// discovery knows better what belongs together. Not every tracklet is a thing; join_fragments
/// joins pieces again.
///
/// @param objects   what discover found in masks
/// @param masks     [T] of one size
/// @param flow      [T], of any size
/// @param pictures  [T] of any size, or none: see link_tracklets
/// @param apart     frames in which two tracklets of an object stand apart; > 0
/// @return objects in the order of their first masks, seen from the first frame of their tracklet
/// to
///         the last; the score is the mean coherence times the share of these frames that have a
///         key mask. Or `objects`
/// @throws invalid_input if a key mask is not in `masks` or empty, apart is 0, and as
/// find_tracklets
///         and link_tracklets
/// Complexity: as find_tracklets and link_tracklets, and O(T) for every pair of tracklets of an
/// object.
[[nodiscard]] inline std::vector<object> untangle(const std::vector<object>& objects,
                                                  const video_masks& masks, const video_flow& flow,
                                                  std::span<const image> pictures = {},
                                                  std::size_t apart = fragment_options{}.apart) {
  require(apart > 0, "untangle: apart is 0, expected 1 or more");
  const std::vector<tracklet> linked =
      link_tracklets(find_tracklets(masks, flow), masks, flow, pictures);
  std::vector<detail::measured_thing> things(linked.size());
  std::vector<std::vector<std::size_t>> tracklet_of(masks.size());
  for (std::size_t t = 0; t < masks.size(); ++t) tracklet_of[t].resize(masks[t].size());
  for (std::size_t k = 0; k < linked.size(); ++k) {
    things[k].frames.resize(masks.size());
    for (const mask_id& id : linked[k].masks) {
      things[k].frames[id.frame] = detail::measured(masks[id.frame][id.index].mask, id.index);
      tracklet_of[id.frame][id.index] = k;
    }
  }
  std::map<std::size_t, std::vector<object>> parts;  // of every tracklet with key masks
  bool any = false;
  for (const object& one : objects) {
    std::map<std::size_t, object> of_one;
    for (const keymask& key : one.keymasks) {
      require(key.frame < masks.size() && key.index < masks[key.frame].size() &&
                  area(masks[key.frame][key.index].mask) > 0,
              "untangle: key mask ", key.index, " of frame ", key.frame,
              " is not in the video, or empty");
      const std::size_t k = tracklet_of[key.frame][key.index];
      const auto [place, fresh] = of_one.try_emplace(k, one);
      object& part = place->second;
      if (fresh) {
        part.keymasks.clear();
        part.visibility = {{linked[k].masks.front().frame, linked[k].masks.back().frame}};
      }
      part.keymasks.push_back(key);
    }
    std::vector<const detail::measured_thing*> seen;
    for (auto& [k, part] : of_one) {
      seen.push_back(&things[k]);
      parts[k].push_back(std::move(part));
    }
    any = any || detail::tangled(seen, apart);
  }
  if (!any) return objects;
  std::vector<object> result;
  for (const auto& [k, of_one] : parts) {
    std::vector<const object*> all;
    for (const object& part : of_one) all.push_back(&part);
    result.push_back(detail::joined_object(all, masks.size()));
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
