// What keymask discovery finds, with every stage on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/cluster/hamming.hpp>
#include <s2d/coherence/match.hpp>
#include <s2d/coherence/windows.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/segment/frame_mask.hpp>

namespace s2d::inline S2D_ABI {

/// A mask of a video: masks[frame][index].
struct mask_id {
  std::size_t frame = 0;
  std::size_t index = 0;
  friend bool operator==(const mask_id&, const mask_id&) = default;
};

/// A frame mask that can be trusted to show an object.
struct keymask {
  std::size_t frame = 0;
  std::size_t index = 0;  ///< masks[frame][index]
  float coherence = 0;    ///< in [0, 1], see discovery::coherence
  friend bool operator==(const keymask&, const keymask&) = default;
};

/// One object of a video and the masks that show it.
struct object {
  std::vector<keymask> keymasks;        ///< frames ascending; masks of one frame belong together
  float score = 0;                      ///< in [0, 1]: mean coherence, times share of frames
  double one2x = 0;                     ///< share of its masks that cover several masks elsewhere
  bool noisy = false;                   ///< one2x > 0.5
  std::vector<frame_range> visibility;  ///< when its visibility cluster is seen
  std::size_t cluster = 0;              ///< discovery::clusters[cluster]
  std::size_t group = 0;                ///< .groups[group]
};

/// A mask of a cluster that was propagated to the frames of the window.
struct proxy {
  std::size_t row = 0;                 ///< of discovery::masks
  std::size_t grid = 0;                ///< points along either side of the grid
  std::size_t points = 0;              ///< grid points in the mask
  bool backward = false;               ///< frames before its own were tracked
  std::vector<mask_overlap> overlaps;  ///< with all masks in the window, in the order of rows
  std::vector<std::size_t> matches;    ///< rows it matches, ascending
  std::size_t several = 0;             ///< frames in which it overlaps several masks
  bool one2x = false;                  ///< that is often
};

/// Which proxy matches which mask: the smallest rectangle that holds all matches of a cluster.
struct match_matrix {
  std::size_t size = 0;  ///< side of the square it was cut from
  frame_range rows;      ///< first and last proxy with a match, as rows of discovery::masks
  frame_range columns;   ///< first and last mask matched
  bit_matrix bits;       ///< [rows, columns]; rows of masks that are no proxies are zero
  double eps = 0;
  std::size_t min_samples = 0;
  std::vector<std::int32_t> raw_label;  ///< [rows] of the clustering
  std::vector<std::int32_t> label;      ///< [rows] the same, noise for rows without a match
};

/// Masks that match the same masks: one object.
struct mask_group {
  std::int32_t label = 0;
  std::vector<std::size_t> members;  ///< rows of discovery::masks, ascending
  double one2x = 0;                  ///< share of members with the flag
  bool noisy = false;                ///< one2x > 0.5
};

/// Masks that are seen in the same frames.
struct visibility_cluster {
  std::vector<std::size_t> members;                  ///< rows of discovery::masks, ascending
  std::vector<std::uint8_t> majority;                ///< [T] seen by more than half of them
  std::vector<frame_range> ranges;                   ///< runs of majority
  std::vector<std::vector<std::size_t>> winners;     ///< per range: members seen in it
  std::vector<std::vector<std::size_t>> candidates;  ///< per range: winners whose frame is in it
  std::vector<proxy> proxies;                        ///< all candidates, by row
  match_matrix matches;                              ///< bits is empty where nothing matched
  std::vector<mask_group> groups;                    ///< by label

  [[nodiscard]] frame_range window() const noexcept {
    return ranges.empty() ? frame_range{} : frame_range{ranges.front().first, ranges.back().last};
  }
  /// Share of the candidates that found a group; 0 without candidates.
  double coverage = 0;
};

/// Everything that discovery computes, stage by stage. M masks, T frames.
struct discovery {
  std::size_t frames = 0;             ///< T
  std::vector<mask_id> masks;         ///< [M] what the rows below are, by frame, then index
  std::vector<std::uint32_t> points;  ///< [M] tracked points
  matrix<std::uint32_t> visible;      ///< [M, T] how many of them are visible
  bit_matrix seen;                    ///< [M, T] the mask is visible
  std::vector<std::int32_t> label;    ///< [M] cluster, or noise
  std::vector<visibility_cluster> clusters;
  std::vector<float> coherence;  ///< [M] in [0, 1]
  double coverage = 0;           ///< share of all candidates that found a group
  std::vector<object> objects;
};

}  // namespace s2d::inline S2D_ABI
