// Superpixels on a grid (SLIC), without a connectivity step.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/core/lab.hpp>
#include <s2d/segment/options.hpp>

namespace s2d::inline S2D_ABI {

/// A grid of rows x columns superpixels; superpixel k = i * columns + j grew from grid cell (i, j)
/// and stays within its 3x3 neighbourhood, so grid neighbours are neighbours in the picture.
struct superpixels {
  std::ptrdiff_t rows = 0;
  std::ptrdiff_t columns = 0;
  matrix<std::int32_t> labels;      ///< [height, width] superpixel of every pixel
  std::vector<std::int32_t> count;  ///< [rows * columns] pixels; may be 0
  std::vector<point> centre;        ///< [rows * columns] mean position, of empty ones the last
  std::vector<float> l;             ///< [rows * columns] mean colour, of empty ones the last
  std::vector<float> a;
  std::vector<float> b;

  [[nodiscard]] std::ptrdiff_t size() const noexcept { return rows * columns; }
};

/// Cells of the given side that cover `extent` pixels: ceil(extent / cell).
[[nodiscard]] constexpr std::ptrdiff_t grid_cells(std::ptrdiff_t extent,
                                                  std::ptrdiff_t cell) noexcept {
  return (extent + cell - 1) / cell;
}

namespace detail {

/// First pixel of grid cell i where `cells` cells share `extent` pixels: pixel p lies in cell
/// floor(p * cells / extent).
[[nodiscard]] constexpr std::ptrdiff_t cell_begin(std::ptrdiff_t i, std::ptrdiff_t cells,
                                                  std::ptrdiff_t extent) noexcept {
  return (i * extent + cells - 1) / cells;
}

/// The pixels of a picture sorted by grid cell, so that one cell is one run of contiguous floats.
/// Runs are padded to whole blocks of 16 with copies of the cell's first pixel.
struct cell_major_pixels {
  static constexpr std::ptrdiff_t block = 16;
  std::vector<std::ptrdiff_t> begin;  // [cells + 1] first element of each cell
  std::vector<float> l, a, b, y, x;

  cell_major_pixels(const lab_image& picture, std::ptrdiff_t rows, std::ptrdiff_t columns) {
    const std::ptrdiff_t height = picture.height();
    const std::ptrdiff_t width = picture.width();
    begin.reserve(static_cast<std::size_t>(rows * columns + 1));
    const std::size_t room = static_cast<std::size_t>(height * width + rows * columns * block);
    for (std::vector<float>* plane : {&l, &a, &b, &y, &x}) plane->reserve(room);
    begin.push_back(0);
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      const std::ptrdiff_t y0 = cell_begin(i, rows, height);
      const std::ptrdiff_t y1 = cell_begin(i + 1, rows, height);
      for (std::ptrdiff_t j = 0; j < columns; ++j) {
        const std::ptrdiff_t x0 = cell_begin(j, columns, width);
        const std::ptrdiff_t x1 = cell_begin(j + 1, columns, width);
        const auto first = static_cast<std::size_t>(begin.back());
        for (std::ptrdiff_t py = y0; py < y1; ++py) {
          l.insert(l.end(), picture.l.row(py) + x0, picture.l.row(py) + x1);
          a.insert(a.end(), picture.a.row(py) + x0, picture.a.row(py) + x1);
          b.insert(b.end(), picture.b.row(py) + x0, picture.b.row(py) + x1);
          for (std::ptrdiff_t px = x0; px < x1; ++px) {
            y.push_back(static_cast<float>(py));
            x.push_back(static_cast<float>(px));
          }
        }
        const std::size_t padded = (l.size() + block - 1) / block * block;
        for (std::vector<float>* plane : {&l, &a, &b, &y, &x})
          plane->resize(padded, (*plane)[first]);
        begin.push_back(static_cast<std::ptrdiff_t>(padded));
      }
    }
  }
};

/// Sums of one superpixel, padded to eight floats so that adding a pixel is one vector addition.
struct superpixel_sum {
  float v[8] = {};  // l, a, b, y, x, count, -, -
};

/// For n pixels (a multiple of 16) the nearest of up to nine centres, the first of equal ones;
/// `own` where all are farther than 1e9.
struct slic_choice {
  float position_weight;
  std::ptrdiff_t own;
  std::ptrdiff_t count = 0;
  std::array<std::int32_t, 9> names{};
  std::array<superpixel_sum, 9> centres{};

