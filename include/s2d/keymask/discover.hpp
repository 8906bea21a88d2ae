// Keymask discovery: which frame masks of a video can be trusted, and which show the same object.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/progress.hpp>
#include <s2d/keymask/detail/discovery_groups.hpp>
#include <s2d/keymask/detail/discovery_masks.hpp>
#include <s2d/keymask/detail/discovery_tracks.hpp>
#include <s2d/keymask/discover_options.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/track/flow_tracker.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {

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
  const detail::finer_grids finer{table, options};
  detail::measure_visibility(chosen, table, tracker, options, finer, progress, result);
  detail::group_by_visibility(options, result);

  detail::propagate_candidates(chosen, table, tracker, options, finer, progress, result);

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
  const auto itself = [](std::size_t c) { return c; };
  for (const std::size_t c : detail::folder_order(result.clusters.size(), options.compat, itself)) {
    const std::vector<mask_group>& groups = result.clusters[c].groups;
    const auto label = [&](std::size_t g) { return groups[g].label; };
    for (const std::size_t g : detail::folder_order(groups.size(), options.compat, label))
      result.objects.push_back(detail::make_object(result, table, options, c, g));
  }
  return result;
}

/// The objects of a video and their key masks: discover(...).objects.
template <point_tracker Tracker>
[[nodiscard]] std::vector<object> discover_keymasks(const video_masks& masks, Tracker&& tracker,
                                                    const discovery_options& options = {}) {
  return discover(masks, tracker, options).objects;
}

}  // namespace s2d::inline S2D_ABI
