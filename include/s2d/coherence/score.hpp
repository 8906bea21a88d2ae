// How well every mask agrees with the masks of nearby frames: the temporal coherence score.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/coherence/match.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {

/// Collects, mask by mask, where points land, and scores all masks at the end.
///
/// Two masks agree by the smaller of two point-mask Jaccard indices: of the points of the first in
/// the second, and of the points of the second in the first. The coherence of a mask is the mean of
/// its best agreement over the frames near its own, each frame weighted by the share of the mask's
/// points visible in it, so that a frame in which the object is hidden says nothing and one in
/// which it is seen but has no mask counts against it. In [0, 1]; 0 for a mask that is seen in no
/// frame but its own.
class coherence_table {
 public:
  /// @param table  the masks; must outlive this
  /// @param reach  frames before and after a mask's own that are looked at
  coherence_table(const mask_table& table, std::size_t reach)
      : table_{&table}, reach_{reach}, rows_(table.size()) {}

  /// The frames that the score of a mask in `frame` looks at, its own among them.
  [[nodiscard]] frame_range near(std::size_t frame) const noexcept {
    const std::size_t end = table_->frames() - 1;
    return {frame > reach_ ? frame - reach_ : 0, end - frame > reach_ ? frame + reach_ : end};
  }

  /// Adds the tracks of the points of one mask. Different rows may be added at the same time.
  /// @param tracks   [T, N]
  /// @param visible  [T] how many of them are visible
  /// @throws invalid_input if there is no such row, no point, or not one count for each frame
  void add(std::size_t row, const point_tracks& tracks, std::span<const std::uint32_t> visible) {
    require(row < rows_.size(), "coherence_table: mask ", row, ", expected less than ",
            rows_.size());
    require(visible.size() == table_->frames() && tracks.points > 0,
            "coherence_table: ", visible.size(), " counts and ", tracks.points,
            " points, expected ", table_->frames(), " and at least one");
    const frame_range range = near((*table_)[row].frame);
    std::vector<mask_overlap> found;
    point_matcher{*table_}.match(tracks, range, found);
    rows_[row].range = range;
    for (std::size_t t = range.first; t <= range.last; ++t)
      rows_[row].weight.push_back(static_cast<float>(visible[t]) /
                                  static_cast<float>(tracks.points));
    for (const mask_overlap& other : found)
      rows_[row].ratio.push_back(static_cast<float>(other.points.ratio()));
  }

  /// [M] the scores of all masks; 0 for masks that were not added.
  [[nodiscard]] std::vector<float> scores() const {
    std::vector<float> result(rows_.size());
    for (std::size_t row = 0; row < rows_.size(); ++row) result[row] = score(row);
    return result;
  }

 private:
  struct reached {
    frame_range range{1, 0};
    std::vector<float> weight;  // [frames of range]
    std::vector<float> ratio;   // [masks of range]
  };

  // Share of the points of `row` that land in `other`.
  [[nodiscard]] float ratio(std::size_t row, std::size_t other) const noexcept {
    const reached& from = rows_[row];
    if (!from.range.contains((*table_)[other].frame)) return 0;
    return from.ratio[other - table_->first_row(from.range.first)];
  }

  [[nodiscard]] float score(std::size_t row) const {
    const reached& own = rows_[row];
    float sum = 0, weights = 0;
    for (std::size_t t = own.range.first; t <= own.range.last; ++t) {
      if (t == (*table_)[row].frame) continue;
      float best = 0;
      for (std::size_t other = table_->first_row(t); other < table_->first_row(t + 1); ++other) {
        const float there = ratio(row, other), back = ratio(other, row);
        const float both = there < back ? there : back;
        if (both > best) best = both;
      }
      const float weight = own.weight[t - own.range.first];
      sum += weight * best;
      weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
  }

  const mask_table* table_;
  std::size_t reach_;
  std::vector<reached> rows_;  // [M]
};

}  // namespace s2d::inline S2D_ABI