  void add(std::ptrdiff_t name, const superpixel_sum& centre) noexcept {
    names[static_cast<std::size_t>(count)] = static_cast<std::int32_t>(name);
    centres[static_cast<std::size_t>(count++)] = centre;
  }

  void operator()(std::ptrdiff_t n, const float* l, const float* a, const float* b, const float* y,
                  const float* x, std::int32_t* chosen) const noexcept {
    using name_lanes = integers<lane_count>;
    for (std::ptrdiff_t p = 0; p < n; p += lane_count) {
      const auto pl = load<float_lanes>(l + p);
      const auto pa = load<float_lanes>(a + p);
      const auto pb = load<float_lanes>(b + p);
      const auto py = load<float_lanes>(y + p);
      const auto px = load<float_lanes>(x + p);
      float_lanes best = float_lanes{} + 1e18F;
      name_lanes name = name_lanes{} + static_cast<std::int32_t>(own);
      for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
        const float* c = centres[k].v;
        const float_lanes dl = pl - c[0];
        const float_lanes da = pa - c[1];
        const float_lanes db = pb - c[2];
        const float_lanes dy = py - c[3];
        const float_lanes dx = px - c[4];
        const float_lanes d = (dy * dy + dx * dx) * position_weight + dl * dl + da * da + db * db;
        const name_lanes nearer = d < best;
        name = nearer ? name_lanes{} + names[k] : name;
        best = nearer ? d : best;
      }
      store(chosen + p, name);
    }
  }
};

