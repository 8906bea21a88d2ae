// A run list seen column by column, and the way back: what geometry on runs stands on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Rows begin .. end - 1 of a column.
struct column_run {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// The foreground of a mask as runs that end with their column; those of one column ascend and do
/// not touch. O(runs + columns). Precondition: the lengths sum to height * width.
class column_runs {
 public:
  explicit column_runs(const rle& mask) : first_(static_cast<std::size_t>(mask.width) + 1) {
    if (mask.height == 0) return;
    const auto height = static_cast<std::uint64_t>(mask.height);
    runs_.reserve(mask.counts.size() / 2 + 1);
    std::uint64_t x = 0, y = 0;  // of the next pixel
    for (std::size_t k = 0; k < mask.counts.size(); ++k) {
      std::uint64_t count = mask.counts[k];
      while (count > 0) {
        const std::uint64_t part = count < height - y ? count : height - y;
        if (k % 2 != 0) add(x, y, y + part);
        count -= part;
        y += part;
        if (y < height) break;
        // A run that goes on: over whole columns at once where it is background.
        const std::uint64_t columns = k % 2 != 0 ? 1 : 1 + count / height;
        count -= (columns - 1) * height;
        y = 0;
        for (const std::uint64_t end = x + columns; x < end;)
          first_[++x] = static_cast<std::uint32_t>(runs_.size());
      }
    }
  }

  [[nodiscard]] const std::vector<column_run>& all() const noexcept { return runs_; }
  /// Index among all() of the first run of column x; of the end for x = width.
  [[nodiscard]] std::size_t first_of(std::ptrdiff_t x) const noexcept {
    return first_[static_cast<std::size_t>(x)];
  }
  /// Precondition: 0 <= x < width.
  [[nodiscard]] std::span<const column_run> of(std::ptrdiff_t x) const noexcept {
    return {runs_.data() + first_of(x), first_of(x + 1) - first_of(x)};
  }
  /// Index among all() of the first run of column x that ends below row y.
  [[nodiscard]] std::size_t index_at(std::ptrdiff_t x, std::uint32_t y) const noexcept {
    std::size_t begin = first_of(x);
    for (std::size_t n = first_of(x + 1) - begin; n > 0;) {
      const std::size_t half = n / 2;
      const bool above = runs_[begin + half].end <= y;
      begin = above ? begin + half + 1 : begin;
      n = above ? n - half - 1 : half;
    }
    return begin;
  }

 private:
  void add(std::uint64_t x, std::uint64_t begin, std::uint64_t end) {
    if (runs_.size() > first_[x] && runs_.back().end == begin)
      runs_.back().end = static_cast<std::uint32_t>(end);
    else
      runs_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }

  std::vector<column_run> runs_;
  std::vector<std::uint32_t> first_;  // [width + 1]
};

/// Collects foreground in column-major order into a canonical run list.
class run_writer {
 public:
  explicit run_writer(std::size_t runs = 0) { counts_.reserve(2 * runs + 1); }

  /// Pixels begin .. end - 1; begin is not below any end before.
  void add(std::uint64_t begin, std::uint64_t end) {
    if (begin == end) return;
    if (begin == end_ && !counts_.empty()) {
      counts_.back() += static_cast<std::uint32_t>(end - begin);
    } else {
      counts_.push_back(static_cast<std::uint32_t>(begin - end_));
      counts_.push_back(static_cast<std::uint32_t>(end - begin));
    }
    end_ = end;
  }

  [[nodiscard]] rle finish(std::ptrdiff_t height, std::ptrdiff_t width) {
    const auto pixels = static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width);
    if (end_ < pixels || counts_.empty())
      counts_.push_back(static_cast<std::uint32_t>(pixels - end_));
    return {height, width, static_cast<std::vector<std::uint32_t>&&>(counts_)};
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::uint64_t end_ = 0;
};

/// Calls step(begin, end, inside) for the stretches of a column in which no list changes, where at
/// least one has foreground; bit i of `inside` is list i.
template <std::size_t N, class Step>
void walk_column(const std::array<std::span<const column_run>, N>& lists, Step step) {
  constexpr std::uint32_t none = 0xffff'ffff;  // heights are below
  std::array<std::size_t, N> at{};             // boundaries passed: two a run
  const auto next = [&](std::size_t i) {
    if (at[i] == 2 * lists[i].size()) return none;
    const column_run& run = lists[i][at[i] / 2];
    return at[i] % 2 == 0 ? run.begin : run.end;
  };
  unsigned inside = 0;
  std::uint32_t begin = 0;
  for (;;) {
    std::uint32_t end = none;
    for (std::size_t i = 0; i < N; ++i) end = smaller_of(end, next(i));
    if (end == none) return;
    if (inside != 0 && begin < end) step(begin, end, inside);
    for (std::size_t i = 0; i < N; ++i)
      for (; next(i) == end; ++at[i]) inside ^= 1u << i;
    begin = end;
  }
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
