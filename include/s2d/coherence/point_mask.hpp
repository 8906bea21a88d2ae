// Tracked points as pixels, and how much of them a mask covers: the point-mask Jaccard index.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/geometry.hpp>

namespace s2d::inline S2D_ABI {

/// How many of a set of points lie in a mask.
struct point_overlap {
  std::uint32_t inside = 0;
  std::uint32_t points = 0;

  /// inside / points, 0 where there is no point.
  [[nodiscard]] double ratio() const noexcept {
    return points == 0 ? 0.0 : static_cast<double>(inside) / static_cast<double>(points);
  }
  friend bool operator==(const point_overlap&, const point_overlap&) = default;
};

namespace detail {

// x rounded half to even, or -1 where that is outside [0, extent) or x is not finite.
[[nodiscard]] inline std::ptrdiff_t pixel_of(float x, std::ptrdiff_t extent) noexcept {
  if (!(x >= -0.5f && x < static_cast<float>(extent))) return -1;
  // Adding 2^23 leaves no bit for a fraction; below that every float has room for halves.
  constexpr float no_fraction = 8388608.0f;
  const auto pixel = x < no_fraction ? static_cast<std::ptrdiff_t>((x + no_fraction) - no_fraction)
                                     : static_cast<std::ptrdiff_t>(x);
  return pixel < extent ? pixel : -1;
}

// Rows top .. bottom - 1 and words left .. right - 1 of a mask that may hold set bits.
struct word_box {
  std::ptrdiff_t top = 0, bottom = 0, left = 0, right = 0;

  [[nodiscard]] bool empty() const noexcept { return top >= bottom || left >= right; }
  void include(std::ptrdiff_t row, std::ptrdiff_t word) noexcept {
    if (empty()) {
      *this = {row, row + 1, word, word + 1};
      return;
    }
    if (row < top) top = row;
    if (row >= bottom) bottom = row + 1;
    if (word < left) left = word;
    if (word >= right) right = word + 1;
  }
  [[nodiscard]] word_box intersect(const word_box& other) const noexcept {
    return {top > other.top ? top : other.top, bottom < other.bottom ? bottom : other.bottom,
            left > other.left ? left : other.left, right < other.right ? right : other.right};
  }
};

inline word_box extent_of(const bit_mask& mask) noexcept {
  word_box found;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    for (std::ptrdiff_t w = 0; w < mask.words_per_row(); ++w)
      if (mask.row(y)[w] != 0) found.include(y, w);
  return found;
}

inline std::uint32_t count_common(const bit_mask& a, const bit_mask& b, word_box within) noexcept {
  std::uint32_t count = 0;
  for (std::ptrdiff_t y = within.top; y < within.bottom; ++y)
    for (std::ptrdiff_t w = within.left; w < within.right; ++w)
      count += static_cast<std::uint32_t>(std::popcount(a.row(y)[w] & b.row(y)[w]));
  return count;
}

// The pixels on which points fall; reusable, so that clearing costs only what was touched.
class point_raster {
 public:
  point_raster(std::ptrdiff_t height, std::ptrdiff_t width) : pixels_(height, width) {}

  void clear() noexcept {
    for (std::ptrdiff_t y = touched_.top; y < touched_.bottom; ++y)
      for (std::ptrdiff_t w = touched_.left; w < touched_.right; ++w) pixels_.row(y)[w] = 0;
    touched_ = {};
    count_ = 0;
  }

  void add(point p) noexcept {
    const std::ptrdiff_t x = pixel_of(p.x, pixels_.width);
    const std::ptrdiff_t y = pixel_of(p.y, pixels_.height);
    if (x < 0 || y < 0) return;
    bit_mask::word& word = pixels_.row(y)[x / bit_mask::word_bits];
    const bit_mask::word bit = bit_mask::word{1} << (x % bit_mask::word_bits);
    count_ += (word & bit) == 0 ? 1 : 0;
    word |= bit;
    touched_.include(y, x / bit_mask::word_bits);
  }

  [[nodiscard]] const bit_mask& pixels() const noexcept { return pixels_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

  [[nodiscard]] point_overlap overlap(const bit_mask& mask, word_box extent) const noexcept {
    return {count_common(pixels_, mask, touched_.intersect(extent)), count_};
  }

 private:
  bit_mask pixels_;
  word_box touched_;
  std::uint32_t count_ = 0;
};

}  // namespace detail

/// The pixels on which points fall: coordinates rounded half to even, points outside the frame or
/// not finite left out, several points on one pixel one pixel.
///
/// @param points         positions in pixels
/// @param height, width  of the frame
/// @throws invalid_input if an extent is negative
[[nodiscard]] inline bit_mask rasterize(std::span<const point> points, std::ptrdiff_t height,
                                        std::ptrdiff_t width) {
  detail::point_raster raster{height, width};
  for (const point p : points) raster.add(p);
  return raster.pixels();
}

/// How many of the distinct pixels on which `points` fall belong to `mask`. Their ratio is the
/// point-mask Jaccard index of propagate-and-match.
/// Complexity: linear in the points and the words of the mask.
[[nodiscard]] inline point_overlap overlap(std::span<const point> points, const bit_mask& mask) {
  detail::point_raster raster{mask.height, mask.width};
  for (const point p : points) raster.add(p);
  return raster.overlap(mask, detail::extent_of(mask));
}

}  // namespace s2d::inline S2D_ABI
