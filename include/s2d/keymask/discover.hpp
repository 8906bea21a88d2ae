// Keymask discovery: which frame masks of a video can be trusted, and which show the same object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <s2d/cluster/dbscan.hpp>
#include <s2d/cluster/hamming.hpp>
#include <s2d/cluster/jaccard.hpp>
#include <s2d/coherence/match.hpp>
#include <s2d/coherence/score.hpp>
#include <s2d/coherence/visibility.hpp>
#include <s2d/coherence/windows.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/mask/resize.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/track/flow_tracker.hpp>
#include <s2d/track/grid.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {

/// How masks that match the same masks are told from others.
enum class group_distance : std::uint8_t {
  hamming,  ///< share of all columns between the first and the last match that differ
  jaccard,  ///< share of the masks matched by either that are not matched by both
};

/// What becomes of two masks of one frame in one group.
enum class same_frame : std::uint8_t {
  unite,   ///< both are keymasks: fragments of one object
  larger,  ///< the one with more pixels, the first of equal ones
};

struct discovery_options {
  /// Repeat the official program with its quirks: the first mask of a frame without background is
  /// lost, masks without points and rows without matches take part in the clusterings, one2x needs
  /// five frames, of two masks of one frame the last in the order of file names stays, clusters
  /// and groups are ordered as file names. Options marked * are then not used.
  bool compat = false;

  std::ptrdiff_t frame_height = 0;  ///< of the frames that tracks refer to; 0: that of the masks
  std::ptrdiff_t frame_width = 0;   ///< likewise

  double visibility = 0.3;       ///< a mask is seen where more than this share of points is
  double matching = 0.5;         ///< a mask matches if more than this share of points is in it
  std::size_t grid = 50;         ///< points along either side of the grid for visibility
  double visibility_eps = 0.2;   ///< of the first clustering
  std::size_t min_samples = 5;   ///< of the first clustering
  double one2x_ratio = 0.25;     ///< a mask is overlapped if more than this share of points is
  double one2x_share = 0.25;     ///< * share of the window in which several are, for the flag
  std::size_t one2x_frames = 2;  ///< * and the least number of frames
  match_options match;           ///< * what counts as a point in a mask
  group_distance distance = group_distance::jaccard;  ///< * of the second clustering
  double jaccard_eps = 0.5;                           ///< * its reach with group_distance::jaccard
  same_frame two_in_a_frame{};                        ///< * see there
  std::size_t coherence_reach = 6;  ///< frames before and after that the coherence looks at
  /// Used if the tracker can be called from several, that is: if a constant one can be called.
  /// 0: one per processor. The result does not depend on it.
  std::size_t threads = 1;
};

