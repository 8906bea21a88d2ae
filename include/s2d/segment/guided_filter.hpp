// Soft maps drawn to the edges of a picture.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
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
      : radius_{options.radius}, windows_(picture.height, picture.width) {
    require(options.radius > 0, "guided_filter: radius is ", options.radius, ", expected > 0");
    require(options.smoothness > 0 && std::isfinite(options.smoothness),
            "guided_filter: smoothness is ", options.smoothness, ", expected > 0");
    detail::window_means<9>(
        picture.height, picture.width, radius_,
        [&](std::ptrdiff_t y, std::array<float, 9>* to) {
          for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
            const std::uint8_t* from = picture.row(y) + 3 * x;
            std::array<float, 3>& color = windows_(y, x).color;
            for (std::size_t c = 0; c < 3; ++c) color[c] = static_cast<float>(from[c]) / 255.0F;
            const auto [r, g, b] = color;
            to[x] = {r, g, b, r * r, r * g, r * b, g * g, g * b, b * b};
          }
        },
        [&](std::ptrdiff_t y, const std::array<float, 9>* moments) {
          for (std::ptrdiff_t x = 0; x < picture.width; ++x)
            windows_(y, x).set(moments[x], options.smoothness);
        });
  }

  /// The filtered map, at most a little outside of the range of the map.
  /// @param map  [height, width] of the picture, finite values
  /// @throws invalid_input if the sizes differ
  [[nodiscard]] matrix<float> operator()(plane_view<const float> map) const {
    return (*this)(map, {0, 0, map.width, map.height});
  }

  /// The filtered map in a part of the picture, equal to that part of the whole but for rounding.
  /// @param map   [height, width] of the picture, finite values within two radii of the part
  /// @param part  within the picture
  /// @return [part.height, part.width]
  /// @throws invalid_input if the sizes differ or the part reaches out of the picture
  /// Complexity: O(pixels of the part grown by two radii).
  [[nodiscard]] matrix<float> operator()(plane_view<const float> map, const box& part) const {
    require(map.height == windows_.height && map.width == windows_.width,
            "guided_filter: the map is ", map.height, " x ", map.width, ", the picture ",
            windows_.height, " x ", windows_.width, " (height x width)");
    require(part.x >= 0 && part.y >= 0 && part.width >= 0 && part.height >= 0 &&
                part.width <= map.width - part.x && part.height <= map.height - part.y,
            "guided_filter: the part is ", part.height, " x ", part.width, " at (", part.y, ", ",
            part.x, "), the picture ", map.height, " x ", map.width, " (height x width)");
    // The windows that hold a pixel of the part reach a radius further, and so do theirs.
    const std::ptrdiff_t top = before(part.y), left = before(part.x);
    matrix<std::array<float, 4>> fits(behind(part.y + part.height, map.height) - top,
                                      behind(part.x + part.width, map.width) - left);
    using cells = std::array<float, 4>;
    detail::window_means<4>(
        fits.height, fits.width, radius_,
        [&](std::ptrdiff_t y, cells* row) {
          for (std::ptrdiff_t x = 0; x < fits.width; ++x) {
            const float value = map(top + y, left + x);
            const auto [r, g, b] = windows_(top + y, left + x).color;
            row[x] = {value, value * r, value * g, value * b};
          }
        },
        [&](std::ptrdiff_t y, const cells* moments) {
          for (std::ptrdiff_t x = 0; x < fits.width; ++x)
            fits(y, x) = windows_(top + y, left + x).fit(moments[x]);
        });
    matrix<float> result(part.height, part.width);
    detail::window_means<4>(
        fits.height, fits.width, radius_,
        [&](std::ptrdiff_t y, cells* row) { std::copy_n(fits.row(y), fits.width, row); },
        [&](std::ptrdiff_t y, const cells* means) {
          y += top - part.y;
          if (y < 0 || y >= part.height) return;
          for (std::ptrdiff_t x = 0; x < part.width; ++x) {
            const auto [offset, sr, sg, sb] = means[x + part.x - left];
            const auto [r, g, b] = windows_(part.y + y, part.x + x).color;
            result(y, x) = offset + sr * r + sg * g + sb * b;
          }
        });
    return result;
  }

 private:
  /// The colour of a pixel, and of the window around it the mean and the inverse of the covariance
  /// of colours: rr, rg, rb, gg, gb, bb.
  struct window {
    std::array<float, 3> color, mean;
    std::array<float, 6> inverse;

    /// From means of r, g, b, rr, rg, rb, gg, gb, bb; by cofactors.
    void set(const std::array<float, 9>& m, double smoothness) {
      std::array<double, 6> v{};
      for (std::size_t a = 0, k = 0; a < 3; ++a) {
        mean[a] = m[a];
        for (std::size_t b = a; b < 3; ++b, ++k)
          v[k] = static_cast<double>(m[3 + k]) -
                 static_cast<double>(m[a]) * static_cast<double>(m[b]) + (a == b ? smoothness : 0);
      }
      const auto [rr, rg, rb, gg, gb, bb] = v;
      const std::array<double, 6> cofactors{gg * bb - gb * gb, gb * rb - rg * bb,
                                            rg * gb - gg * rb, rr * bb - rb * rb,
                                            rb * rg - rr * gb, rr * gg - rg * rg};
      const double scale = 1 / (rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2]);
      for (std::size_t k = 0; k < 6; ++k) inverse[k] = static_cast<float>(cofactors[k] * scale);
    }

    /// From means of a map and of its products with r, g, b: offset and slopes.
    [[nodiscard]] std::array<float, 4> fit(const std::array<float, 4>& m) const {
      const float r = m[1] - m[0] * mean[0], g = m[2] - m[0] * mean[1], b = m[3] - m[0] * mean[2];
      const auto [rr, rg, rb, gg, gb, bb] = inverse;
      const float sr = rr * r + rg * g + rb * b;
      const float sg = rg * r + gg * g + gb * b;
      const float sb = rb * r + gb * g + bb * b;
      return {m[0] - sr * mean[0] - sg * mean[1] - sb * mean[2], sr, sg, sb};
    }
  };

  /// Two radii before a part, or behind it, within the picture.
  [[nodiscard]] std::ptrdiff_t before(std::ptrdiff_t begin) const noexcept {
    return begin / 2 > radius_ ? begin - 2 * radius_ : 0;
  }
  [[nodiscard]] std::ptrdiff_t behind(std::ptrdiff_t end, std::ptrdiff_t extent) const noexcept {
    return (extent - end) / 2 > radius_ ? end + 2 * radius_ : extent;
  }

  std::ptrdiff_t radius_;
  matrix<window> windows_;
};

}  // namespace s2d::inline S2D_ABI
