// Values of a plane between its pixels, at points given in parts of its width and height.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/fast_math.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// What a pixel counts: numbers as they are, whole numbers (masks) 1 where they are not zero.
template <class T, class Pixel>
[[nodiscard]] constexpr T pixel_value(Pixel pixel) noexcept {
  if constexpr (std::floating_point<Pixel>)
    return static_cast<T>(pixel);
  else
    return pixel != Pixel{} ? T{1} : T{0};
}

/// Where the points of one block lie in planes of one size and layout: the offset of the upper left
/// of four pixels, and their weights. Pixels outside weigh nothing.
template <class T>
struct point_taps {
  static constexpr std::ptrdiff_t capacity = 512;
  std::int32_t offset[capacity];
  T weight[4][capacity];  // upper left, upper right, lower left, lower right
  std::ptrdiff_t right = 0, down = 0;
  std::ptrdiff_t count = 0;

  template <class Pixel>
  void place(const plane_view<Pixel>& plane, const T* points, std::ptrdiff_t point_stride,
             std::ptrdiff_t axis_stride, std::ptrdiff_t n) noexcept {
    count = n;
    const bool any = !plane.empty();
    const T width = static_cast<T>(plane.width), height = static_cast<T>(plane.height);
    const T last_x = plane.width > 1 ? width - 2 : T{0};
    const T last_y = plane.height > 1 ? height - 2 : T{0};
    const T has_right = plane.width > 1 ? T{1} : T{0};
    const T has_down = plane.height > 1 ? T{1} : T{0};
    const T has_pixels = any ? T{1} : T{0};
    right = plane.width > 1 ? plane.column_stride : 0;
    down = plane.height > 1 ? plane.row_stride : 0;
    const auto row_step = static_cast<std::int32_t>(plane.row_stride);
    const auto column_step = static_cast<std::int32_t>(plane.column_stride);
    S2D_INDEPENDENT
    for (std::ptrdiff_t p = 0; p < n; ++p) {
      const T x = points[p * point_stride] * width - T(0.5);
      const T y = points[p * point_stride + axis_stride] * height - T(0.5);
      const T inner_x = x > 0 ? (x < last_x ? x : last_x) : T{0};  // not a number: 0
      const T inner_y = y > 0 ? (y < last_y ? y : last_y) : T{0};
      const auto column = static_cast<std::int32_t>(inner_x);
      const auto row = static_cast<std::int32_t>(inner_y);
      offset[p] = row * row_step + column * column_step;
      const T from_left = x - static_cast<T>(column), from_top = y - static_cast<T>(row);
      const T left_weight = hat(from_left) * has_pixels;
      const T right_weight = hat(from_left - 1) * has_right;
      const T upper = hat(from_top), lower = hat(from_top - 1) * has_down;
      weight[0][p] = upper * left_weight;
      weight[1][p] = upper * right_weight;
      weight[2][p] = lower * left_weight;
      weight[3][p] = lower * right_weight;
    }
  }

  template <class Pixel>
  void gather(const Pixel* data, T* out) const noexcept {
    if (data == nullptr) {
      for (std::ptrdiff_t p = 0; p < count; ++p) out[p] = 0;
      return;
    }
    const std::ptrdiff_t across = right + down, r = right, d = down;
    S2D_INDEPENDENT
    for (std::ptrdiff_t p = 0; p < count; ++p) {
      const std::ptrdiff_t at = offset[p];
      out[p] =
          (weight[0][p] * pixel_value<T>(data[at]) + weight[1][p] * pixel_value<T>(data[at + r])) +
          (weight[2][p] * pixel_value<T>(data[at + d]) +
           weight[3][p] * pixel_value<T>(data[at + across]));
    }
  }

  void scatter(const T* values, T* data) const noexcept {
    if (data == nullptr) return;
    const std::ptrdiff_t across = right + down;
    for (std::ptrdiff_t p = 0; p < count; ++p) {
      T* to = data + offset[p];
      to[0] += weight[0][p] * values[p];
      to[right] += weight[1][p] * values[p];
      to[down] += weight[2][p] * values[p];
      to[across] += weight[3][p] * values[p];
    }
  }