namespace detail {

inline discovery_options settled(discovery_options options) {
  if (!options.compat) return options;
  options.one2x_share = 0;
  options.one2x_frames = 5;
  options.match = {};
  options.distance = group_distance::hamming;
  return options;
}

inline void check_options(const discovery_options& options) {
  const auto share = [](const char* name, double value) {
    require(value >= 0.0 && value <= 1.0, "discover: ", name, " is ", value, ", expected 0 to 1");
  };
  share("visibility", options.visibility);
  share("matching", options.matching);
  share("visibility_eps", options.visibility_eps);
  share("one2x_ratio", options.one2x_ratio);
  share("one2x_share", options.one2x_share);
  share("jaccard_eps", options.jaccard_eps);
  require(options.grid >= 1 && options.grid <= 65535, "discover: grid is ", options.grid,
          ", expected 1 to 65535");
  require(options.frame_height >= 0 && options.frame_width >= 0 &&
              (options.frame_height == 0) == (options.frame_width == 0),
          "discover: the frame is ", options.frame_height, " x ", options.frame_width,
          ", expected both extents or neither");
}

// The masks that take part, at their own size and at that of the frames.
struct discovery_masks {
  std::ptrdiff_t height = 0, width = 0;  // of the frames
  std::vector<mask_id> id;               // [M]
  std::vector<const bit_mask*> given;    // [M]
  std::vector<bit_mask> resized;         // [M], or empty where masks have the size of the frames
};

inline bool any_bit(const bit_mask& mask) noexcept {
  for (const bit_mask::word word : mask.words())
    if (word != 0) return true;
  return false;
}

inline bool covers_frame(const std::vector<frame_mask>& masks) {
  bit_mask all = masks.front().mask;
  std::size_t area = 0;
  for (std::size_t i = 0; i < all.words().size(); ++i) {
    for (const frame_mask& m : masks) all.words()[i] |= m.mask.words()[i];
    area += static_cast<std::size_t>(std::popcount(all.words()[i]));
  }
  return area == static_cast<std::size_t>(all.height * all.width);
}

inline discovery_masks collect_masks(const video_masks& masks, const discovery_options& options) {
  discovery_masks result;
  const bit_mask* first = nullptr;
  for (std::size_t t = 0; t < masks.size(); ++t)
    for (std::size_t i = 0; i < masks[t].size(); ++i) {
      const bit_mask& mask = masks[t][i].mask;
      if (first == nullptr) first = &mask;
      require(mask.height == first->height && mask.width == first->width, "discover: mask ", i,
              " of frame ", t, " is ", mask.height, " x ", mask.width, ", expected ", first->height,
              " x ", first->width, " as the first");
    }
  if (first == nullptr) return result;
  result.height = options.frame_height != 0 ? options.frame_height : first->height;
  result.width = options.frame_width != 0 ? options.frame_width : first->width;
  for (std::size_t t = 0; t < masks.size(); ++t) {
    bool lose = options.compat && !masks[t].empty() && covers_frame(masks[t]);
    for (std::size_t i = 0; i < masks[t].size(); ++i) {
      if (!any_bit(masks[t][i].mask)) continue;
      if (!std::exchange(lose, false)) {
        result.id.push_back({t, i});
        result.given.push_back(&masks[t][i].mask);
      }
    }
  }
  if (first->height != result.height || first->width != result.width)
    for (const bit_mask* mask : result.given)
      result.resized.push_back(resize_nearest(*mask, result.height, result.width));
  return result;
}

inline mask_table make_table(const discovery_masks& masks, std::size_t frames) {
  mask_table table{frames, masks.height, masks.width};
  for (std::size_t row = 0; row < masks.id.size(); ++row)
    table.add(masks.id[row].frame, masks.resized.empty() ? *masks.given[row] : masks.resized[row]);
  return table;
}

inline void check_tracks(const point_tracks& tracks, const track_query& query, std::size_t frames) {
  const std::size_t points = query.points.size();
  require(tracks.frames == frames && tracks.points == points &&
              tracks.at.size() == frames * points && tracks.visible.size() == frames * points,
          "discover: the tracker gave ", tracks.frames, " x ", tracks.points, " tracks with ",
          tracks.at.size(), " positions and ", tracks.visible.size(), " visibilities for mask ",
          query.mask, " of frame ", query.frame, ", expected ", frames, " x ", points,
          " (frames x points)");
}

// Tracks all queries and calls use(i, tracks) for each, on several threads if the tracker can be
// called from several. Tracks of only so many queries exist at a time.
template <point_tracker Tracker, class Use>
void follow_all(Tracker& tracker, std::span<const track_query> queries, std::size_t frames,
                std::size_t threads, const char* stage, const progress_callback& progress,
                const Use& use) {
  constexpr bool shareable = point_tracker<const Tracker>;
  constexpr std::size_t bytes_at_once = std::size_t{32} << 20;
  threads = shareable ? thread_count(threads) : 1;
  const std::size_t share = (queries.size() + threads - 1) / threads;
  std::vector<std::size_t> begin{0};  // of the batches
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const std::size_t more = frames * queries[i].points.size() * (sizeof(point) + 1);
    if (i > begin.back() && (bytes + more > bytes_at_once || i - begin.back() >= share)) {
      begin.push_back(i);
      bytes = 0;
    }
    bytes += more;
  }
  begin.push_back(queries.size());

