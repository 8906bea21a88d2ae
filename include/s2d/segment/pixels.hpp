// From values of superpixels to values of pixels: soft interpolation by colour and position.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/fast_math.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/lab.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/segment/options.hpp>
#include <s2d/segment/slic.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Weighted means for the pixels of one grid cell after the other.
class pixel_interpolator {
 public:
  pixel_interpolator(image_view picture, const superpixels& grid, const pixel_options& options)
      : picture_{picture}, grid_{grid} {
    const float sy = static_cast<float>(picture.height) / static_cast<float>(grid.labels.height);
    const float sx = static_cast<float>(picture.width) / static_cast<float>(grid.labels.width);
    const float spread = options.position_sigma * sx;
    color_ = -0.5F / (options.color_sigma * options.color_sigma);
    position_ = -0.5F / (spread * spread);
    centre_.reserve(grid.centre.size());
    for (const point& p : grid.centre)
      centre_.push_back({(p.x + 0.5F) * sx - 0.5F, (p.y + 0.5F) * sy - 0.5F});
  }

  [[nodiscard]] std::ptrdiff_t top(std::ptrdiff_t i) const noexcept {
    return cell_begin(i, grid_.rows, picture_.height);
  }
  [[nodiscard]] std::ptrdiff_t left(std::ptrdiff_t j) const noexcept {
    return cell_begin(j, grid_.columns, picture_.width);
  }

  /// Calls visit(k) for the up to nine superpixels around cell (i, j) in scan order.
  template <class Visit>
  void around(std::ptrdiff_t i, std::ptrdiff_t j, const Visit& visit) const {
    for (std::ptrdiff_t y = i > 0 ? i - 1 : 0; y <= i + 1 && y < grid_.rows; ++y)
      for (std::ptrdiff_t x = j > 0 ? j - 1 : 0; x <= j + 1 && x < grid_.columns; ++x)
        visit(static_cast<std::size_t>(y * grid_.columns + x));
  }

  /// The means of the pixels of cell (i, j), row by row without gaps.
  const float* cell(std::ptrdiff_t i, std::ptrdiff_t j, std::span<const float> values) {
    const std::ptrdiff_t y0 = top(i);
    const std::ptrdiff_t y1 = top(i + 1);
    const std::ptrdiff_t x0 = left(j);
    const std::ptrdiff_t x1 = left(j + 1);
    const std::ptrdiff_t width = x1 - x0;
    const std::ptrdiff_t n = width * (y1 - y0);
    const std::ptrdiff_t padded = (n + 15) / 16 * 16;
    for (std::vector<float>* plane : {&l_, &a_, &b_, &y_, &x_, &sum_, &weight_})
      plane->resize(static_cast<std::size_t>(padded));
    const float* linear = srgb_to_linear().data();
    for (std::ptrdiff_t y = y0; y < y1; ++y) {
      const std::uint8_t* rgb = picture_.row(y) + 3 * x0;
      const auto first = static_cast<std::size_t>((y - y0) * width);
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        const std::size_t p = first + static_cast<std::size_t>(x);
        l_[p] = linear[rgb[3 * x]];
        a_[p] = linear[rgb[3 * x + 1]];
        b_[p] = linear[rgb[3 * x + 2]];
        y_[p] = static_cast<float>(y);
        x_[p] = static_cast<float>(x0 + x);
      }
    }
    for (auto p = static_cast<std::size_t>(n); p < static_cast<std::size_t>(padded); ++p)
      l_[p] = a_[p] = b_[p] = y_[p] = x_[p] = 0;
    linear_to_lab(padded, l_.data(), a_.data(), b_.data());
    sum_.assign(static_cast<std::size_t>(padded), 0);
    weight_.assign(static_cast<std::size_t>(padded), 0.0F);
    around(i, j, [&](std::size_t k) { add(k, values[k], padded); });
    for (std::size_t p = 0; p < static_cast<std::size_t>(padded); ++p) sum_[p] /= weight_[p];
    return sum_.data();
  }

 private:
  // n: a multiple of 16.
  void add(std::size_t k, float value, std::ptrdiff_t n) noexcept {
    const float* l = l_.data();
    const float* a = a_.data();
    const float* b = b_.data();
    const float* y = y_.data();
    const float* x = x_.data();
    float* sum = sum_.data();
    float* weight = weight_.data();
    const float cl = grid_.l[k];
    const float ca = grid_.a[k];
    const float cb = grid_.b[k];
    const point centre = centre_[k];
    const float color = color_;
    const float position = position_;
    for (std::ptrdiff_t p = 0; p < n; p += lane_count) {
      const float_lanes dl = load<float_lanes>(l + p) - cl;
      const float_lanes da = load<float_lanes>(a + p) - ca;
      const float_lanes db = load<float_lanes>(b + p) - cb;
      const float_lanes dy = load<float_lanes>(y + p) - centre.y;
      const float_lanes dx = load<float_lanes>(x + p) - centre.x;
      const float_lanes w =
          fast_exp((dl * dl + da * da + db * db) * color + (dy * dy + dx * dx) * position);
      store(sum + p, load<float_lanes>(sum + p) + w * value);
      store(weight + p, load<float_lanes>(weight + p) + w);
    }
  }

  image_view picture_;
  const superpixels& grid_;
  float color_ = 0;
  float position_ = 0;
  std::vector<point> centre_;  // in pixels of the picture
  std::vector<float> l_, a_, b_, y_, x_, sum_, weight_;
};

