// Values of a plane between its pixels, at points given in parts of its width and height.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>
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
  lane_integer<T> offset[capacity];
  T weight[4][capacity];  // upper left, upper right, lower left, lower right
  std::ptrdiff_t right = 0, down = 0;
  std::ptrdiff_t count = 0;

  template <class Pixel>
  void place(const plane_view<Pixel>& plane, const T* points, std::ptrdiff_t point_stride,
             std::ptrdiff_t axis_stride, std::ptrdiff_t n) noexcept {
    count = n;
    right = plane.width > 1 ? plane.column_stride : 0;
    down = plane.height > 1 ? plane.row_stride : 0;
    T x[capacity], y[capacity];
    if (point_stride == 2 && axis_stride == 1)
      for (std::ptrdiff_t p = 0; p < n; ++p) x[p] = points[2 * p], y[p] = points[2 * p + 1];
    else
      for (std::ptrdiff_t p = 0; p < n; ++p) {
        x[p] = points[p * point_stride];
        y[p] = points[p * point_stride + axis_stride];
      }
    constexpr std::ptrdiff_t lanes = lanes_of<T>;
    for (std::ptrdiff_t p = n; p % lanes != 0; ++p) x[p] = y[p] = 0;
    const axis across{plane.width, plane.column_stride}, along{plane.height, plane.row_stride};
    for (std::ptrdiff_t p = 0; p < n; p += lanes) {
      const auto column = across.place(load<lane_values<T>>(x + p)),
                 row = along.place(load<lane_values<T>>(y + p));
      const integers at = column.offset + row.offset;
      std::memcpy(offset + p, &at, sizeof at);
      store(weight[0] + p, row.near * column.near);
      store(weight[1] + p, row.near * column.far);
      store(weight[2] + p, row.far * column.near);
      store(weight[3] + p, row.far * column.far);
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

  void scatter(const T* added, T* data) const noexcept {
    if (data == nullptr) return;
    const std::ptrdiff_t across = right + down;
    for (std::ptrdiff_t p = 0; p < count; ++p) {
      T* to = data + offset[p];
      to[0] += weight[0][p] * added[p];
      to[right] += weight[1][p] * added[p];
      to[down] += weight[2][p] * added[p];
      to[across] += weight[3][p] * added[p];
    }
  }

 private:
  using values = lane_values<T>;
  using integers = lane_integers<T>;

  struct placed {
    integers offset;
    values near, far;  // weights of the pixel at offset and of the next one
  };

  /// One of the two axes.
  struct axis {
    T extent, last;  // the last pixel that has a next one
    T has_near, has_far;
    lane_integer<T> stride;

    axis(std::ptrdiff_t n, std::ptrdiff_t step)
        : extent{static_cast<T>(n)},
          last{n > 1 ? static_cast<T>(n - 2) : T{0}},
          has_near{n > 0 ? T{1} : T{0}},
          has_far{n > 1 ? T{1} : T{0}},
          stride{static_cast<lane_integer<T>>(step)} {}

    [[nodiscard]] placed place(const values& part) const noexcept {
      const values zero{};
      const values at = part * extent - T(0.5);
      const values inner = at > 0 ? (at < last ? at : zero + last) : zero;  // not a number: 0
      const auto whole = __builtin_convertvector(inner, integers);
      const values beyond = at - __builtin_convertvector(whole, values);
      return {whole * stride, hat(beyond) * has_near, hat(beyond - 1) * has_far};
    }
    // The linear hat, 0 for what is not a number.
    [[nodiscard]] static values hat(const values& distance) noexcept {
      const values weight_here = 1 - (distance < 0 ? -distance : distance);
      return weight_here > 0 ? weight_here : values{};
    }
  };
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