  const auto follow = [&](std::size_t batch) {
    const auto part = queries.subspan(begin[batch], begin[batch + 1] - begin[batch]);
    if constexpr (batch_point_tracker<Tracker>) {
      const std::vector<point_tracks> all = tracker(part);
      require(all.size() == part.size(), "discover: the tracker gave ", all.size(), " tracks for ",
              part.size(), " queries");
      for (std::size_t i = 0; i < part.size(); ++i) {
        check_tracks(all[i], part[i], frames);
        use(begin[batch] + i, all[i]);
      }
    } else {
      for (std::size_t i = 0; i < part.size(); ++i) {
        const point_tracks tracks = tracker(part[i]);
        check_tracks(tracks, part[i], frames);
        use(begin[batch] + i, tracks);
      }
    }
  };
  for (std::size_t batch = 0; batch + 1 < begin.size() && !queries.empty(); batch += threads) {
    report(progress, stage, begin[batch], queries.size());
    const std::size_t left = begin.size() - 1 - batch;
    parallel_for(left < threads ? left : threads, threads,
                 [&](std::size_t i) { follow(batch + i); });
  }
  report(progress, stage, queries.size(), queries.size());
}

// Step 1: points of every mask through the whole video, where they are visible, and how well the
// masks of nearby frames agree with them.
template <point_tracker Tracker>
void measure_visibility(const discovery_masks& masks, const mask_table& table, Tracker& tracker,
                        const discovery_options& options, const progress_callback& progress,
                        discovery& result) {
  const std::size_t count = masks.id.size();
  result.points.resize(count);
  result.visible = matrix<std::uint32_t>(static_cast<std::ptrdiff_t>(count),
                                         static_cast<std::ptrdiff_t>(result.frames));
  coherence_table coherence{table, options.coherence_reach};
  std::vector<grid_points> grids;
  std::vector<track_query> queries;
  std::vector<std::size_t> rows;  // of the queries
  grids.reserve(count);
  for (std::size_t row = 0; row < count; ++row) {
    const mask_id id = masks.id[row];
    grids.push_back(points_in_mask(*masks.given[row], options.grid, masks.height, masks.width));
    result.points[row] = static_cast<std::uint32_t>(grids.back().at.size());
    if (grids.back().at.empty()) continue;
    queries.push_back(
        {grids.back().at, id.frame, id.index, track_purpose::visibility, id.frame > 0});
    rows.push_back(row);
  }
  follow_all(tracker, queries, result.frames, options.threads, "visibility", progress,
             [&](std::size_t i, const point_tracks& tracks) {
               const std::vector<std::uint32_t> visible = count_visible(tracks);
               const auto y = static_cast<std::ptrdiff_t>(rows[i]);
               for (std::size_t t = 0; t < visible.size(); ++t)
                 result.visible(y, static_cast<std::ptrdiff_t>(t)) = visible[t];
               coherence.add(rows[i], tracks, visible);
             });
  result.seen = visible_frames(result.visible, result.points, options.visibility);
  result.coherence = coherence.scores();
}

// Step 2: clusters of masks that are seen in the same frames.
inline void group_by_visibility(const discovery_options& options, discovery& result) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < result.masks.size(); ++row)
    if (options.compat || result.points[row] > 0) rows.push_back(row);
  const clustering found =
      dbscan(select_rows(result.seen, rows), options.visibility_eps, {options.min_samples});
  result.label.assign(result.masks.size(), clustering::noise);
  result.clusters.resize(static_cast<std::size_t>(found.count));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result.label[rows[i]] = found.label[i];
    if (found.label[i] != clustering::noise)
      result.clusters[static_cast<std::size_t>(found.label[i])].members.push_back(rows[i]);
  }
  for (visibility_cluster& cluster : result.clusters) {
    cluster.majority = majority(result.seen, cluster.members);
    cluster.ranges = runs(cluster.majority);
    for (const frame_range range : cluster.ranges) {
      cluster.winners.push_back(winners(result.seen, cluster.members, range, options.visibility));
      cluster.candidates.emplace_back();
      for (const std::size_t row : cluster.winners.back())
        if (range.contains(result.masks[row].frame)) cluster.candidates.back().push_back(row);
    }
  }
}

