// A mask from the places where an outline crosses the columns of pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Background and foreground change at every place; two changes at one place cancel. Few corners
/// can cross many columns at the same pixels, so what cancels does not stay: beside the places of
/// one outline edge there are never more than a million, or twice those that are left.
class outline_changes {
 public:
  /// An offset in column-major order; offsets come in any order.
  void add(std::uint32_t place) { added_.push_back(place); }

  /// To be called behind every edge.
  void end_edge() {
    if (added_.size() > 1'000'000 && added_.size() > left_.size()) settle();
  }

  [[nodiscard]] rle mask(std::ptrdiff_t height, std::ptrdiff_t width) {
    settle();
    const auto pixels = static_cast<std::uint32_t>(static_cast<std::uint64_t>(height) *
                                                   static_cast<std::uint64_t>(width));
    rle result{height, width, {}};
    result.counts.reserve(left_.size() + 1);
    std::uint32_t start = 0;
    for (const std::uint32_t place : left_) {
      result.counts.push_back(place - start);
      start = place;
    }
    if (start < pixels || left_.empty()) result.counts.push_back(pixels - start);
    return result;
  }

 private:
  /// Keeps of all places those that are there an odd number of times.
  void settle() {
    bool sorted = true;
    for (std::size_t i = 1; i < added_.size() && sorted; ++i) sorted = added_[i - 1] <= added_[i];
    if (!sorted) sort_stably(added_);
    std::vector<std::uint32_t> both;
    both.reserve(left_.size() + added_.size());
    std::size_t i = 0;
    for (const std::uint32_t place : added_) {
      while (i < left_.size() && left_[i] < place) both.push_back(left_[i++]);
      if (i < left_.size() && left_[i] == place) {
        ++i;  // a third one finds it gone, and stays
      } else if (!both.empty() && both.back() == place) {
        both.pop_back();
      } else {
        both.push_back(place);
      }
    }
    both.insert(both.end(), left_.begin() + static_cast<std::ptrdiff_t>(i), left_.end());
    left_.swap(both);
    added_.clear();
  }

  std::vector<std::uint32_t> added_;
  std::vector<std::uint32_t> left_;  // sorted, each once
};

/// Corners as x0, y0, x1, y1, ... within -1e6..1e6.
inline void require_corners(std::span<const double> corners) {
  require(corners.size() >= 6 && corners.size() % 2 == 0, "polygon of ", corners.size(),
          " numbers, expected x and y of at least 3 corners");
  for (std::size_t i = 0; i < corners.size(); ++i)
    require(corners[i] >= -1e6 && corners[i] <= 1e6, "polygon: number ", i, " is ", corners[i],
            ", expected -1e6 to 1e6");
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
