// Union and intersection of many run-length masks in one sweep.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/mask/detail/column_runs.hpp>
#include <s2d/mask/detail/component_runs.hpp>
#include <s2d/mask/detail/rle_string.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Every other run of a mask, one after the other.
struct run_cursor {
  const std::uint32_t* next = nullptr;  // the length of the gap behind the run
  const std::uint32_t* last = nullptr;
  std::uint64_t begin = 0, end = 0;  // of the run; begin = none when there is no other
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  /// The runs of the foreground, or those of the background.
  run_cursor(const rle& mask, bool foreground)
      : next{mask.counts.data()}, last{next + mask.counts.size()} {
    if (foreground || next == last)
      advance();
    else
      end = *next++;
  }

  void advance() noexcept {
    if (last - next < 2) {
      begin = none;
      return;
    }
    begin = end + next[0];
    end = begin + next[1];
    next += 2;
  }

  /// Goes to the first pixel from `stop` on that is in a run.
  void skip_to(std::uint64_t stop) noexcept {
    while (begin < stop) {
      if (end > stop)
        begin = stop;
      else
        advance();
    }
  }
};

/// The union of what many cursors pass. They go side by side, a block of columns at a time. Most
/// runs of a column overlap in the end, so two intervals a column grow by the runs that touch
/// them; only what is apart from both is painted, as bits.
class run_sweep {
 public:
  run_sweep(std::uint64_t height, std::uint64_t width)
      : pixels_{height * width},
        lane_{height < most ? height : most},
        words_{static_cast<std::size_t>(lane_ / 64 + 1)},
        lanes_{lane_ == 0 ? 0
                          : static_cast<std::size_t>(
                                smaller_of(most / lane_, (pixels_ + lane_ - 1) / lane_))},
        bits_(lanes_.size() * words_) {}

  [[nodiscard]] rle unite(std::vector<run_cursor>& cursors, std::ptrdiff_t height,
                          std::ptrdiff_t width) {
    run_writer out;
    for (std::uint64_t start = 0; start < pixels_;) {
      std::uint64_t nearest = pixels_, covered = start;
      for (const run_cursor& cursor : cursors) {
        nearest = smaller_of(nearest, cursor.begin);
        if (cursor.begin <= start) covered = larger_of(covered, cursor.end);
      }
      // Whole columns in which no mask has a run, or one mask alone has all.
      const bool empty = nearest > start;
      std::uint64_t next = empty ? nearest : covered;
      if (next < pixels_) next -= next % lane_;
      if (next > start) {
        if (!empty) {
          out.add(start, next);
          for (run_cursor& cursor : cursors) cursor.skip_to(next);
        }
        start = next;
        continue;
      }
      const std::uint64_t stop = smaller_of(start + lanes_.size() * lane_, pixels_);
      for (run_cursor& cursor : cursors) take(cursor, start, stop);
      for (std::size_t i = 0; start < stop; ++i, start += lane_) write(i, start, out);
    }
    return out.finish(height, width);
  }

 private:
  static constexpr std::uint64_t most = std::uint64_t{1} << 16;
  struct interval {
    std::uint32_t begin = 0xffff'ffff, end = 0;  // empty: end before begin

    [[nodiscard]] bool empty() const noexcept { return end < begin; }
    /// Grows by what touches it or, while it is empty, by anything.
    [[nodiscard]] bool take(std::uint32_t from, std::uint32_t to) noexcept {
      if (from >= begin && to <= end) return true;
      if (from <= end && to >= begin) {
        begin = smaller_of(begin, from);
        end = larger_of(end, to);
        return true;
      }
      if (!empty()) return false;
      begin = from;
      end = to;
      return true;
    }
  };
  struct lane {  // a column, or a part of one that is very high
    interval first, second;
    bool painted = false;
  };

