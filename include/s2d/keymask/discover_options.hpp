// Settings of keymask discovery.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/coherence/match.hpp>

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
  /// * A video of small things has finer grids: where the largest mask of a frame, in the median of
  /// the frames that have any, is too small for so many points of `grid` (1 % of the frame for 25
  /// of 50 x 50), the grids of small masks are doubled, and doubled again, for visibility and for
  /// matching. 0: never, as tracks need that were computed for the official grids.
  std::size_t least_points = 25;
  /// Used if the tracker can be called from several, that is: if a constant one can be called.
  /// 0: one per processor. The result does not depend on it.
  std::size_t threads = 1;
};

}  // namespace s2d::inline S2D_ABI
