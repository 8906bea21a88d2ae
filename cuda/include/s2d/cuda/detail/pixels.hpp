// The work per superpixel and per pixel of bringing values back to pixels.
#pragma once

#include <cstdint>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/slic_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/lab.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/single.hpp>
#include <s2d/cuda/detail/slic.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// What s2d::threshold_pixels makes of its options and of both sizes.
struct pixel_settings {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  float scale_y = 0;  // pixels of the picture to one of the superpixels
  float scale_x = 0;
  float color = 0;  // factors of squared distances
  float position = 0;
};

/// See s2d::detail::fast_exp.
S2D_HD inline single exponential(single x) {
  x = x < -87.0f ? single{-87.0f} : x;
  x = x > 88.0f ? single{88.0f} : x;
  const single shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to whole numbers
  const single whole = (x * 1.44269504f + shift) - shift;
  const single r = ((x - whole * 0.693359375f) + whole * 2.12194440e-4f) * 1.44269504f;
  single p = 1.54035304e-4f;
  p = p * r + 1.33335581e-3f;
  p = p * r + 9.61812911e-3f;
  p = p * r + 5.55041087e-2f;
  p = p * r + 2.40226507e-1f;
  p = p * r + 6.93147181e-1f;
  p = p * r + 1.0f;
  return p *
         float_of(static_cast<std::uint32_t>(static_cast<std::int32_t>(whole.value) + 127) << 23);
}

/// What pixels ask of a superpixel: colour, place in the picture, value; and the least and the
/// largest value around it, between which the means of the pixels of its cell lie.
struct alignas(16) valued_superpixel {
  float l, a, b, y, x, value, low, high;
};

struct value_superpixels {
  const superpixel_item* items;
  const float* values;
  pixel_settings set;
  valued_superpixel* out;

  S2D_HD void operator()(std::int64_t index) const {
    const quotient picture = divide(index, set.rows * set.columns);
    const quotient cell = divide(picture.rest, set.columns);
    const cell_window near{cell.whole, cell.rest, set.rows, set.columns};
    const float* const here = values + picture.whole * set.rows * set.columns;
    const superpixel_item& item = items[index];
    valued_superpixel mine{item.l,
                           item.a,
                           item.b,
                           in_picture(item.y, set.scale_y),
                           in_picture(item.x, set.scale_x),
                           values[index],
                           values[index],
                           values[index]};
    for (std::int64_t i = near.top; i <= near.bottom; ++i)
      for (std::int64_t j = near.left; j <= near.right; ++j) {
        const float value = here[i * set.columns + j];
        mine.low = value < mine.low ? value : mine.low;
        mine.high = value > mine.high ? value : mine.high;
      }
    out[index] = mine;
  }

 private:
  [[nodiscard]] S2D_HD static float in_picture(single at, single scale) {
    return ((at + 0.5f) * scale - 0.5f).value;
  }
};

/// Eight neighbouring pixels of the masks of some thresholds.
struct threshold_eight {
  static constexpr int most = 8;  // thresholds at once
  lab_source source;
  const valued_superpixel* cells;
  pixel_settings set;
  float thresholds[most];
  int count;           // of them
  std::int64_t first;  // mask of a picture that the first of them makes
  std::int64_t masks;  // of a picture
  std::uint8_t* out;   // bits_view as bytes

