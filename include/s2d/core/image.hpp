// Colour pictures: 8 bits a channel, red green blue interleaved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// A view of an interleaved RGB picture, sRGB values 0..255. Pixel (y, x) is the three bytes at
/// data + y * row_stride + 3 * x. The viewed memory must outlive the view.
struct image_view {
  const std::uint8_t* data = nullptr;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t row_stride = 0;  ///< bytes from one row to the next

  constexpr image_view() = default;
  /// @throws invalid_input if an extent is negative
  constexpr image_view(const std::uint8_t* first, std::ptrdiff_t rows, std::ptrdiff_t columns)
      : image_view(first, rows, columns, 3 * columns) {}
  constexpr image_view(const std::uint8_t* first, std::ptrdiff_t rows, std::ptrdiff_t columns,
                       std::ptrdiff_t bytes_per_row)
      : data{first}, height{rows}, width{columns}, row_stride{bytes_per_row} {
    require(rows >= 0 && columns >= 0, "image: extents are ", rows, " x ", columns,
            ", expected non-negative (height x width)");
  }

  [[nodiscard]] constexpr const std::uint8_t* row(std::ptrdiff_t y) const noexcept {
    return data + y * row_stride;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return height == 0 || width == 0; }
};

/// An owning RGB picture, rows without gaps, black unless written.
struct image {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::vector<std::uint8_t> values;  ///< [height * width * 3]

  image() = default;
  image(std::ptrdiff_t rows, std::ptrdiff_t columns) : height{rows}, width{columns} {
    values.resize(detail::element_count("image", rows, columns) * 3);
  }

  [[nodiscard]] std::uint8_t* row(std::ptrdiff_t y) noexcept {
    return values.data() + y * width * 3;
  }
  [[nodiscard]] const std::uint8_t* row(std::ptrdiff_t y) const noexcept {
    return values.data() + y * width * 3;
  }
  [[nodiscard]] bool empty() const noexcept { return values.empty(); }
  [[nodiscard]] image_view view() const noexcept { return {values.data(), height, width}; }
  operator image_view() const noexcept { return view(); }

  friend bool operator==(const image&, const image&) = default;
};

}  // namespace s2d::inline S2D_ABI
