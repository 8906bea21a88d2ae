// Propagate and match: which masks of other frames the tracked points of a mask land in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/coherence/point_mask.hpp>
#include <s2d/coherence/windows.hpp>
#include <s2d/core/share.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {

/// What the point-mask Jaccard index counts.
enum class match_unit : std::uint8_t {
  pixels,  ///< distinct pixels of the frame on which points fall
  points,  ///< points; those outside the frame lie in no mask but count in the denominator
};

struct match_options {
  match_unit unit = match_unit::pixels;
  bool visible_only = false;  ///< leave out, frame by frame, the points that are hidden there
};

/// The masks of a video as rows of one table, and where each of them has pixels.
class mask_table {
 public:
  struct entry {
    std::size_t frame = 0;
    const bit_mask* mask = nullptr;
    std::size_t area = 0;
    detail::word_box extent;
  };

  /// A table for `frames` frames of height x width pixels, without masks.
  mask_table(std::size_t frames, std::ptrdiff_t height, std::ptrdiff_t width)
      : height_{height}, width_{width}, first_(frames + 1) {}

  /// Adds a mask as the next row; frames come in ascending order. The mask must outlive the table.
  /// @throws invalid_input if the frame is not in the video or before the last one, or the mask has
  ///         another size than the frames
  void add(std::size_t frame, const bit_mask& mask) {
    require(frame < frames() && (entries_.empty() || frame >= entries_.back().frame),
            "mask_table: frame ", frame, " of ", frames(), " out of order");
    require(mask.height == height_ && mask.width == width_, "mask_table: a mask of frame ", frame,
            " is ", mask.height, " x ", mask.width, ", expected ", height_, " x ", width_);
    entry row{frame, &mask, 0, detail::extent_of(mask)};
    row.area = detail::count_common(mask, mask, row.extent);
    entries_.push_back(row);
    for (std::size_t t = frame + 1; t < first_.size(); ++t) first_[t] = entries_.size();
  }

  [[nodiscard]] std::size_t frames() const noexcept { return first_.size() - 1; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::ptrdiff_t height() const noexcept { return height_; }
  [[nodiscard]] std::ptrdiff_t width() const noexcept { return width_; }
  [[nodiscard]] const entry& operator[](std::size_t row) const noexcept { return entries_[row]; }
  /// The rows of frame t are first_row(t) .. first_row(t + 1) - 1.
  [[nodiscard]] std::size_t first_row(std::size_t t) const noexcept { return first_[t]; }

 private:
  std::ptrdiff_t height_, width_;
  std::vector<entry> entries_;
  std::vector<std::size_t> first_;  // [T + 1]
};

/// How the points of one mask overlap another.
struct mask_overlap {
  std::size_t row = 0;  ///< of the other mask
  point_overlap points;
  friend bool operator==(const mask_overlap&, const mask_overlap&) = default;
};

/// Follows points to the frames of `range` and compares them with every mask there.
///
/// Reusable: one matcher serves any number of tracks of the same video.
class point_matcher {
 public:
  /// The table must outlive the matcher.
  explicit point_matcher(const mask_table& table, match_options options = {})
      : table_{&table}, options_{options}, raster_(table.height(), table.width()) {}

  /// Appends the overlaps with the masks of the frames of `range`, in the order of rows.
  ///
  /// @param tracks  [T, N], T the number of frames of the table
  /// @throws invalid_input if T differs or the range is not within the frames
  /// Complexity: linear in the points and in the words of masks and points that meet.
  void match(const point_tracks& tracks, frame_range range, std::vector<mask_overlap>& found) {
    require(tracks.frames == table_->frames(), "point_matcher: tracks of ", tracks.frames,
            " frames for a video of ", table_->frames());
    require(range.first <= range.last && range.last < tracks.frames, "point_matcher: frames ",
            range.first, " to ", range.last, " of ", tracks.frames);
    for (std::size_t t = range.first; t <= range.last; ++t) {
      if (table_->first_row(t) == table_->first_row(t + 1)) continue;
      if (options_.unit == match_unit::pixels)
        match_pixels(tracks, t, found);
      else
        match_points(tracks, t, found);
    }
  }

 private:
  [[nodiscard]] bool counts(const point_tracks& tracks, std::size_t t, std::size_t n) const {
    return !options_.visible_only || tracks.visibility(t)[n] != 0;
  }

  void match_pixels(const point_tracks& tracks, std::size_t t, std::vector<mask_overlap>& found) {
    raster_.clear();
    const std::span<const point> at = tracks.positions(t);
    for (std::size_t n = 0; n < at.size(); ++n)
      if (counts(tracks, t, n)) raster_.add(at[n]);
    for (std::size_t row = table_->first_row(t); row < table_->first_row(t + 1); ++row) {
      const mask_table::entry& other = (*table_)[row];
      found.push_back({row, raster_.overlap(*other.mask, other.extent)});
    }
  }

  void match_points(const point_tracks& tracks, std::size_t t, std::vector<mask_overlap>& found) {
    const std::span<const point> at = tracks.positions(t);
    std::uint32_t all = 0;
    for (std::size_t n = 0; n < at.size(); ++n) all += counts(tracks, t, n) ? 1u : 0u;
    for (std::size_t row = table_->first_row(t); row < table_->first_row(t + 1); ++row) {
      const bit_mask& mask = *(*table_)[row].mask;
      std::uint32_t inside = 0;
      for (std::size_t n = 0; n < at.size(); ++n) {
        const std::ptrdiff_t x = detail::pixel_of(at[n].x, mask.width);
        const std::ptrdiff_t y = detail::pixel_of(at[n].y, mask.height);
        if (x >= 0 && y >= 0 && counts(tracks, t, n) && mask(y, x)) ++inside;
      }
      found.push_back({row, {inside, all}});
    }
  }

  const mask_table* table_;
  match_options options_;
  detail::point_raster raster_;
};

/// In how many frames the points overlap more than one mask by more than `ratio`, strictly: often,
/// and the mask they come from covers several objects, or the masks are fragments (one2x).
///
/// @param found  overlaps in the order of rows, as point_matcher gives them
/// @param table  the masks they refer to
[[nodiscard]] inline std::size_t frames_with_several(std::span<const mask_overlap> found,
                                                     const mask_table& table, double ratio = 0.25) {
  std::size_t frames = 0, here = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i == 0 || table[found[i].row].frame != table[found[i - 1].row].frame) here = 0;
    if (exceeds(found[i].points.inside, found[i].points.points, ratio) && ++here == 2) ++frames;
  }
  return frames;
}

}  // namespace s2d::inline S2D_ABI
