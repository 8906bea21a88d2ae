// The outline of a packed mask, and growing and shrinking a mask by a disk, 64 pixels at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/detail/disk.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// row[x] |= row[x - 1] | row[x + 1] over `words` words, in place. Bits may leave at both ends.
inline void widen_row(std::uint64_t* row, std::ptrdiff_t words) noexcept {
  std::uint64_t before = 0;
  for (std::ptrdiff_t w = 0; w < words; ++w) {
    const std::uint64_t here = row[w];
    const std::uint64_t next = w + 1 < words ? row[w + 1] : 0;
    row[w] = here | here << 1 | before >> 63 | here >> 1 | next << 63;
    before = here;
  }
}

}  // namespace detail

/// The boundary map of the DAVIS benchmark: pixels that differ from the right, the lower or the
/// lower right neighbour. In the last row only the right neighbour counts, in the last column only
/// the lower one; the last pixel of all is never set. So the line lies on the upper and left side
/// outside an object and on the lower and right side inside it. O(pixels / 64).
/// Source: Perazzi et al., CVPR 2016; Martin et al., PAMI 26(5), 2004.
[[nodiscard]] inline bit_mask boundary_map(const bit_mask& mask) {
  bit_mask edges(mask.height, mask.width);
  if (mask.empty()) return edges;
  const std::ptrdiff_t words = mask.words_per_row();
  const std::uint64_t last = ~std::uint64_t{0} >> (words * 64 - mask.width);
  const std::uint64_t last_column = last ^ last >> 1;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    const std::uint64_t* const row = mask.row(y);
    const std::uint64_t* const below = y + 1 < mask.height ? mask.row(y + 1) : row;
    std::uint64_t* const out = edges.row(y);
    for (std::ptrdiff_t w = 0; w < words; ++w) {
      // The last column is its own right neighbour.
      const bool more = w + 1 < words;
      const std::uint64_t here = row[w], under = below[w];
      const std::uint64_t right = here >> 1 | (more ? row[w + 1] << 63 : here & last_column);
      const std::uint64_t lower_right =
          under >> 1 | (more ? below[w + 1] << 63 : under & last_column);
      out[w] = (here ^ right) | (here ^ under) | (here ^ lower_right);
    }
  }
  return edges;
}

/// Foreground grown by a disk: every pixel within distance `radius` (dx^2 + dy^2 <= radius^2) of
/// foreground. What lies outside the frame counts as background.
/// O((pixels / 64) * radius) at most; rows and columns without foreground nearby cost nothing.
/// @throws invalid_input if radius is negative
[[nodiscard]] inline bit_mask dilate_disk(const bit_mask& mask, std::ptrdiff_t radius) {
  require(radius >= 0, "dilate_disk: radius is ", radius, ", expected 0 or more");
  const std::ptrdiff_t farthest =
      mask.height > mask.width ? mask.height : mask.width;  // no pixel is farther than its diagonal
  if (radius > 2 * farthest) radius = 2 * farthest;
  if (radius == 0 || mask.empty()) return mask;
  bit_mask grown(mask.height, mask.width);
  const std::ptrdiff_t words = mask.words_per_row();
  const std::vector<std::ptrdiff_t> half_width = detail::disk_half_widths(radius);
  std::vector<std::uint64_t> line(static_cast<std::size_t>(words));
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    const std::uint64_t* const row = mask.row(y);
    std::ptrdiff_t first = 0, end = words;
    while (first < end && row[first] == 0) ++first;
    if (first == end) continue;
    while (row[end - 1] == 0) --end;
    // Words that the widest line reaches.
    const std::ptrdiff_t reach = (radius + 63) / 64;
    first = first > reach ? first - reach : 0;
    end = end + reach < words ? end + reach : words;
    std::uint64_t* const wide = line.data();
    for (std::ptrdiff_t w = first; w < end; ++w) wide[w] = row[w];
    std::ptrdiff_t width = 0;
    for (std::ptrdiff_t dy = radius; dy >= 0; --dy) {
      for (; width < half_width[static_cast<std::size_t>(dy)]; ++width)
        detail::widen_row(wide + first, end - first);
      for (const std::ptrdiff_t to : {y - dy, y + dy}) {
        if (to < 0 || to >= mask.height) continue;
        std::uint64_t* const out = grown.row(to);
        for (std::ptrdiff_t w = first; w < end; ++w) out[w] |= wide[w];
      }
    }
  }
  const std::uint64_t last = ~std::uint64_t{0} >> (words * 64 - mask.width);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) grown.row(y)[words - 1] &= last;
  return grown;
}

/// Foreground shrunk by a disk: what has no background within distance `radius`. What lies outside
/// the frame counts as foreground. The cost is that of growing the background.
/// @throws invalid_input if radius is negative
[[nodiscard]] inline bit_mask erode_disk(const bit_mask& mask, std::ptrdiff_t radius) {
  require(radius >= 0, "erode_disk: radius is ", radius, ", expected 0 or more");
  return complement(dilate_disk(complement(mask), radius));
}

}  // namespace s2d::inline S2D_ABI
