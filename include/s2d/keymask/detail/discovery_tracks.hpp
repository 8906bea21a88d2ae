// The stages of discovery that ask for tracks: visibility, and propagation of candidates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/coherence/match.hpp>
#include <s2d/coherence/score.hpp>
#include <s2d/coherence/visibility.hpp>
#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/keymask/detail/discovery_masks.hpp>
#include <s2d/track/grid.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

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

// How much finer the grids of a mask are than those of the official program, 1, 2 or 4: until it
// may expect options.least_points points for visibility, if the video is one of small things, that
// is, as far as the median of the largest masks of its frames needs it. Masks that are much smaller
// than others are crumbs, and get few points or none; larger ones need no finer grid.
class finer_grids {
 public:
  finer_grids(const mask_table& table, const discovery_options& options)
      : pixels_{static_cast<double>(table.height()) * static_cast<double>(table.width())},
        grid_{options.grid},
        least_{static_cast<double>(options.least_points)} {
    std::vector<std::size_t> largest;  // of the frames that have masks
    for (std::size_t t = 0; t < table.frames(); ++t) {
      std::size_t area = 0;
      for (std::size_t row = table.first_row(t); row < table.first_row(t + 1); ++row)
        area = larger_of(area, table[row].area);
      if (area > 0) largest.push_back(area);
    }
    if (options.compat || largest.empty()) return;
    select_nth(largest.data(), largest.size(), largest.size() / 2);
    most_ = needed(largest[largest.size() / 2], 4);
  }

  [[nodiscard]] std::size_t factor(std::size_t area) const { return needed(area, most_); }

 private:
  [[nodiscard]] std::size_t needed(std::size_t area, std::size_t most) const {
    const double share = static_cast<double>(area) / pixels_;
    std::size_t factor = 1;
    while (2 * factor <= most && 2 * factor * grid_ <= static_cast<std::size_t>(grid_height)) {
      const auto side = static_cast<double>(factor * grid_);
      if (share * side * side >= least_) break;
      factor *= 2;
    }
    return factor;
  }

  double pixels_;
  std::size_t grid_;
  double least_;
  std::size_t most_ = 1;
};

// Step 1: points of every mask through the whole video, where they are visible, and how well the
// masks of nearby frames agree with them.
template <point_tracker Tracker>
void measure_visibility(const discovery_masks& masks, const mask_table& table, Tracker& tracker,
                        const discovery_options& options, const finer_grids& finer,
                        const progress_callback& progress, discovery& result) {
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
    grids.push_back(points_in_mask(*masks.given[row], finer.factor(table[row].area) * options.grid,
                                   masks.height, masks.width));
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
                          const discovery_options& options, const finer_grids& finer,
                          const progress_callback& progress, discovery& result) {
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
    const std::size_t area = table[p->row].area;
    p->grid = finer.factor(area) * matching_grid_size(area);
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

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
