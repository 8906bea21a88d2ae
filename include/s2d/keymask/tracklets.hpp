// Frame masks that show one thing, one after the other, and what they say of objects.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
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
#include <s2d/keymask/detail/carry.hpp>
#include <s2d/keymask/companions.hpp>
#include <s2d/keymask/fragments.hpp>
#include <s2d/keymask/join.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {

/// Masks of one thing: frames ascending, at most one of a frame.
struct tracklet {
  std::vector<mask_id> masks;
};

struct tracklet_options {
  double overlap = 0.4;  ///< least IoU of a carried mask and that of the next frame, (0, 1]
  double shared = 0.5;  ///< from this share of the smaller one, a carried mask and another one have
                        ///< so much in common that its way is not clear, (0, 1]
};

/// When a tracklet goes on as a later one. The size of a tracklet at either end is the square root
/// of the largest area of its ten masks there.
struct link_options {
  std::size_t reach = 30;   ///< frames from the last mask to the first of the other, at most
  std::size_t masks = 8;    ///< at either end, of which place and velocity are taken; > 0
  double distance = 1;      ///< between where they are expected and are, in sizes, at most; >= 0
  double per_frame = 0.05;  ///< cost of every frame on the way, beside the distance; >= 0
  double size = 1;          ///< of 1 minus the ratio of their sizes; >= 0
  double color = 4;         ///< of the difference in colour, 0 to sqrt(6); >= 0
};

namespace detail {

inline bool meet(const soft_patch& soft, const box& other) {
  return soft.y < other.y + other.height && other.y < soft.y + soft.height &&
         soft.x < other.x + other.width && other.x < soft.x + soft.width;
}

// What two masks and more have in common: [masks of the frame before, masks of the frame] pixels.
struct carried_overlaps {
  matrix<double> common;
  std::vector<double> before, now;  // areas, those before as they are carried