 private:
  // The linear hat, 0 for what is not a number.
  [[nodiscard]] static T hat(T distance) noexcept {
    const T weight_here = 1 - (distance < 0 ? -distance : distance);
    return weight_here > 0 ? weight_here : T{0};
  }
};

template <class Pixel>
void require_samplable(const char* what, const plane_view<Pixel>& plane) {
  constexpr std::ptrdiff_t longest = std::ptrdiff_t{1} << 24;
  require(plane.height <= longest && plane.width <= longest, what, ": a plane of ", plane.height,
          " x ", plane.width, ", expected at most ", longest, " a side");
  const auto reach = [](std::ptrdiff_t extent, std::ptrdiff_t stride) {
    return extent > 0 ? (extent - 1) * (stride < 0 ? -stride : stride) : 0;
  };
  require(reach(plane.height, plane.row_stride) + reach(plane.width, plane.column_stride) <=
              (std::numeric_limits<std::int32_t>::max)(),
          what, ": a plane of ", plane.height, " x ", plane.width, " with strides ",
          plane.row_stride, " and ", plane.column_stride, ", expected to span less than 2^31");
}

template <class T>
void require_points(const char* what, const plane_view<const T>& points, std::size_t values) {
  require(points.width == 2, what, ": points are [", points.height, ", ", points.width,
          "], expected [p, 2] (x, y)");
  require(points.height == static_cast<std::ptrdiff_t>(values), what, ": ", points.height,
          " points, but ", values, " values");
}

/// Calls use(block of taps, index of its first point) for all points, a block at a time.
template <class T, class Pixel, class Use>
void for_point_blocks(const plane_view<Pixel>& plane, const plane_view<const T>& points,
                      const Use& use) {
  point_taps<T> taps;
  for (std::ptrdiff_t p = 0; p < points.height; p += point_taps<T>::capacity) {
    const std::ptrdiff_t left = points.height - p;
    taps.place(plane, points.row(p), points.row_stride, points.column_stride,
               left < point_taps<T>::capacity ? left : point_taps<T>::capacity);
    use(taps, p);
  }
}

template <class Pixel>
[[nodiscard]] Pixel* data_or_null(const plane_view<Pixel>& plane) noexcept {
  return plane.empty() ? nullptr : plane.data;
}

}  // namespace detail

/// The plane at each point, bilinear: what PyTorch's grid_sample(2 * points - 1,
/// align_corners = false, padding_mode = "zeros") gives.
///
/// Pixel (row, column) of [h, w] has its centre at x = (column + 0.5) / w, y = (row + 0.5) / h;
/// outside the plane lies 0. A coordinate that is not a number lies outside.
///
/// @param plane   [h, w] any strides; floating-point values are taken as they are and should be
///                finite, whole numbers and bools are masks: 1 where not zero
/// @param points  [p, 2] x and y, 0 to 1 inside the plane
/// @param out     [p]
/// @throws invalid_input if extents do not fit or the plane spans 2^31 elements or more
/// Complexity: O(p) time, no memory.
template <std::floating_point T, class Pixel>
void point_sample(plane_view<Pixel> plane, std::type_identity_t<plane_view<const T>> points,
                  std::span<T> out) {
  detail::require_samplable("point_sample", plane);
  detail::require_points("point_sample", points, out.size());
  detail::for_point_blocks<T>(plane, points, [&](const auto& taps, std::ptrdiff_t first) {
    taps.gather(detail::data_or_null(plane), out.data() + first);
  });
}

/// The way back: adds to `gradient` what values at points change in each pixel.
///
/// @param value_gradient  [p] derivative of some scalar by each sampled value
/// @param points          [p, 2] as for point_sample
/// @param gradient        [h, w] receives, is not cleared; points add in their order
/// @throws invalid_input as point_sample
template <std::floating_point T>
void point_sample_gradient(std::span<const T> value_gradient,
                           std::type_identity_t<plane_view<const T>> points,
                           std::type_identity_t<plane_view<T>> gradient) {
  detail::require_samplable("point_sample_gradient", gradient);
  detail::require_points("point_sample_gradient", points, value_gradient.size());
  detail::for_point_blocks<T>(gradient, points, [&](const auto& taps, std::ptrdiff_t first) {
    taps.scatter(value_gradient.data() + first, detail::data_or_null(gradient));
  });
}

}  // namespace s2d::inline S2D_ABI