  S2D_HD void operator()(std::int64_t index) const {
    const std::int64_t height = source.in.r.height, width = source.in.r.width;
    const std::int64_t per_row = (width + 63) / 64 * 8;
    const quotient line = divide(index, per_row);
    const quotient place = divide(line.whole, height);
    const std::int64_t y = place.rest, begin = line.rest * 8;
    const std::int64_t end = begin + 8 < width ? begin + 8 : width;
    const cell_row row{cells + place.whole * set.rows * set.columns, cell_of(y, set.rows, height)};
    std::uint32_t bits[most] = {};
    std::uint32_t above = 0, open = 0;  // thresholds below all values around, and between them
    std::int64_t j = 0, next = begin;
    for (std::int64_t x = begin; x < end; ++x) {
      if (x == next) {
        j = cell_of(x, set.columns, width);
        next = first_of_cell(j + 1, set.columns, width);
        compare(row.cells[row.i * set.columns + j], above, open);
      }
      std::uint32_t here = above;
      if (open != 0) {
        const single mean = mean_of(place.whole, y, x, row, j);
        S2D_UNROLL
        for (int t = 0; t < most; ++t)
          if ((open >> t & 1) != 0 && mean > thresholds[t]) here |= 1u << t;
      }
      S2D_UNROLL
      for (int t = 0; t < most; ++t) bits[t] |= (here >> t & 1) << (x - begin);
    }
    std::uint8_t* const to =
        out + ((place.whole * masks + first) * height + y) * per_row + line.rest;
    S2D_UNROLL
    for (int t = 0; t < most; ++t)
      if (t < count) to[t * height * per_row] = static_cast<std::uint8_t>(bits[t]);
  }

 private:
  struct cell_row {
    const valued_superpixel* cells;  // of the picture
    std::int64_t i;
  };

  S2D_HD void compare(const valued_superpixel& cell, std::uint32_t& above,
                      std::uint32_t& open) const {
    above = open = 0;
    S2D_UNROLL
    for (int t = 0; t < most; ++t) {
      if (t >= count || !(cell.high > thresholds[t])) continue;
      if (cell.low > thresholds[t])
        above |= 1u << t;
      else
        open |= 1u << t;
    }
  }

  /// See s2d::interpolate_pixels.
  [[nodiscard]] S2D_HD single mean_of(std::int64_t picture, std::int64_t y, std::int64_t x,
                                      const cell_row& row, std::int64_t j) const {
    const lab_color pixel = source(picture, y, x);
    const single py = static_cast<float>(y), px = static_cast<float>(x);
    const cell_window near{row.i, j, set.rows, set.columns};
    single sum, weights;
    for (std::int64_t ci = near.top; ci <= near.bottom; ++ci)
      for (std::int64_t cj = near.left; cj <= near.right; ++cj) {
        const valued_superpixel& cell = row.cells[ci * set.columns + cj];
        const single dl = pixel.l - cell.l, da = pixel.a - cell.a, db = pixel.b - cell.b;
        const single dy = py - cell.y, dx = px - cell.x;
        const single weight = exponential((dl * dl + da * da + db * db) * set.color +
                                          (dy * dy + dx * dx) * set.position);
        sum = sum + weight * cell.value;
        weights = weights + weight;
      }
    return sum / weights;
  }
};

template <class Executor>
void threshold_pixels_on(const Executor& run, const rgb_batch& pictures, const light_table& table,
                         const superpixel_item* items, const float* values,
                         const pixel_settings& set, const float* thresholds, std::int64_t count,
                         const bits_view& out) {
  if (pictures.r.empty() || count == 0) return;
  const std::int64_t n = pictures.r.count * set.rows * set.columns;
  auto light = run.template allocate<float>(light_table::size);
  auto cells = run.template allocate<valued_superpixel>(n);
  run.for_each("threshold_pixels", light_table::size, write_light{table, light.data()});
  run.for_each("threshold_pixels", n, value_superpixels{items, values, set, cells.data()});
  for (std::int64_t first = 0; first < count; first += threshold_eight::most) {
    threshold_eight step{{pictures, light.data()},
                         cells.data(),
                         set,
                         {},
                         0,
                         first,
                         count,
                         reinterpret_cast<std::uint8_t*>(out.data)};
    while (step.count < threshold_eight::most && first + step.count < count) {
      step.thresholds[step.count] = thresholds[first + step.count];
      ++step.count;
    }
    run.for_each("threshold_pixels", out.size() / count * 8, step);
  }
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