  // still: masks stay where they are, else carrier leads from the frame before t to it
  carried_overlaps(const std::vector<frame_mask>& from, const std::vector<frame_mask>& to,
                   std::size_t t, bool still, mask_carrier& carrier)
      : common(static_cast<std::ptrdiff_t>(from.size()), static_cast<std::ptrdiff_t>(to.size())) {
    std::vector<box> around;
    for (const frame_mask& each : to) {
      now.push_back(static_cast<double>(area(each.mask)));
      around.push_back(bounding_box(each.mask));
    }
    double* value = common.values.data();
    for (const frame_mask& each : from) {
      soft_patch soft = soften(each.mask);
      if (!still) soft = carrier.carried(soft, t, false);
      before.push_back(total_area(soft));
      for (std::size_t j = 0; j < to.size(); ++j, ++value)
        if (meet(soft, around[j])) *value = common_area(soft, to[j].mask);
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
      if (k != j && now[k] > like * now[j] && at(i, k) >= shared * smaller_of(before[i], now[k]))
        return true;
    for (std::size_t k = 0; k < before.size(); ++k)
      if (k != i && before[k] > like * before[i] &&
          at(k, j) >= shared * smaller_of(before[k], now[j]))
        return true;
    return false;
  }
};

inline void require_tracklet_input(const char* call, const video_masks& masks,
                                   const video_flow& flow, std::span<const image> pictures) {
  require_flow(call, flow, masks.size());
  const bit_mask* first = nullptr;
  for (const auto& frame : masks)
    for (const frame_mask& each : frame) {
      if (first == nullptr) first = &each.mask;
      require_same_size(call, *first, each.mask);
    }
  require(pictures.empty() || pictures.size() == masks.size(), call, ": ", pictures.size(),
          " pictures for masks of ", masks.size(), " frames");
  for (std::size_t t = 0; t < pictures.size(); ++t)
    require(pictures[t].height > 0 && pictures[t].width > 0, call, ": picture ", t,
            " has no pixels");
}

// Between equal pictures there is no flow, and nothing moves.
inline bool stands_still(const video_flow& flow, std::span<const image> pictures, std::size_t t) {
  return flow.backward[t].empty() && !pictures.empty() &&
         pictures[t].height == pictures[t - 1].height &&
         pictures[t].values == pictures[t - 1].values;
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
/// @param masks     [T] of one size; empty ones are in no tracklet
/// @param flow      [T] of any size; nothing goes on over an empty field backward
/// @param pictures  [T] of any size, or none: between equal ones, without flow, masks stay
/// @return in the order of their first masks, by frame, then index; every mask is in one of them
/// @throws invalid_input if masks differ in size, extents or planes of the flow differ, the number
///         of pictures is another one, a picture is empty, or an option is out of range
/// Complexity: O(pixels of a mask) for every two masks of neighbouring frames whose boxes meet.
[[nodiscard]] inline std::vector<tracklet> find_tracklets(const video_masks& masks,
                                                          const video_flow& flow,
                                                          std::span<const image> pictures = {},
                                                          const tracklet_options& options = {}) {
  detail::require_tracklet_input("find_tracklets", masks, flow, pictures);
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
      const bool still = detail::stands_still(flow, pictures, t);
      const detail::carried_overlaps overlaps{masks[t - 1], masks[t], t, still, carrier};
      matrix<double> fit = overlaps.common;  // IoU of what may go on
      for (std::size_t i = 0; i < before.size(); ++i)
        for (std::size_t j = 0; j < now.size(); ++j) {
          const double iou = overlaps.iou(i, j);
          const bool clear = iou >= options.overlap && !overlaps.ambiguous(i, j, options.shared);
          fit(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(j)) = clear ? iou : 0;
        }
      for (const auto& [i, j] : best_pairs(fit, 0)) now[j] = before[i];
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
/// @param flow       [T]; nothing is linked over an empty field backward, as at a cut
/// @param pictures   [T] of any size, or none: then colours count nothing, and where pictures are
///                   equal, empty fields are those of a cut
/// @return in the order of their first masks, by frame, then index
/// @throws invalid_input if masks differ in size, a mask of a tracklet is not in `masks` or empty,
///         its frames do not ascend, extents or planes of the flow differ, the number of pictures
///         is another one, a picture is empty, or an option is out of range
/// Complexity: O(n log n) for n tracklets, O(log n) for every pair within reach, O(pixels / 64) for
/// every mask and O(pixels) for those at the ends.
[[nodiscard]] inline std::vector<tracklet> link_tracklets(const std::vector<tracklet>& tracklets,
                                                          const video_masks& masks,
                                                          const video_flow& flow,
                                                          std::span<const image> pictures = {},
                                                          const link_options& options = {}) {
  detail::require_tracklet_input("link_tracklets", masks, flow, pictures);
  for (const double cost : {options.distance, options.per_frame, options.size, options.color})
    require(cost >= 0 && std::isfinite(cost),
            "link_options: distance, per_frame, size and color are ", options.distance, ", ",
            options.per_frame, ", ", options.size, " and ", options.color, ", expected 0 or more");
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
    shot[t] = shot[t - 1] +
              (flow.backward[t].empty() && !detail::stands_still(flow, pictures, t) ? 1 : 0);

  struct link {
    double cost;
    std::size_t from, to;
  };
  auto by_begin = detail::counted<std::size_t>(parts.size());
  detail::sort_stably(
      by_begin, [&](std::size_t a, std::size_t b) { return begins[a].frame < begins[b].frame; });
  std::vector<link> links;
  for (std::size_t a = 0; a < parts.size(); ++a) {
    const detail::tracklet_end& from = ends[a];
    auto at =
        std::upper_bound(by_begin.begin(), by_begin.end(), from.frame,
                         [&](std::size_t frame, std::size_t b) { return frame < begins[b].frame; });
    for (; at != by_begin.end() && begins[*at].frame - from.frame <= options.reach; ++at) {
      const std::size_t b = *at;
      const detail::tracklet_end& to = begins[b];
      if (shot[to.frame] != shot[from.frame]) continue;
      const double distance = detail::link_distance(from, to);
      if (distance > options.distance) continue;
      const double ratio =
          detail::smaller_of(from.size, to.size) / detail::larger_of(from.size, to.size);
      const auto gap = static_cast<double>(to.frame - from.frame);
      links.push_back({distance + options.per_frame * gap + options.size * (1 - ratio) +
                           options.color * detail::color_difference(from, to),
                       a, b});
    }
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
// parts: in the order of their first frames
inline bool tangled(const std::vector<const measured_thing*>& parts, std::size_t apart) {
  for (std::size_t a = 0; a < parts.size(); ++a)
    for (std::size_t b = a + 1; b < parts.size() && parts[b]->first < parts[a]->end(); ++b) {
      std::size_t frames = 0;
      const std::size_t end = smaller_of(parts[a]->end(), parts[b]->end());
      for (std::size_t t = parts[b]->first; t < end; ++t)
        frames += stand_apart(*parts[a], *parts[b], t) ? 1 : 0;
      if (frames >= apart) return true;
    }
  return false;
}

// Which tracklet a mask is in, and where each of them is.
struct tracklet_map {
  std::vector<std::vector<std::size_t>> of;  // [T][masks]
  std::vector<measured_thing> things;        // [tracklets]

  tracklet_map(const std::vector<tracklet>& tracklets, const video_masks& masks)
      : of(masks.size()), things(tracklets.size()) {
    for (std::size_t t = 0; t < masks.size(); ++t) of[t].resize(masks[t].size());
    for (std::size_t k = 0; k < tracklets.size(); ++k) {
      const std::vector<mask_id>& ids = tracklets[k].masks;
      things[k].first = ids.front().frame;
      things[k].frames.resize(ids.back().frame + 1 - ids.front().frame);
      for (const auto& [frame, index] : ids) {
        things[k].frames[frame - things[k].first] = measured(masks[frame][index].mask, index);
        of[frame][index] = k;
      }
    }
  }
};

}  // namespace detail

/// Tells objects apart by tracklets, where discovery took several things for one, as in a crowd:
/// then every linked tracklet that has a key mask becomes an object, and all of its masks are key
/// masks. Nothing is changed where no object has two tracklets that stand apart in several frames,
/// as in join_fragments: there discovery knows better what belongs together. Not every tracklet is
/// a thing; join_fragments joins pieces again.
///
/// @param found     what discover found in masks
/// @param masks     [T] of one size
/// @param flow      [T], of any size
/// @param pictures  [T] of any size, or none: see link_tracklets
/// @param apart     frames in which two tracklets of an object stand apart; > 0
/// @return objects in the order of the first masks of their tracklets, seen from there to the last;
///         coherences as in found.coherence, 0 where it has none; the score is their mean times the
///         share of these frames that have a mask, one2x that of the objects whose key masks they
///         were. Or found.objects
/// @throws invalid_input if a key mask is not in `masks` or empty, apart is 0, found.coherence is
///         not as long as found.masks, and as find_tracklets and link_tracklets
/// Complexity: as find_tracklets and link_tracklets, and O(frames) for every two tracklets of an
/// object that are seen at the same time.
[[nodiscard]] inline std::vector<object> untangle(const discovery& found, const video_masks& masks,
                                                  const video_flow& flow,
                                                  std::span<const image> pictures = {},
                                                  std::size_t apart = fragment_options{}.apart) {
  require(apart > 0, "untangle: apart is 0, expected 1 or more");
  require(found.coherence.size() == found.masks.size(), "untangle: ", found.coherence.size(),
          " coherences, expected ", found.masks.size());
  const std::vector<tracklet> linked =
      link_tracklets(find_tracklets(masks, flow, pictures), masks, flow, pictures);
  const detail::tracklet_map known{linked, masks};
  struct share {
    const object* of;
    double keys;
  };
  std::map<std::size_t, std::vector<share>> shares;  // of objects in tracklets with key masks
  bool any = false;
  for (const object& one : found.objects) {
    std::map<std::size_t, double> keys;  // in tracklets
    for (const keymask& key : one.keymasks) {
      require(key.frame < masks.size() && key.index < masks[key.frame].size() &&
                  area(masks[key.frame][key.index].mask) > 0,
              "untangle: key mask ", key.index, " of frame ", key.frame,
              " is not in the video, or empty");
      keys[known.of[key.frame][key.index]] += 1;
    }
    std::vector<const detail::measured_thing*> seen;
    for (const auto& [k, count] : keys) {
      seen.push_back(&known.things[k]);
      shares[k].push_back({&one, count});
    }
    any = any || detail::tangled(seen, apart);
  }
  if (!any) return found.objects;

  std::vector<std::vector<float>> coherence(masks.size());
  for (std::size_t t = 0; t < masks.size(); ++t) coherence[t].resize(masks[t].size());
  for (std::size_t row = 0; row < found.masks.size(); ++row) {
    const auto& [frame, index] = found.masks[row];
    require(frame < masks.size() && index < masks[frame].size(), "untangle: mask ", index,
            " of frame ", frame, " is not in the video");
    coherence[frame][index] = found.coherence[row];
  }
  std::vector<object> result;
  for (const auto& [k, of_objects] : shares) {
    object& whole = result.emplace_back();
    whole.cluster = of_objects.front().of->cluster;
    whole.group = of_objects.front().of->group;
    double keys = 0;
    for (const share& each : of_objects) {
      whole.one2x += each.keys * each.of->one2x;
      keys += each.keys;
    }
    whole.one2x /= keys;
    whole.noisy = whole.one2x > 0.5;
    for (const auto& [frame, index] : linked[k].masks)
      whole.keymasks.push_back({frame, index, coherence[frame][index]});
    whole.visibility = {{linked[k].masks.front().frame, linked[k].masks.back().frame}};
    whole.score = detail::object_score(whole.keymasks, whole.visibility, masks.size());
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
