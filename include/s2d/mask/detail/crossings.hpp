// A mask from the places where an outline crosses the columns of pixels.
#pragma once

#include <bit>
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
/// can cross many columns again and again, so from a million places on, or one for 32 pixels, they
/// are held as bits.
class outline_changes {
 public:
  outline_changes(std::ptrdiff_t height, std::ptrdiff_t width)
      : height_{height},
        width_{width},
        pixels_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(height) *
                                           static_cast<std::uint64_t>(width))} {}

  /// An offset in column-major order, at most the number of pixels; offsets come in any order.
  void add(std::uint32_t place) {
    if (bits_.empty())
      places_.push_back(place);
    else
      flip(place);
  }

  /// To be called behind every edge.
  void end_edge() {
    if (!bits_.empty() || places_.size() < 1'000'000 || places_.size() < pixels_ / 32) return;
    bits_.resize(pixels_ / 64 + 1);
    for (const std::uint32_t place : places_) flip(place);
    places_ = {};
  }

  [[nodiscard]] rle mask() {
    rle result{height_, width_, {}};
    std::uint32_t start = 0;
    const auto change = [&](std::uint32_t place) {
      result.counts.push_back(place - start);
      start = place;
    };
    sort_stably(places_);
    if (bits_.empty()) result.counts.reserve(places_.size() + 1);
    for (std::size_t i = 0; i < places_.size();) {
      if (i + 1 < places_.size() && places_[i + 1] == places_[i])
        i += 2;
      else
        change(places_[i++]);
    }
    for (std::size_t k = 0; k < bits_.size(); ++k)
      for (std::uint64_t word = bits_[k]; word != 0; word &= word - 1)
        change(
            static_cast<std::uint32_t>(64 * k + static_cast<std::size_t>(std::countr_zero(word))));
    if (start < pixels_ || result.counts.empty()) result.counts.push_back(pixels_ - start);
    return result;
  }

 private:
  void flip(std::uint32_t place) { bits_[place / 64] ^= std::uint64_t{1} << (place % 64); }

  std::ptrdiff_t height_, width_;
  std::uint32_t pixels_;
  std::vector<std::uint32_t> places_;
  std::vector<std::uint64_t> bits_;  // [pixels / 64 + 1], or empty
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
