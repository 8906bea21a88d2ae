// Objects that were found in pieces: one after the other in time, or side by side.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/resize.hpp>
#include <s2d/flow/warp.hpp>
#include <s2d/keymask/output.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/morphology.hpp>

namespace s2d::inline S2D_ABI {

struct fragment_options {
  std::size_t reach = 10;  ///< frames over which a mask is carried to the next piece
  double overlap = 0.5;    ///< IoU from which a carried mask fits, in (0, 1]
  double agree = 0.5;      ///< share of the frames that must fit, in (0, 1]
  std::ptrdiff_t gap = 2;  ///< pixels between masks that count as touching, >= 0
  double touch = 0.7;      ///< share of their common frames in which neighbours touch; > 1: never
};

namespace detail {

/// In how many frames two objects could be compared, and in how many they fit.
struct fragment_votes {
  matrix<double> asked, fits;  // [objects, objects], from the earlier to the later

  explicit fragment_votes(std::size_t objects)
      : asked(static_cast<std::ptrdiff_t>(objects), static_cast<std::ptrdiff_t>(objects)),
        fits(asked) {}

  void add(std::size_t a, std::size_t b, bool fit) {
    const auto i = static_cast<std::ptrdiff_t>(a), j = static_cast<std::ptrdiff_t>(b);
    asked(i, j) += 1;
    fits(i, j) += fit ? 1 : 0;
  }
  [[nodiscard]] bool agree(std::size_t a, std::size_t b, double share) const {
    const auto i = static_cast<std::ptrdiff_t>(a), j = static_cast<std::ptrdiff_t>(b);
    return fits(i, j) > 0 && fits(i, j) >= share * asked(i, j);
  }
};

/// A mask of the frame before as seen from the frame that the flow begins in.
inline bit_mask carried_on(const bit_mask& mask, const flow_field& flow) {
  if (flow.height() == mask.height && flow.width() == mask.width) return warp_back(mask, flow);
  return warp_back(mask, resize_bilinear(flow, mask.height, mask.width, flow_unit::grid));
}

/// Masks of each object are carried on where they end and compared with those of the others.
inline void compare_carried(const std::vector<std::vector<bit_mask>>& tubes, const video_flow& flow,
                            const fragment_options& options, fragment_votes& votes) {
  for (std::size_t a = 0; a < tubes.size(); ++a) {
    bit_mask carried;
    std::size_t age = 0;
    for (std::size_t t = 0; t < tubes[a].size(); ++t) {
      if (!tubes[a][t].empty()) {
        carried = tubes[a][t];
        age = 0;
        continue;
      }
      const bool lost = ++age > options.reach || carried.empty() || flow.backward[t].empty();
      carried = lost ? bit_mask{} : carried_on(carried, flow.backward[t]);
      if (carried.empty() || area(carried) == 0) continue;
      for (std::size_t b = 0; b < tubes.size(); ++b) {
        if (b == a || tubes[b][t].empty()) continue;
        const auto common = static_cast<double>(intersection_area(carried, tubes[b][t]));
        const auto all = static_cast<double>(area(carried) + area(tubes[b][t])) - common;
        votes.add(a, b, common >= options.overlap * all);
      }
    }
  }
}

/// Objects that are there together, and whether they touch.
inline void compare_neighbours(const std::vector<std::vector<bit_mask>>& tubes, std::ptrdiff_t gap,
                               fragment_votes& votes) {
  for (std::size_t a = 0; a < tubes.size(); ++a)
    for (std::size_t t = 0; t < tubes[a].size(); ++t) {
      if (tubes[a][t].empty()) continue;
      bit_mask grown;
      for (std::size_t b = a + 1; b < tubes.size(); ++b) {
        if (tubes[b][t].empty()) continue;
        if (grown.empty()) grown = dilate(tubes[a][t], gap + 1);
        votes.add(a, b, intersection_area(grown, tubes[b][t]) > 0);
      }
    }
}

/// One object out of several; what is said of it is the mean, weighted by key masks.
inline object joined_object(const std::vector<const object*>& parts, std::size_t frames) {
  object whole = *parts.front();
  whole.keymasks.clear();
  whole.visibility.clear();
  double one2x = 0, masks = 0, coherence = 0;
  for (const object* part : parts) {
    const auto n = static_cast<double>(part->keymasks.size());
    masks += n;
    one2x += n * part->one2x;
    for (const keymask& key : part->keymasks) coherence += static_cast<double>(key.coherence);
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
  std::size_t with_mask = 0;
  for (std::size_t i = 0; i < whole.keymasks.size(); ++i)
    if (i == 0 || whole.keymasks[i].frame != whole.keymasks[i - 1].frame) ++with_mask;
  std::size_t visible = 0;
  for (const frame_range& range : whole.visibility) visible += range.size();
  if (visible == 0) visible = frames;
  whole.score = static_cast<float>(coherence / masks * static_cast<double>(with_mask) /
                                   static_cast<double>((std::max)(visible, with_mask)));
  whole.one2x = one2x / masks;
  whole.noisy = whole.one2x > 0.5;
  return whole;
}

}  // namespace detail

/// Joins what discovery found in pieces. Two objects are one if the masks of the one, carried along
/// the flow over frames in which it has none, fit those of the other; or if they touch in most of
/// the frames in which both have masks. Joining is transitive.
///
/// Two objects that always touch become one as well: use it where an object in pieces is worse than
/// two objects in one, for instance before a network is trained.
///
/// @param objects  what discover gave; those without key masks are left out
/// @param masks    [T] what the objects were found in
/// @param flow     [T], of any size; empty fields end what is carried
/// @return objects in the order of their first pieces. The score is the mean coherence times the
///         share of the visible frames that have a key mask, as in discovery; cluster and group are
///         those of the first piece
/// @throws invalid_input if a key mask is not in `masks`, extents differ or an option is out of
///         range
/// Complexity: O(objects^2 * T * pixels / 64) and O(objects * reach * pixels) for every gap.
[[nodiscard]] inline std::vector<object> join_fragments(const std::vector<object>& objects,
                                                        const video_masks& masks,
                                                        const video_flow& flow,
                                                        const fragment_options& options = {}) {
  require(flow.backward.size() == masks.size(), "join_fragments: flow of ", flow.backward.size(),
          " frames for masks of ", masks.size());
  require(options.overlap > 0 && options.overlap <= 1 && options.agree > 0 && options.agree <= 1 &&
              options.touch > 0 && options.gap >= 0,
          "fragment_options: overlap, agree, touch and gap are ", options.overlap, ", ",
          options.agree, ", ", options.touch, " and ", options.gap,
          ", expected shares above 0 and a gap of 0 or more");
  std::vector<const object*> pieces;
  std::vector<std::vector<bit_mask>> tubes;
  for (const object& one : objects) {
    if (one.keymasks.empty()) continue;
    pieces.push_back(&one);
    tubes.push_back(object_masks(one, masks));
  }
  detail::fragment_votes carried{pieces.size()}, together{pieces.size()};
  detail::compare_carried(tubes, flow, options, carried);
  detail::compare_neighbours(tubes, options.gap, together);

  auto first = detail::counted<std::size_t>(pieces.size());  // of the same object
  for (std::size_t a = 0; a < pieces.size(); ++a)
    for (std::size_t b = 0; b < pieces.size(); ++b) {
      const bool one =
          carried.agree(a, b, options.agree) || (a < b && together.agree(a, b, options.touch));
      if (a == b || !one || first[a] == first[b]) continue;
      const std::size_t keep = (std::min)(first[a], first[b]);
      const std::size_t drop = (std::max)(first[a], first[b]);
      for (std::size_t& each : first)
        if (each == drop) each = keep;
    }
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