// Step 3a: what the points of a candidate tell.
inline void match_proxy(const mask_table& table, const discovery_options& options,
                        const point_tracks& tracks, frame_range window, proxy& result) {
  point_matcher{table, options.match}.match(tracks, window, result.overlaps);
  for (const mask_overlap& other : result.overlaps)
    if (exceeds(other.points.inside, other.points.points, options.matching))
      result.matches.push_back(other.row);
  result.several = frames_with_several(result.overlaps, table, options.one2x_ratio);
  const std::size_t share = smallest_share(options.one2x_share, window.size());
  result.one2x = result.several >= (share > options.one2x_frames ? share : options.one2x_frames);
}

// Step 3a: the candidates of all clusters propagated through their windows.
template <point_tracker Tracker>
void propagate_candidates(const discovery_masks& masks, const mask_table& table, Tracker& tracker,
                          const discovery_options& options, const progress_callback& progress,
                          discovery& result) {
  std::vector<std::pair<proxy*, frame_range>> found;
  for (visibility_cluster& cluster : result.clusters) {
    std::vector<bool> candidate(result.masks.size());
    for (const auto& rows : cluster.candidates)
      for (const std::size_t row : rows) candidate[row] = true;
    for (const std::size_t row : cluster.members)
      if (candidate[row]) cluster.proxies.emplace_back().row = row;
    for (proxy& p : cluster.proxies) found.emplace_back(&p, cluster.window());
  }
  std::vector<grid_points> grids;
  std::vector<track_query> queries;
  grids.reserve(found.size());
  for (const auto& [p, window] : found) {
    const mask_id id = masks.id[p->row];
    p->grid = matching_grid_size(table[p->row].area);
    p->backward = id.frame > window.first;
    grids.push_back(points_in_mask(*table[p->row].mask, p->grid, masks.height, masks.width));
    p->points = grids.back().at.size();
    queries.push_back({grids.back().at, id.frame, id.index, track_purpose::matching, p->backward});
  }
  // A candidate without points on its grid is not tracked; it matches nothing.
  std::vector<track_query> tracked;
  std::vector<std::size_t> index;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].first->points == 0) {
      match_proxy(table, options, point_tracks(result.frames, 0), found[i].second, *found[i].first);
      continue;
    }
    tracked.push_back(queries[i]);
    index.push_back(i);
  }
  follow_all(tracker, tracked, result.frames, options.threads, "matching", progress,
             [&](std::size_t i, const point_tracks& tracks) {
               match_proxy(table, options, tracks, found[index[i]].second, *found[index[i]].first);
             });
}

// eps and min_samples of the second clustering follow from the number of columns.
inline void set_grouping(match_matrix& matrix) noexcept {
  const std::ptrdiff_t width = matrix.bits.width;
  matrix.eps = width > 50 ? 0.05 : 0.1;
  matrix.min_samples = width < 10 ? 3 : 5;
}

// Step 3b: the matches of a cluster as a matrix. Proxies at or beyond row `size` are left out.
inline match_matrix make_matrix(const visibility_cluster& cluster, std::size_t size) {
  match_matrix result;
  result.size = size;
  bool any = false;
  for (const proxy& p : cluster.proxies) {
    if (p.row >= size || p.matches.empty()) continue;
    const frame_range span{p.matches.front(), p.matches.back()};
    if (!any) {
      result.rows.first = p.row;
      result.columns = span;
    }
    any = true;
    result.rows.last = p.row;
    if (span.first < result.columns.first) result.columns.first = span.first;
    if (span.last > result.columns.last) result.columns.last = span.last;
  }
  if (!any) return result;
  result.bits = bit_matrix(static_cast<std::ptrdiff_t>(result.rows.size()),
                           static_cast<std::ptrdiff_t>(result.columns.size()));
  for (const proxy& p : cluster.proxies) {
    if (p.row >= size) continue;
    for (const std::size_t row : p.matches)
      result.bits.set(static_cast<std::ptrdiff_t>(p.row - result.rows.first),
                      static_cast<std::ptrdiff_t>(row - result.columns.first));
  }
  set_grouping(result);
  return result;
}

