// Soft maps drawn to the edges of a picture.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/detail/window_means.hpp>

namespace s2d::inline S2D_ABI {

struct guided_filter_options {
  std::ptrdiff_t radius = 4;  ///< windows are 2 radius + 1 pixels wide, > 0
  double smoothness = 1e-3;   ///< variance of colours (0 to 1) below which a window is flat, > 0
};

/// Filters maps of one picture. In every window a map is taken for a linear function of the colour,
/// fitted by least squares; a pixel gets the mean over the windows that it is in. An edge of the
/// map moves to an edge of the picture within about a radius; where the picture is flat the map is
/// smoothed. What depends on the picture alone is computed once.
///
/// Source: He, Sun, Tang, "Guided Image Filtering", TPAMI 2013.
class guided_filter {
 public:
  /// @throws invalid_input if an option is out of range
  /// Complexity: O(pixels), whatever the radius.
  explicit guided_filter(image_view picture, const guided_filter_options& options = {})
      : radius_{options.radius} {
    require(options.radius > 0, "guided_filter: radius is ", options.radius, ", expected > 0");
    require(options.smoothness > 0 && std::isfinite(options.smoothness),
            "guided_filter: smoothness is ", options.smoothness, ", expected > 0");
    for (std::ptrdiff_t c = 0; c < 3; ++c) {
      matrix<float>& plane = color_[at(c)] = matrix<float>(picture.height, picture.width);
      for (std::ptrdiff_t y = 0; y < plane.height; ++y) {
        const std::uint8_t* from = picture.row(y) + c;
        float* to = plane.row(y);
        for (std::ptrdiff_t x = 0; x < plane.width; ++x)
          to[x] = static_cast<float>(from[3 * x]) / 255.0F;
      }
      mean_[at(c)] = detail::window_means(plane, radius_);
    }
    std::size_t k = 0;
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t b = a; b < 3; ++b, ++k) {
        covariance_[k] = covariance(color_[a], mean_[a], b);
        if (a == b)
          for (float& value : covariance_[k].values)
            value += static_cast<float>(options.smoothness);
      }
  }

  /// The filtered map, at most a little outside of the range of the map.
  /// @param map  [height, width] of the picture, finite values
  /// @throws invalid_input if the sizes differ
  [[nodiscard]] matrix<float> operator()(plane_view<const float> map) const {
    require(map.height == color_[0].height && map.width == color_[0].width,
            "guided_filter: the map is ", map.height, " x ", map.width, ", the picture ",
            color_[0].height, " x ", color_[0].width, " (height x width)");
    matrix<float> plane(map.height, map.width);
    for (std::ptrdiff_t y = 0; y < map.height; ++y)
      for (std::ptrdiff_t x = 0; x < map.width; ++x) plane(y, x) = map(y, x);
    matrix<float> offset = detail::window_means(plane, radius_);
    std::array<matrix<float>, 3> slope;
    for (std::size_t c = 0; c < 3; ++c) slope[c] = covariance(plane, offset, c);
    solve(slope, offset);
    matrix<float> result = detail::window_means(offset, radius_);
    for (std::size_t c = 0; c < 3; ++c) {
      const matrix<float> mean = detail::window_means(slope[c], radius_);
      for (std::size_t p = 0; p < result.values.size(); ++p)
        result.values[p] += mean.values[p] * color_[c].values[p];
    }
    return result;
  }

 private:
  static constexpr std::size_t at(std::ptrdiff_t c) noexcept { return static_cast<std::size_t>(c); }

  /// Of a plane and a colour, in every window.
  [[nodiscard]] matrix<float> covariance(const matrix<float>& plane, const matrix<float>& mean,
                                         std::size_t c) const {
    matrix<float> product = plane;
    for (std::size_t p = 0; p < product.values.size(); ++p)
      product.values[p] *= color_[c].values[p];
    product = detail::window_means(product, radius_);
    for (std::size_t p = 0; p < product.values.size(); ++p)
      product.values[p] -= mean.values[p] * mean_[c].values[p];
    return product;
  }

  /// From covariances with the colours and means to slopes and offsets: the inverse of the 3 x 3
  /// covariance of the colours, by cofactors.
  void solve(std::array<matrix<float>, 3>& slope, matrix<float>& offset) const {
    for (std::size_t p = 0; p < offset.values.size(); ++p) {
      const auto v = [&](std::size_t k) { return static_cast<double>(covariance_[k].values[p]); };
      const double rr = v(0), rg = v(1), rb = v(2), gg = v(3), gb = v(4), bb = v(5);
      const double crr = gg * bb - gb * gb, crg = gb * rb - rg * bb, crb = rg * gb - gg * rb;
      const double cgg = rr * bb - rb * rb, cgb = rb * rg - rr * gb, cbb = rr * gg - rg * rg;
      const double inverse = 1 / (rr * crr + rg * crg + rb * crb);
      const double r = static_cast<double>(slope[0].values[p]);
      const double g = static_cast<double>(slope[1].values[p]);
      const double b = static_cast<double>(slope[2].values[p]);
      const std::array<double, 3> found{(crr * r + crg * g + crb * b) * inverse,
                                        (crg * r + cgg * g + cgb * b) * inverse,
                                        (crb * r + cgb * g + cbb * b) * inverse};
      for (std::size_t c = 0; c < 3; ++c) {
        slope[c].values[p] = static_cast<float>(found[c]);
        offset.values[p] -= static_cast<float>(found[c]) * mean_[c].values[p];
      }
    }
  }

  std::ptrdiff_t radius_;
  std::array<matrix<float>, 3> color_, mean_;
  std::array<matrix<float>, 6> covariance_;  // rr, rg, rb, gg, gb, bb, with smoothness
};

}  // namespace s2d::inline S2D_ABI