inline superpixels grow_superpixels(const lab_image& picture, const slic_options& options) {
  const std::ptrdiff_t height = picture.height();
  const std::ptrdiff_t width = picture.width();
  superpixels result;
  result.rows = grid_cells(height, options.cell);
  result.columns = grid_cells(width, options.cell);
  const std::ptrdiff_t rows = result.rows;
  const std::ptrdiff_t columns = result.columns;
  const auto n = static_cast<std::size_t>(rows * columns);
  result.labels = matrix<std::int32_t>(height, width);

  const cell_major_pixels pixels(picture, rows, columns);
  std::vector<superpixel_sum> centres(n);
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    const auto y = static_cast<std::ptrdiff_t>(
        (static_cast<double>(i) + 0.5) * static_cast<double>(height) / static_cast<double>(rows));
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      const auto x =
          static_cast<std::ptrdiff_t>((static_cast<double>(j) + 0.5) * static_cast<double>(width) /
                                      static_cast<double>(columns));
      centres[static_cast<std::size_t>(i * columns + j)] = {{picture.l(y, x), picture.a(y, x),
                                                             picture.b(y, x), static_cast<float>(y),
                                                             static_cast<float>(x), 0, 0, 0}};
    }
  }

  const float side = static_cast<float>(options.cell);
  const float position_weight = options.compactness * options.compactness / (side * side);
  std::vector<superpixel_sum> sums(n);
  std::vector<std::int32_t> chosen;
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    const bool last = iteration + 1 == options.iterations;
    sums.assign(n, {});
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      for (std::ptrdiff_t j = 0; j < columns; ++j) {
        const std::ptrdiff_t cell = i * columns + j;
        const std::ptrdiff_t first = pixels.begin[static_cast<std::size_t>(cell)];
        const std::ptrdiff_t padded = pixels.begin[static_cast<std::size_t>(cell) + 1] - first;
        chosen.resize(static_cast<std::size_t>(padded));
        slic_choice choose{position_weight, cell};
        for (std::ptrdiff_t ci = i > 0 ? i - 1 : 0; ci <= i + 1 && ci < rows; ++ci)
          for (std::ptrdiff_t cj = j > 0 ? j - 1 : 0; cj <= j + 1 && cj < columns; ++cj)
            choose.add(ci * columns + cj, centres[static_cast<std::size_t>(ci * columns + cj)]);
        choose(padded, pixels.l.data() + first, pixels.a.data() + first, pixels.b.data() + first,
               pixels.y.data() + first, pixels.x.data() + first, chosen.data());
        const std::ptrdiff_t y0 = cell_begin(i, rows, height);
        const std::ptrdiff_t y1 = cell_begin(i + 1, rows, height);
        const std::ptrdiff_t x0 = cell_begin(j, columns, width);
        const std::ptrdiff_t x1 = cell_begin(j + 1, columns, width);
        const std::ptrdiff_t count = (y1 - y0) * (x1 - x0);
        for (std::ptrdiff_t p = 0; p < count; ++p) {
          const auto at = static_cast<std::size_t>(first + p);
          const float pixel[8] = {
              pixels.l[at], pixels.a[at], pixels.b[at], pixels.y[at], pixels.x[at], 1, 0, 0};
          float* sum = sums[static_cast<std::size_t>(chosen[static_cast<std::size_t>(p)])].v;
          for (int q = 0; q < 8; ++q) sum[q] += pixel[q];
        }
        if (last)
          for (std::ptrdiff_t y = y0; y < y1; ++y)
            for (std::ptrdiff_t x = x0; x < x1; ++x)
              result.labels(y, x) = chosen[static_cast<std::size_t>((y - y0) * (x1 - x0) + x - x0)];
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      const float count = sums[k].v[5];
      if (count > 0)
        for (int q = 0; q < 5; ++q) centres[k].v[q] = sums[k].v[q] / count;
      centres[k].v[5] = count;
    }
  }

  result.count.resize(n);
  result.centre.resize(n);
  for (std::vector<float>* plane : {&result.l, &result.a, &result.b}) plane->resize(n);
  for (std::size_t k = 0; k < n; ++k) {
    const float* c = centres[k].v;
    result.l[k] = c[0];
    result.a[k] = c[1];
    result.b[k] = c[2];
    result.centre[k] = {c[4], c[3]};
    result.count[k] = static_cast<std::int32_t>(c[5]);
  }
  return result;
}

inline void check_slic(const char* what, const slic_options& options) {
  require(options.cell >= 1 && options.cell <= 1024, what, ": cell is ", options.cell,
          ", expected 1..1024");
  require(std::isfinite(options.compactness) && options.compactness >= 0, what, ": compactness is ",
          options.compactness, ", expected >= 0");
  require(options.iterations > 0, what, ": iterations is ", options.iterations, ", expected > 0");
}

}  // namespace detail

/// Superpixels of a picture: k-means on colour and position, started in the middle of grid cells.
/// A pixel joins, of the 3x3 superpixels around its own grid cell, the one with the least
/// |colour difference|^2 + (compactness / cell)^2 |position difference|^2; then centres become
/// means. Superpixels are not forced to be connected.
///
/// @param picture  [height, width] CIE Lab, finite
/// @return ceil(height / cell) x ceil(width / cell) superpixels
/// @throws invalid_input if an option is out of range
/// Sums are of single precision: with cells of some hundred pixels a side means lose digits.
/// Ties: the first of the 3x3 in scan order. Complexity: O(9 * iterations * pixels).
/// Source: Achanta et al. 2012, with the 3x3 window of gSLIC (Ren and Reid 2011).
[[nodiscard]] inline superpixels slic(const lab_image& picture, const slic_options& options = {}) {
  detail::check_slic("slic", options);
  detail::require_same_size("slic", picture.l, picture.a);
  detail::require_same_size("slic", picture.l, picture.b);
  return detail::grow_superpixels(picture, options);
}

}  // namespace s2d::inline S2D_ABI
