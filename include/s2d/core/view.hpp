// Non-owning two-dimensional views: any element type, any strides.
#pragma once

#include <cstddef>
#include <type_traits>

#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {

/// A view of `height` x `width` elements. Element (y, x) lies at
/// data + y * row_stride + x * column_stride; strides count elements and may be negative.
/// Trivially copyable; the viewed memory must outlive the view.
template <class T>
struct plane_view {
  T* data = nullptr;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 1;

  constexpr plane_view() = default;

  /// Row-major without gaps, as NumPy's default order.
  /// @throws invalid_input if an extent is negative
  constexpr plane_view(T* first, std::ptrdiff_t rows, std::ptrdiff_t columns)
      : plane_view(first, rows, columns, columns, 1) {}

  /// Any strides, counted in elements.
  /// @throws invalid_input if an extent is negative
  constexpr plane_view(T* first, std::ptrdiff_t rows, std::ptrdiff_t columns,
                       std::ptrdiff_t row_step, std::ptrdiff_t column_step = 1)
      : data{first},
        height{rows},
        width{columns},
        row_stride{row_step},
        column_stride{column_step} {
    require(rows >= 0 && columns >= 0, "view: extents are ", rows, " x ", columns,
            ", expected non-negative (height x width)");
  }

  /// A view of mutable elements reads as a view of constant ones.
  template <class U>
  requires std::is_same_v<const U, T>
  constexpr plane_view(const plane_view<U>& other)
      : plane_view(other.data, other.height, other.width, other.row_stride, other.column_stride) {}

  /// Column-major without gaps, as COCO, MATLAB and NumPy's order "F".
  [[nodiscard]] static constexpr plane_view column_major(T* first, std::ptrdiff_t rows,
                                                         std::ptrdiff_t columns) {
    return {first, rows, columns, 1, rows};
  }

  [[nodiscard]] constexpr T& operator()(std::ptrdiff_t y, std::ptrdiff_t x) const noexcept {
    return data[y * row_stride + x * column_stride];
  }

  [[nodiscard]] constexpr T* row(std::ptrdiff_t y) const noexcept { return data + y * row_stride; }

  [[nodiscard]] constexpr std::ptrdiff_t size() const noexcept { return height * width; }
  [[nodiscard]] constexpr bool empty() const noexcept { return height == 0 || width == 0; }
};

/// A plane whose elements mean foreground where they differ from zero. The dense mask form.
template <class T>
struct mask_view : plane_view<T> {
  using plane_view<T>::plane_view;
  constexpr mask_view(const plane_view<T>& plane) : plane_view<T>(plane) {}
};

template <class T>
mask_view(T*, std::ptrdiff_t, std::ptrdiff_t) -> mask_view<T>;
template <class T>
mask_view(T*, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t) -> mask_view<T>;
template <class T>
mask_view(T*, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t) -> mask_view<T>;
template <class T>
mask_view(plane_view<T>) -> mask_view<T>;

namespace detail {

/// rows * columns, for arrays that `what` allocates: fewer than 2^59 elements, so that no size in
/// bytes overflows.
constexpr std::size_t element_count(const char* what, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  require(rows >= 0 && columns >= 0, what, ": extents are ", rows, " x ", columns,
          ", expected non-negative (height x width)");
  constexpr std::ptrdiff_t most = (std::ptrdiff_t{1} << 59) - 1;
  require(columns <= most / (rows > 0 ? rows : 1), what, ": extents are ", rows, " x ", columns,
          " (height x width), expected fewer than 2^59 elements");
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
}

/// Throws unless both have the same height and width; `what` names the call.
template <class A, class B>
constexpr void require_same_size(const char* what, const A& a, const B& b) {
  require(a.height == b.height && a.width == b.width, what, ": sizes differ, ", a.height, " x ",
          a.width, " and ", b.height, " x ", b.width, " (height x width)");
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
