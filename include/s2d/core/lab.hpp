// Colour in CIE Lab, in which distances are about as large as they look.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/fast_math.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI {

/// A picture in CIE Lab (white D65): three planes [height, width]. l in 0..100, a and b in about
/// -128..127; grey has a = b = 0.
struct lab_image {
  matrix<float> l;
  matrix<float> a;
  matrix<float> b;

  lab_image() = default;
  lab_image(std::ptrdiff_t rows, std::ptrdiff_t columns)
      : l(rows, columns), a(rows, columns), b(rows, columns) {}

  [[nodiscard]] std::ptrdiff_t height() const noexcept { return l.height; }
  [[nodiscard]] std::ptrdiff_t width() const noexcept { return l.width; }
  [[nodiscard]] bool empty() const noexcept { return l.empty(); }
};

namespace detail {

/// Light intensity in 0..1 of each of the 256 sRGB values (IEC 61966-2-1).
inline const std::array<float, 256>& srgb_to_linear() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> t{};
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double c = static_cast<double>(i) / 255;
      t[i] = static_cast<float>(c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
    }
    return t;
  }();
  return table;
}

/// f of CIE 1976 (ISO 11664-4): cube root, straight below (6/29)^3.
inline float_lanes lab_curve(const float_lanes& t) noexcept {
  const float_lanes least = float_lanes{} + 1e-5F;
  const float_lanes root = fast_cbrt(t < least ? least : t);
  return t > 0.008856F ? root : 7.787037F * t + 0.13793103F;
}

/// Linear light to Lab, in place.
inline void linear_to_lab(float_lanes& first, float_lanes& second, float_lanes& third) noexcept {
  const float_lanes r = first;
  const float_lanes g = second;
  const float_lanes u = third;
  const float_lanes x = lab_curve(0.43395291F * r + 0.37621941F * g + 0.18982783F * u);
  const float_lanes y = lab_curve(0.21267127F * r + 0.71515972F * g + 0.07216901F * u);
  const float_lanes z = lab_curve(0.01775776F * r + 0.10947651F * g + 0.87276571F * u);
  first = 116 * y - 16;
  second = 500 * (x - y);
  third = 200 * (y - z);
}

/// n pixels in three planes, linear light to Lab, in place.
inline void linear_to_lab(std::ptrdiff_t n, float* first, float* second, float* third) noexcept {
  for (std::ptrdiff_t i = 0; i < n; i += lane_count) {
    const std::ptrdiff_t count = n - i < lane_count ? n - i : lane_count;
    float_lanes l = load_first(first + i, count);
    float_lanes a = load_first(second + i, count);
    float_lanes b = load_first(third + i, count);
    linear_to_lab(l, a, b);
    store_first(first + i, count, l);
    store_first(second + i, count, a);
    store_first(third + i, count, b);
  }
}

/// n interleaved sRGB pixels to three planes of Lab.
inline void srgb_to_lab(std::ptrdiff_t n, const std::uint8_t* rgb, float* l, float* a,
                        float* b) noexcept {
  const float* linear = srgb_to_linear().data();
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    l[i] = linear[rgb[3 * i]];
    a[i] = linear[rgb[3 * i + 1]];
    b[i] = linear[rgb[3 * i + 2]];
  }
  linear_to_lab(n, l, a, b);
}

}  // namespace detail

/// The picture in CIE Lab, within 0.02 of the exact formula.
///
/// @param picture  [height, width] sRGB, 8 bits a channel
/// Complexity: O(pixels). Source: ISO 11664-4 on IEC 61966-2-1.
[[nodiscard]] inline lab_image to_lab(image_view picture) {
  lab_image result(picture.height, picture.width);
  for (std::ptrdiff_t y = 0; y < picture.height; ++y)
    detail::srgb_to_lab(picture.width, picture.row(y), result.l.row(y), result.a.row(y),
                        result.b.row(y));
  return result;
}

}  // namespace s2d::inline S2D_ABI