// Step 3c: masks that match the same masks.
inline void group_by_matches(const discovery_options& options, visibility_cluster& cluster) {
  match_matrix& matrix = cluster.matches;
  const auto height = static_cast<std::size_t>(matrix.bits.height);
  const auto words = static_cast<std::size_t>(matrix.bits.words_per_row());
  std::vector<bool> matched(height);
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < height; ++r) {
    for (std::size_t w = 0; w < words; ++w)
      if (matrix.bits.row(static_cast<std::ptrdiff_t>(r))[w] != 0) matched[r] = true;
    if (matched[r] || options.compat) rows.push_back(r);
  }
  const bit_matrix items = select_rows(matrix.bits, rows);
  const clustering found =
      options.distance == group_distance::jaccard
          ? dbscan(jaccard_neighbors{items, options.jaccard_eps}, {matrix.min_samples})
          : dbscan(items, matrix.eps, {matrix.min_samples});
  matrix.raw_label.assign(height, clustering::noise);
  for (std::size_t i = 0; i < rows.size(); ++i) matrix.raw_label[rows[i]] = found.label[i];
  matrix.label = matrix.raw_label;
  for (std::size_t r = 0; r < height; ++r)
    if (!matched[r]) matrix.label[r] = clustering::noise;

  for (std::int32_t label = 0; label < found.count; ++label) {
    mask_group group{label, {}, 0, false};
    std::size_t flagged = 0;
    auto p = cluster.proxies.begin();
    for (std::size_t r = 0; r < height; ++r) {
      if (matrix.label[r] != label) continue;
      const std::size_t row = r + matrix.rows.first;
      while (p->row < row) ++p;
      flagged += p->one2x ? 1 : 0;
      group.members.push_back(row);
    }
    if (group.members.empty()) continue;
    group.one2x = static_cast<double>(flagged) / static_cast<double>(group.members.size());
    group.noisy = 2 * flagged > group.members.size();
    cluster.groups.push_back(std::move(group));
  }
}

// Of two masks of one frame in one group the official program keeps the one whose file name is
// last in alphabetical order, which is the order of the decimal numbers as text.
inline bool later_name(std::size_t index, std::size_t other) {
  return std::to_string(index + 1) > std::to_string(other + 1);
}

inline object make_object(const discovery& result, const mask_table& table,
                          const discovery_options& options, std::size_t c, std::size_t g) {
  const visibility_cluster& cluster = result.clusters[c];
  const mask_group& group = cluster.groups[g];
  object made;
  made.one2x = group.one2x;
  made.noisy = group.noisy;
  made.visibility = cluster.ranges;
  made.cluster = c;
  made.group = g;
  std::size_t kept = 0;  // row of the last key mask
  double coherence = 0;
  std::size_t frames = 0;
  for (const std::size_t row : group.members) {
    const mask_id id = result.masks[row];
    const keymask key{id.frame, id.index, result.coherence[row]};
    const bool again = !made.keymasks.empty() && made.keymasks.back().frame == id.frame;
    if (again && options.compat) {
      if (later_name(id.index, made.keymasks.back().index)) made.keymasks.back() = key;
    } else if (again && options.two_in_a_frame == same_frame::larger) {
      if (table[row].area > table[kept].area) {
        made.keymasks.back() = key;
        kept = row;
      }
    } else {
      frames += again ? 0 : 1;
      made.keymasks.push_back(key);
      kept = row;
    }
  }
  for (const keymask& key : made.keymasks) coherence += static_cast<double>(key.coherence);
  coherence /= static_cast<double>(made.keymasks.size());
  std::size_t visible = 0;
  for (const frame_range range : cluster.ranges) visible += range.size();
  made.score =
      static_cast<float>(coherence * static_cast<double>(frames) / static_cast<double>(visible));
  return made;
}

