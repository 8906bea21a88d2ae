// An owning, dense, row-major two-dimensional array.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// `height` x `width` values, row-major without gaps, zero unless a value is given.
/// A regular value type: gray pictures, cost tables, planes of a flow field.
template <class T>
struct matrix {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::vector<T> values;  ///< [height * width]

  matrix() = default;
  matrix(std::ptrdiff_t rows, std::ptrdiff_t columns, T value = T{})
      : height{rows}, width{columns} {
    values.assign(detail::element_count("matrix", rows, columns), value);
  }

  [[nodiscard]] T& operator()(std::ptrdiff_t y, std::ptrdiff_t x) noexcept {
    return values[static_cast<std::size_t>(y * width + x)];
  }
  [[nodiscard]] const T& operator()(std::ptrdiff_t y, std::ptrdiff_t x) const noexcept {
    return values[static_cast<std::size_t>(y * width + x)];
  }
  [[nodiscard]] T* row(std::ptrdiff_t y) noexcept { return values.data() + y * width; }
  [[nodiscard]] const T* row(std::ptrdiff_t y) const noexcept { return values.data() + y * width; }
  [[nodiscard]] T* data() noexcept { return values.data(); }
  [[nodiscard]] const T* data() const noexcept { return values.data(); }
  [[nodiscard]] bool empty() const noexcept { return values.empty(); }

  [[nodiscard]] plane_view<T> view() noexcept { return {values.data(), height, width}; }
  [[nodiscard]] plane_view<const T> view() const noexcept { return {values.data(), height, width}; }
  operator plane_view<T>() noexcept { return view(); }
  operator plane_view<const T>() const noexcept { return view(); }

  friend bool operator==(const matrix&, const matrix&) = default;
};

}  // namespace s2d::inline S2D_ABI
