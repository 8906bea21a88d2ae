// The work per pixel and per superpixel of SLIC.
#pragma once

#include <cstdint>

#include <s2d/cuda/color_types.hpp>
#include <s2d/cuda/slic_types.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/single.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// What s2d::slic makes of its options and the size of a picture.
struct slic_settings {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  float position_weight = 0;
  int iterations = 0;
};

/// The grid cell of a pixel where `cells` cells share `extent` pixels, and the first pixel of one.
S2D_HD inline std::int64_t cell_of(std::int64_t pixel, std::int64_t cells, std::int64_t extent) {
  return divide(pixel * cells, extent).whole;
}
S2D_HD inline std::int64_t first_of_cell(std::int64_t cell, std::int64_t cells,
                                         std::int64_t extent) {
  return divide(cell * extent + cells - 1, cells).whole;
}

/// Cells of a rows x columns grid that are neighbours of one, in scan order, itself among them.
struct cell_window {
  std::int64_t top, bottom, left, right;  // bounds included

  S2D_HD cell_window(std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns)
      : top{i > 0 ? i - 1 : 0},
        bottom{i + 1 < rows ? i + 1 : i},
        left{j > 0 ? j - 1 : 0},
        right{j + 1 < columns ? j + 1 : j} {}
};

/// Superpixels start as the pixel in the middle of their cell.
struct place_centres {
  const_lab_batch in;
  slic_settings set;
  superpixel_item* items;

  S2D_HD void operator()(std::int64_t index) const {
    const quotient picture = divide(index, set.rows * set.columns);
    const quotient cell = divide(picture.rest, set.columns);
    const std::int64_t y = middle(cell.whole, set.rows, in.l.height);
    const std::int64_t x = middle(cell.rest, set.columns, in.l.width);
    items[index] = {in.l(picture.whole, y, x), in.a(picture.whole, y, x), in.b(picture.whole, y, x),
                    static_cast<float>(y),     static_cast<float>(x),     0};
  }

 private:
  [[nodiscard]] S2D_HD static std::int64_t middle(std::int64_t cell, std::int64_t cells,
                                                  std::int64_t extent) {
    return static_cast<std::int64_t>((static_cast<double>(cell) + 0.5) *
                                     static_cast<double>(extent) / static_cast<double>(cells));
  }
};

/// A pixel takes the nearest of the superpixels around its cell.
struct assign_pixels {
  const_lab_batch in;
  slic_settings set;
  const superpixel_item* items;
  std::int32_t* labels;

  S2D_HD void operator()(std::int64_t index) const {
    const quotient line = divide(index, in.l.width);
    const quotient place = divide(line.whole, in.l.height);
    const std::int64_t picture = place.whole, y = place.rest, x = line.rest;
    const std::int64_t i = cell_of(y, set.rows, in.l.height);
    const std::int64_t j = cell_of(x, set.columns, in.l.width);
    const cell_window near{i, j, set.rows, set.columns};
    const superpixel_item* const here = items + picture * set.rows * set.columns;
    const single l = in.l(picture, y, x), a = in.a(picture, y, x), b = in.b(picture, y, x);
    const single py = static_cast<float>(y), px = static_cast<float>(x);
    single best = 1e18f;
    std::int64_t chosen = i * set.columns + j;
    for (std::int64_t ci = near.top; ci <= near.bottom; ++ci)
      for (std::int64_t cj = near.left; cj <= near.right; ++cj) {
        const std::int64_t candidate = ci * set.columns + cj;
        const superpixel_item& centre = here[candidate];
        const single dl = l - centre.l, da = a - centre.a, db = b - centre.b;
        const single dy = py - centre.y, dx = px - centre.x;
        const single d =
            (dy * dy + dx * dx) * single{set.position_weight} + dl * dl + da * da + db * db;
        if (!(d < best)) continue;
        best = d;
        chosen = candidate;
      }
    labels[index] = static_cast<std::int32_t>(chosen);
  }
};

/// A superpixel becomes the mean of its pixels, which it finds in the cells around its own and adds
/// in the order of the core: cell by cell, each row by row.
struct gather_means {
  const_lab_batch in;
  slic_settings set;
  const std::int32_t* labels;
  superpixel_item* items;

  S2D_HD void operator()(std::int64_t index) const {
    const std::int64_t height = in.l.height, width = in.l.width;
    const quotient picture = divide(index, set.rows * set.columns);
    const quotient cell = divide(picture.rest, set.columns);
    const cell_window near{cell.whole, cell.rest, set.rows, set.columns};
    const std::int32_t* const here = labels + picture.whole * height * width;
    const auto wanted = static_cast<std::int32_t>(picture.rest);
    single l, a, b, sum_y, sum_x;
    std::int32_t count = 0;
    for (std::int64_t ci = near.top; ci <= near.bottom; ++ci) {
      const std::int64_t y0 = first_of_cell(ci, set.rows, height);
      const std::int64_t y1 = first_of_cell(ci + 1, set.rows, height);
      for (std::int64_t cj = near.left; cj <= near.right; ++cj) {
        const std::int64_t x0 = first_of_cell(cj, set.columns, width);
        const std::int64_t x1 = first_of_cell(cj + 1, set.columns, width);
        for (std::int64_t y = y0; y < y1; ++y)
          for (std::int64_t x = x0; x < x1; ++x) {
            if (here[y * width + x] != wanted) continue;
            l = l + in.l(picture.whole, y, x);
            a = a + in.a(picture.whole, y, x);
            b = b + in.b(picture.whole, y, x);
            sum_y = sum_y + static_cast<float>(y);
            sum_x = sum_x + static_cast<float>(x);
            ++count;
          }
      }
    }
    superpixel_item& item = items[index];
    item.count = count;
    if (count == 0) return;
    const single pixels = static_cast<float>(count);
    item.l = (l / pixels).value;
    item.a = (a / pixels).value;
    item.b = (b / pixels).value;
    item.y = (sum_y / pixels).value;
    item.x = (sum_x / pixels).value;
  }
};

template <template <class> class Buffer, class Executor>
basic_superpixel_batch<Buffer> slic_on(const Executor& run, const const_lab_batch& in,
                                       const slic_settings& set) {
  basic_superpixel_batch<Buffer> out;
  out.count = in.l.count;
  out.height = in.l.height;
  out.width = in.l.width;
  out.rows = set.rows;
  out.columns = set.columns;
  out.labels = run.template allocate<std::int32_t>(in.l.size());
  out.items = run.template allocate<superpixel_item>(out.count * out.size());
  std::int32_t* const labels = out.labels.data();
  superpixel_item* const items = out.items.data();
  run.for_each("slic", out.items.size(), place_centres{in, set, items});
  for (int iteration = 0; iteration < set.iterations; ++iteration) {
    run.for_each("slic", out.labels.size(), assign_pixels{in, set, items, labels});
    run.for_each("slic", out.items.size(), gather_means{in, set, labels, items});
  }
  return out;
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