inline void check_pixel_options(const char* what, const pixel_options& options) {
  require(options.color_sigma > 0 && options.position_sigma > 0, what, ": color_sigma is ",
          options.color_sigma, ", position_sigma ", options.position_sigma, "; expected > 0");
}

inline void check_pixels(const char* what, image_view picture, const superpixels& grid,
                         std::span<const float> values, const pixel_options& options) {
  const auto n = static_cast<std::size_t>(grid.size());
  require(values.size() == n && grid.centre.size() == n && grid.l.size() == n &&
              grid.a.size() == n && grid.b.size() == n,
          what, ": ", values.size(), " values for ", grid.rows, " x ", grid.columns,
          " superpixels");
  check_pixel_options(what, options);
  require(picture.empty() || n > 0, what, ": a picture of ", picture.height, " x ", picture.width,
          " and no superpixels");
}

}  // namespace detail

/// For every pixel the mean of the values of the 3x3 superpixels around its grid cell, weighted by
/// exp(-|colour difference|^2 / (2 color_sigma^2) - |distance|^2 / (2 position_sigma^2)). The
/// picture may be larger than the one that the superpixels were made of; centres are scaled by the
/// half-pixel rule, position_sigma by the ratio of the widths.
///
/// @param picture  [h, w] sRGB
/// @param grid     superpixels of the same scene, at any size
/// @param values   [superpixels]
/// @return [h, w] values between the least and the largest of the nine
/// @throws invalid_input if sizes do not fit or a sigma is not positive
/// Complexity: O(9 pixels), vectorised.
[[nodiscard]] inline matrix<float> interpolate_pixels(image_view picture, const superpixels& grid,
                                                      std::span<const float> values,
                                                      const pixel_options& options = {}) {
  detail::check_pixels("interpolate_pixels", picture, grid, values, options);
  matrix<float> result(picture.height, picture.width);
  if (picture.empty()) return result;
  detail::pixel_interpolator pixels(picture, grid, options);
  for (std::ptrdiff_t i = 0; i < grid.rows; ++i)
    for (std::ptrdiff_t j = 0; j < grid.columns; ++j) {
      const float* mean = pixels.cell(i, j, values);
      const std::ptrdiff_t x0 = pixels.left(j);
      const std::ptrdiff_t width = pixels.left(j + 1) - x0;
      for (std::ptrdiff_t y = pixels.top(i); y < pixels.top(i + 1); ++y, mean += width)
        for (std::ptrdiff_t x = 0; x < width; ++x) result(y, x0 + x) = mean[x];
    }
  return result;
}

/// The masks {pixel : interpolate_pixels(...) > threshold} for several thresholds. Means lie
/// between the values they are made of, so cells whose nine values lie on one side of every
/// threshold are filled without looking at their pixels.
///
/// @param thresholds  [m]
/// @return [m] masks of the size of the picture
/// @throws invalid_input as interpolate_pixels
/// Complexity: O(9 pixels) for pixels of cells at a boundary, O(pixels / 64) for all others.
[[nodiscard]] inline std::vector<bit_mask> threshold_pixels(image_view picture,
                                                            const superpixels& grid,
                                                            std::span<const float> values,
                                                            std::span<const float> thresholds,
                                                            const pixel_options& options = {}) {
  detail::check_pixels("threshold_pixels", picture, grid, values, options);
  const std::size_t m = thresholds.size();
  std::vector<bit_mask> masks(m, bit_mask(picture.height, picture.width));
  if (picture.empty() || m == 0) return masks;
  detail::pixel_interpolator pixels(picture, grid, options);
  std::vector<std::uint8_t> flags;  // [m, pixel rows of one row of cells, width]
  for (std::ptrdiff_t i = 0; i < grid.rows; ++i) {
    const std::ptrdiff_t y0 = pixels.top(i);
    const std::ptrdiff_t height = pixels.top(i + 1) - y0;
    const auto plane = static_cast<std::size_t>(height * picture.width);
    flags.assign(m * plane, 0);
    for (std::ptrdiff_t j = 0; j < grid.columns; ++j) {
      const std::ptrdiff_t x0 = pixels.left(j);
      const std::ptrdiff_t width = pixels.left(j + 1) - x0;
      float low = values[static_cast<std::size_t>(i * grid.columns + j)];
      float high = low;
      pixels.around(i, j, [&](std::size_t k) {
        low = values[k] < low ? values[k] : low;
        high = values[k] > high ? values[k] : high;
      });
      const float* mean = nullptr;
      for (std::size_t t = 0; t < m; ++t) {
        if (!(high > thresholds[t])) continue;
        const bool decided = low > thresholds[t];
        if (!decided && mean == nullptr) mean = pixels.cell(i, j, values);
        for (std::ptrdiff_t y = 0; y < height; ++y) {
          std::uint8_t* row =
              flags.data() + t * plane + static_cast<std::size_t>(y * picture.width + x0);
          for (std::ptrdiff_t x = 0; x < width; ++x)
            row[x] = decided || mean[y * width + x] > thresholds[t];
        }
      }
    }
    for (std::size_t t = 0; t < m; ++t)
      for (std::ptrdiff_t y = 0; y < height; ++y)
        detail::pack_row(flags.data() + t * plane + static_cast<std::size_t>(y * picture.width), 1,
                         picture.width, masks[t].row(y0 + y));
  }
  return masks;
}

}  // namespace s2d::inline S2D_ABI
