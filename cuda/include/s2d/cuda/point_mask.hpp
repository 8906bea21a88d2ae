// Which masks of a video the points of other masks land in, on a device.
#pragma once

#include <cstdint>

#include <s2d/coherence/match.hpp>
#include <s2d/cuda/point_mask_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/tracks.hpp>
#include <s2d/cuda/tracks_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/point_mask.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_points_in_masks(const const_tracks_view& tracks, const mask_table_view& table,
                            const bits_view& out, stream_view stream);
void launch_match_points(const const_tracks_view& tracks, const point_sets& sets,
                         const mask_table_view& table, bool pixels, bool visible_only,
                         point_overlap* out, stream_view stream);
void launch_matching_masks(const point_overlap* overlaps, std::int64_t sets, std::int64_t masks,
                           double ratio, std::uint64_t* out, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {
namespace checks {

inline void require_table(const char* what, const const_tracks_view& tracks,
                          const mask_table_view& table) {
  require_tracks(what, tracks);
  require_view(what, table.masks);
  require(table.frames == tracks.frames, what, ": tracks of ", tracks.frames,
          " frames for a video of ", table.frames);
  require_device(what, table.first_row, table.frames + 1);
}

}  // namespace checks

/// Masks x points: bit (m, p) is set where point p, in the frame of mask m, falls on a pixel of the
/// mask; coordinates are rounded half to even, points outside or not finite lie in no mask. Rows as
/// dbscan takes them, and as masks of 1 x P for intersection_areas and iou.
/// @param tracks  [T, P] positions in pixels of the masks; visibility is not looked at
/// @param table   offsets that do not ascend from 0 to M are not checked
/// @param out     [M, 1, P]
/// One launch. Nothing waits.
/// @throws invalid_input if the numbers of frames, masks or points differ
inline void points_in_masks(const const_tracks_view& tracks, const mask_table_view& table,
                            const bits_view& out, stream_view stream = {}) {
  checks::require_table("points_in_masks", tracks, table);
  checks::require_view("points_in_masks: out", out);
  require(out.count == table.masks.count && out.height == 1 && out.width == tracks.points,
          "points_in_masks: out is ", out.count, " x ", out.height, " x ", out.width, ", expected ",
          table.masks.count, " x 1 x ", tracks.points);
  detail::launch_points_in_masks(tracks, table, out, stream);
}

/// How the points of every set overlap every mask of every frame: what s2d::point_matcher finds for
/// the tracks of each set over all frames. Equal integers.
///
/// Pixels (the default) are counted in one launch, a block a set and frame, without temporary
/// memory; points by bits of membership, in three launches, with (M + T) * P / 8 bytes of it.
/// Nothing waits.
/// @param tracks  [T, P] positions in pixels of the masks
/// @param sets    of the points; offsets that do not ascend from 0 to P are not checked
/// @param out     [sets, M] in device memory
/// @throws invalid_input if the numbers of frames differ
inline void match_points(const const_tracks_view& tracks, const point_sets& sets,
                         const mask_table_view& table, point_overlap* out,
                         const match_options& options = {}, stream_view stream = {}) {
  constexpr const char* what = "match_points";
  checks::require_table(what, tracks, table);
  checks::require_sets("match_points: sets", sets);
  checks::checked_product(what, sets.count, tracks.frames);
  checks::checked_product(what, table.masks.count, tracks.points);
  checks::require_device("match_points: out", out,
                         checks::checked_product(what, sets.count, table.masks.count));
  detail::launch_match_points(tracks, sets, table, options.unit == match_unit::pixels,
                              options.visible_only, out, stream);
}

/// Sets x masks: bit (q, m) is set where more than `ratio` of the points of set q lie in mask m,
/// strictly, as s2d::discover asks (see s2d::exceeds); rows as dbscan takes them.
/// @param overlaps  [sets, masks] as match_points gives them
/// @param out       [sets, ceil(masks / 64)] in device memory
/// @throws invalid_input if ratio is outside [0, 1] or NaN. One launch. Nothing waits.
inline void matching_masks(const point_overlap* overlaps, std::int64_t sets, std::int64_t masks,
                           std::uint64_t* out, double ratio = 0.5, stream_view stream = {}) {
  require(ratio >= 0.0 && ratio <= 1.0, "matching_masks: ratio is ", ratio, ", expected 0 to 1");
  checks::require_device("matching_masks: overlaps", overlaps,
                         checks::checked_product("matching_masks", sets, masks));
  checks::require_device("matching_masks: out", out,
                         checks::checked_product("matching_masks", sets, (masks + 63) / 64));
  detail::launch_matching_masks(overlaps, sets, masks, ratio, out, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