// The numbers 0 .. count - 1; in compat mode in the order of their decimal texts.
inline std::vector<std::size_t> folder_order(std::size_t count, bool as_text) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t place = i;
    if (as_text)
      for (; place > 0 && std::to_string(order[place - 1]) > std::to_string(i); --place)
        order[place] = order[place - 1];
    order[place] = i;
  }
  return order;
}

}  // namespace detail

/// Finds the masks of a video that can be trusted, grouped into objects, without labels.
///
/// 1. Points of every mask are tracked through the video; a mask is seen in a frame where enough
///    of them are visible. 2. Masks seen in the same frames are clustered; where most of a cluster
///    is seen, its members are candidates. 3. The points of every candidate are propagated to the
///    masks of the other frames; candidates that land in the same masks are one object, and they
///    are its key masks.
///
/// With options.compat every stage equals that of the official program; otherwise its known
/// faults are mended, see docs/discovery.md. Nothing is lost silently: every stage is in the
/// result, and a cluster that yields nothing leaves the others alone.
///
/// @param masks     [T] the masks of every frame, all of one size; empty masks take no part, and
///                  a frame may have none. No frames, or no masks, give no objects.
/// @param tracker   called twice for a mask at most: once for visibility, once for matching.
///                  Positions that are not finite count as outside the frame.
/// @param progress  stages "visibility" and "matching", one unit a mask
/// @throws invalid_input if masks differ in size, the tracker gives tracks of another shape, or an
///         option is out of range; cancelled if progress asks to stop
/// Complexity: the tracker's, and linear in tracked points and in pairs of masks of one window
/// that meet.
/// Source: Sick et al., "S2D: Sparse-To-Dense Keymask Distillation for Unsupervised Video Instance
/// Segmentation", arXiv 2512.14440.
template <point_tracker Tracker>
[[nodiscard]] discovery discover(const video_masks& masks, Tracker&& tracker,
                                 const discovery_options& requested = {},
                                 const progress_callback& progress = {}) {
  detail::check_options(requested);
  const discovery_options options = detail::settled(requested);
  discovery result;
  result.frames = masks.size();
  const detail::discovery_masks chosen = detail::collect_masks(masks, options);
  const mask_table table = detail::make_table(chosen, masks.size());
  result.masks = chosen.id;
  detail::measure_visibility(chosen, table, tracker, options, progress, result);
  detail::group_by_visibility(options, result);

  detail::propagate_candidates(chosen, table, tracker, options, progress, result);

  // Side of the match matrix. The official program cuts it behind the last mask matched.
  std::size_t size = options.compat ? 0 : result.masks.size(), all = 0;
  for (const visibility_cluster& cluster : result.clusters) {
    all += cluster.proxies.size();
    for (const proxy& p : cluster.proxies)
      if (!p.matches.empty() && p.matches.back() >= size) size = p.matches.back() + 1;
  }
  std::size_t grouped = 0;
  for (visibility_cluster& cluster : result.clusters) {
    cluster.matches = detail::make_matrix(cluster, size);
    detail::group_by_matches(options, cluster);
    std::size_t here = 0;
    for (const mask_group& group : cluster.groups) here += group.members.size();
    if (!cluster.proxies.empty())
      cluster.coverage = static_cast<double>(here) / static_cast<double>(cluster.proxies.size());
    grouped += here;
  }
  if (all > 0) result.coverage = static_cast<double>(grouped) / static_cast<double>(all);
  for (const std::size_t c : detail::folder_order(result.clusters.size(), options.compat))
    for (const std::size_t g :
         detail::folder_order(result.clusters[c].groups.size(), options.compat))
      result.objects.push_back(detail::make_object(result, table, options, c, g));
  return result;
}

/// The objects of a video and their key masks: discover(...).objects.
template <point_tracker Tracker>
[[nodiscard]] std::vector<object> discover_keymasks(const video_masks& masks, Tracker&& tracker,
                                                    const discovery_options& options = {}) {
  return discover(masks, tracker, options).objects;
}

}  // namespace s2d::inline S2D_ABI