  void take(run_cursor& from, std::uint64_t start, std::uint64_t stop) noexcept {
    run_cursor cursor = from;
    std::size_t i = 0;
    while (cursor.begin < stop) {
      if (cursor.begin >= start + lane_) {
        const std::uint64_t lanes =
            cursor.begin < start + 2 * lane_ ? 1 : (cursor.begin - start) / lane_;
        start += lanes * lane_;
        i += lanes;
      }
      const auto begin = static_cast<std::uint32_t>(cursor.begin - start);
      if (cursor.end > start + lane_) {
        add(i, begin, static_cast<std::uint32_t>(lane_));
        cursor.begin = start + lane_;
      } else {
        add(i, begin, static_cast<std::uint32_t>(cursor.end - start));
        cursor.advance();
      }
    }
    from = cursor;
  }

  void add(std::size_t i, std::uint32_t begin, std::uint32_t end) noexcept {
    lane& here = lanes_[i];
    if (here.first.take(begin, end) || here.second.take(begin, end)) return;
    here.painted = true;
    set_range(bits_.data() + i * words_, begin, end);
  }

  void write(std::size_t i, std::uint64_t start, run_writer& out) {
    lane& here = lanes_[i];
    if (here.second.begin < here.first.begin) std::swap(here.first, here.second);
    if (!here.first.empty()) {
      const bool apart = here.second.empty() || here.second.begin > here.first.end;
      if (!here.painted && apart) {
        out.add(start + here.first.begin, start + here.first.end);
        if (!here.second.empty()) out.add(start + here.second.begin, start + here.second.end);
      } else {
        std::uint64_t* const row = bits_.data() + i * words_;
        set_range(row, here.first.begin, here.first.end);
        if (!here.second.empty()) set_range(row, here.second.begin, here.second.end);
        std::uint64_t begin = 0, last = 0;
        for (std::size_t w = 0; w < words_; ++w) {  // the bit behind the lane is never set
          std::uint64_t changes = row[w] ^ (row[w] << 1 | last);
          for (; changes != 0; changes &= changes - 1) {
            const std::uint64_t at =
                start + 64 * w + static_cast<std::uint64_t>(std::countr_zero(changes));
            if (last != 0) out.add(begin, at);
            begin = at;
            last ^= 1;
          }
          row[w] = 0;
        }
      }
    }
    here = {};
  }

  std::uint64_t pixels_, lane_;
  std::size_t words_;  // of a lane
  std::vector<lane> lanes_;
  std::vector<std::uint64_t> bits_;  // [lanes, words]
};

/// The union of all foregrounds, or the complement of the union of all backgrounds.
[[nodiscard]] inline rle sweep_runs(const char* what, std::span<const rle> masks, bool foreground) {
  std::vector<run_cursor> cursors;
  cursors.reserve(masks.size());
  for (const rle& mask : masks) {
    require_same_size(what, masks[0], mask);
    require_whole(what, mask, ": ");
    cursors.emplace_back(mask, foreground);
  }
  const std::ptrdiff_t height = masks[0].height, width = masks[0].width;
  run_sweep sweep{static_cast<std::uint64_t>(height), static_cast<std::uint64_t>(width)};
  rle all = sweep.unite(cursors, height, width);
  return foreground ? all : complement(all);
}

[[nodiscard]] inline rle merge_runs(const char* what, std::span<const rle> masks, bool any) {
  if (masks.empty()) return {0, 0, {0}};
  if (masks.size() > 2) return sweep_runs(what, masks, any);
  const rle &a = masks.front(), &b = masks.back();
  return any ? unite(a, b) : intersect(a, b);
}

}  // namespace detail

/// Pixels that are foreground in at least one of the masks; of no masks, a mask of 0 x 0 pixels, as
/// pycocotools has it. O(runs of all + pixels / 64 between the first and the last change).
/// @throws invalid_input if sizes differ
[[nodiscard]] inline rle unite(std::span<const rle> masks) {
  return detail::merge_runs("unite", masks, true);
}

/// Pixels that are foreground in all of the masks; otherwise as unite.
/// @throws invalid_input if sizes differ
[[nodiscard]] inline rle intersect(std::span<const rle> masks) {
  return detail::merge_runs("intersect", masks, false);
}

}  // namespace s2d::inline S2D_ABI
