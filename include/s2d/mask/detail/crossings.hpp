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

/// Background and foreground change at every place; two changes at one place cancel. Places are
/// offsets in column-major order, in any order.
[[nodiscard]] inline rle change_at(std::vector<std::uint32_t>& places, std::ptrdiff_t height,
                                   std::ptrdiff_t width) {
  sort_stably(places);
  const auto pixels = static_cast<std::uint32_t>(static_cast<std::uint64_t>(height) *
                                                 static_cast<std::uint64_t>(width));
  rle mask{height, width, {}};
  mask.counts.reserve(places.size() + 1);
  std::uint32_t start = 0;
  for (std::size_t i = 0; i < places.size();) {
    if (i + 1 < places.size() && places[i + 1] == places[i]) {
      i += 2;
      continue;
    }
    mask.counts.push_back(places[i] - start);
    start = places[i++];
  }
  if (start < pixels || mask.counts.empty()) mask.counts.push_back(pixels - start);
  return mask;
}

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
