// The foreground of many run-length masks as lists of intervals, for merging two at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/geometry.hpp>
#include <s2d/mask/detail/rle_walk.hpp>
#include <s2d/mask/detail/strip_masks.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

class run_lists {
 public:
  struct entry {
    box bounds;
    std::ptrdiff_t area = 0;
    std::size_t at = 0;    ///< of the first interval
    std::size_t size = 0;  ///< intervals
  };

  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

  /// Forgets all masks and keeps the memory.
  void clear() noexcept {
    entries_.clear();
    begins_.clear();
    ends_.clear();
  }

  /// Precondition: the lengths sum to height * width, the size is that of the masks before, and
  /// `bounds` is the box of the mask.
  void add(const rle& mask, const box& bounds) {
    entry& one = entries_.emplace_back();
    one.bounds = bounds;
    one.at = begins_.size();
    height_ = mask.height;
    const std::size_t n = mask.counts.size() / 2;
    begins_.resize(one.at + n);
    ends_.resize(one.at + n);
    const std::uint32_t* const counts = mask.counts.data();
    std::uint32_t* const begins = begins_.data() + one.at;
    std::uint32_t* const ends = ends_.data() + one.at;
    std::uint64_t position = 0, pixels = 0;
    std::size_t size = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const std::uint32_t skipped = counts[2 * k], count = counts[2 * k + 1];
      position += skipped;
      begins[size] = static_cast<std::uint32_t>(position);
      position += count;
      ends[size] = static_cast<std::uint32_t>(position - 1);  // below 2^32
      pixels += count;
      size += count != 0;
    }
    begins_.resize(one.at + size);
    ends_.resize(one.at + size);
    one.size = size;
    one.area = static_cast<std::ptrdiff_t>(pixels);
  }

  /// Pixels that mask i of `a` and mask j of `b` have in common: intervals merged from the first
  /// common column to the last one.
  [[nodiscard]] static std::ptrdiff_t common(const run_lists& a, std::size_t i, const run_lists& b,
                                             std::size_t j) noexcept {
    const entry &p = a.entries_[i], &q = b.entries_[j];
    if (!boxes_meet(p.bounds, q.bounds)) return 0;
    const std::ptrdiff_t left = p.bounds.x > q.bounds.x ? p.bounds.x : q.bounds.x;
    const std::ptrdiff_t right_p = p.bounds.x + p.bounds.width;
    const std::ptrdiff_t right_q = q.bounds.x + q.bounds.width;
    const std::ptrdiff_t right = right_p < right_q ? right_p : right_q;
    const auto from = static_cast<std::uint64_t>(left * a.height_);
    const auto to = static_cast<std::uint64_t>(right * a.height_);
    const std::uint32_t* p_end = a.ends_.data() + p.at;
    const std::uint32_t* q_end = b.ends_.data() + q.at;
    const std::size_t skip_p = first_not_below(p_end, p.size, from);
    const std::size_t skip_q = first_not_below(q_end, q.size, from);
    const std::uint32_t* const p_begin = a.begins_.data() + p.at;
    const std::uint32_t* const q_begin = b.begins_.data() + q.at;
    const std::size_t last_p = first_not_below(p_begin, p.size, to);
    const std::size_t last_q = first_not_below(q_begin, q.size, to);
    std::int64_t count = 0;
    for (std::size_t k = skip_p, l = skip_q; k < last_p && l < last_q;) {
      const std::int64_t begin = p_begin[k] > q_begin[l] ? p_begin[k] : q_begin[l];
      const bool p_first = p_end[k] < q_end[l];
      const std::int64_t part = (p_first ? p_end[k] : q_end[l]) - begin + 1;
      count += part > 0 ? part : 0;
      k += p_first;
      l += !p_first;
    }
    return static_cast<std::ptrdiff_t>(count);
  }

 private:
  /// Index of the first of `n` ascending values that is not below `bound`, n if there is none.
  [[nodiscard]] static std::size_t first_not_below(const std::uint32_t* values, std::size_t n,
                                                   std::uint64_t bound) noexcept {
    std::size_t begin = 0;
    while (n > 0) {
      const std::size_t half = n / 2;
      const bool below = values[begin + half] < bound;
      begin = below ? begin + half + 1 : begin;
      n = below ? n - half - 1 : half;
    }
    return begin;
  }

  std::vector<entry> entries_;
  std::vector<std::uint32_t> begins_, ends_;  // first and last pixel of each interval
  std::ptrdiff_t height_ = 0;
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
