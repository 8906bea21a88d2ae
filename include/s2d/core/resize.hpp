// Resizing of gray and colour pictures and of float planes: area filter and bilinear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/detail/resize.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI {

// Both filters obey the half-pixel rule: the picture covers [-0.5, width - 0.5), so that the
// centre of destination pixel x lies at (x + 0.5) * source_width / width - 0.5 in the source.
// Sums are made in float; 8-bit results are rounded to nearest, halves up. Results of the same
// size as the source equal the source, bit for bit.

namespace detail {

inline void check_resize(const char* what, std::ptrdiff_t source_height,
                         std::ptrdiff_t source_width, std::ptrdiff_t height, std::ptrdiff_t width) {
  require(height >= 0 && width >= 0, what, ": size is ", height, " x ", width,
          ", expected non-negative (height x width)");
  require((source_height > 0 && source_width > 0) || height == 0 || width == 0, what,
          ": source is ", source_height, " x ", source_width, ", nothing to make ", height, " x ",
          width, " of");
}

template <class T, class Taps>
matrix<T> resize_plane(const char* what, plane_view<const T> source, std::ptrdiff_t height,
                       std::ptrdiff_t width, const Taps& taps) {
  check_resize(what, source.height, source.width, height, width);
  matrix<T> out(height, width);
  if (out.empty()) return out;
  std::vector<T> gathered(source.column_stride == 1 ? 0 : static_cast<std::size_t>(source.width));
  resample<1, T>(
      taps(source.height, height), taps(source.width, width), source.width,
      [&](std::ptrdiff_t y) -> const T* {
        if (source.column_stride == 1) return source.row(y);
        for (std::ptrdiff_t x = 0; x < source.width; ++x)
          gathered[static_cast<std::size_t>(x)] = source(y, x);
        return gathered.data();
      },
      [&](std::ptrdiff_t y) { return out.row(y); });
  return out;
}

template <class Taps>
image resize_image(const char* what, image_view source, std::ptrdiff_t height, std::ptrdiff_t width,
                   const Taps& taps) {
  check_resize(what, source.height, source.width, height, width);
  image out(height, width);
  if (out.empty()) return out;
  resample<3, std::uint8_t>(
      taps(source.height, height), taps(source.width, width), source.width,
      [&](std::ptrdiff_t y) { return source.row(y); },
      [&](std::ptrdiff_t y) { return out.row(y); });
  return out;
}

}  // namespace detail

/// Mean of the source over the rectangle that a destination pixel covers, partly covered pixels
/// weighted by their share. The filter for making pictures smaller.
/// @param source [h, w] any strides   @param height, width of the result
/// @throws invalid_input if an extent is negative, or the source is empty and the result is not
/// O(source + result pixels).
[[nodiscard]] inline matrix<std::uint8_t> resize_area(plane_view<const std::uint8_t> source,
                                                      std::ptrdiff_t height, std::ptrdiff_t width) {
  return detail::resize_plane("resize_area", source, height, width, detail::area_taps);
}
/// @copydoc resize_area
[[nodiscard]] inline matrix<float> resize_area(plane_view<const float> source,
                                               std::ptrdiff_t height, std::ptrdiff_t width) {
  return detail::resize_plane("resize_area", source, height, width, detail::area_taps);
}
/// @copydoc resize_area
[[nodiscard]] inline image resize_area(image_view source, std::ptrdiff_t height,
                                       std::ptrdiff_t width) {
  return detail::resize_image("resize_area", source, height, width, detail::area_taps);
}

/// Bilinear interpolation between the four nearest pixel centres; outside the outermost centres
/// the border value holds. The filter for making pictures and soft maps larger; it skips pixels
/// when it makes them much smaller.
/// @param source [h, w] any strides   @param height, width of the result
/// @throws invalid_input if an extent is negative, or the source is empty and the result is not
/// O(source + result pixels).
[[nodiscard]] inline matrix<std::uint8_t> resize_bilinear(plane_view<const std::uint8_t> source,
                                                          std::ptrdiff_t height,
                                                          std::ptrdiff_t width) {
  return detail::resize_plane("resize_bilinear", source, height, width, detail::bilinear_taps);
}
/// @copydoc resize_bilinear
[[nodiscard]] inline matrix<float> resize_bilinear(plane_view<const float> source,
                                                   std::ptrdiff_t height, std::ptrdiff_t width) {
  return detail::resize_plane("resize_bilinear", source, height, width, detail::bilinear_taps);
}
/// @copydoc resize_bilinear
[[nodiscard]] inline image resize_bilinear(image_view source, std::ptrdiff_t height,
                                           std::ptrdiff_t width) {
  return detail::resize_image("resize_bilinear", source, height, width, detail::bilinear_taps);
}

}  // namespace s2d::inline S2D_ABI
