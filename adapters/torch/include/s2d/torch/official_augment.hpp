// The official changes of a frame: crop, short side, mirror, brightness, contrast, rotation.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/random.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/torch/affine_sample.hpp>
#include <s2d/torch/augment.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// The official settings.
struct official_augmentation {
  /// Crop, brightness, contrast and rotation are drawn for each frame, as in the official code,
  /// whose frames of one clip show unrelated parts; else once for the clip.
  bool per_frame = false;
  bool crop = true;
  std::ptrdiff_t least_crop = 600;     ///< height and width of the part that is cut out, uniform
  std::ptrdiff_t greatest_crop = 720;  ///< between these; at most the frame
  std::vector<std::ptrdiff_t> short_sides{360, 480};  ///< one is drawn for the clip
  std::ptrdiff_t longest_side = 1333;
  double flip = 0.5;        ///< probability of left-right mirroring, for the clip
  double brightness = 0.1;  ///< factor U(1 - brightness, 1 + brightness)
  double contrast = 0.1;    ///< factor U(1 - contrast, 1 + contrast) of what differs from the mean
  double rotation = 15;     ///< degrees to either side
  double least_centre = 0.4;  ///< of rotation, as a share of the frame
  double greatest_centre = 0.6;

  /// Only the shortest of the short sides, no chance in it.
  [[nodiscard]] static official_augmentation none(std::ptrdiff_t short_side) {
    return {false, false, 0, 0, {short_side}, 1333, 0, 0, 0, 0, 0.5, 0.5};
  }
};

/// What was drawn for one frame.
struct official_change {
  std::ptrdiff_t top = 0, left = 0;  ///< of the part that is cut out
  std::ptrdiff_t crop_height = 0, crop_width = 0;
  std::ptrdiff_t height = 0, width = 0;  ///< after resizing
  bool mirrored = false;
  double brightness = 1, contrast = 1;
  double angle = 0;                       ///< degrees, against the clock
  double centre_x = 0.5, centre_y = 0.5;  ///< as shares

  friend bool operator==(const official_change&, const official_change&) = default;
};

/// Draws the changes of all frames of a clip of frames [height, width].
/// @throws invalid_input if an option is out of range
[[nodiscard]] inline std::vector<official_change> draw_changes(const official_augmentation& limits,
                                                               std::ptrdiff_t height,
                                                               std::ptrdiff_t width,
                                                               std::size_t frames,
                                                               random_stream& random) {
  require(!limits.short_sides.empty() && limits.longest_side > 0,
          "official_augmentation: a short side and a positive longest side are needed");
  for (const std::ptrdiff_t side : limits.short_sides)
    require(side > 0, "official_augmentation: a short side of ", side, ", expected at least 1");
  require(!limits.crop || (limits.least_crop > 0 && limits.greatest_crop >= limits.least_crop),
          "official_augmentation: crops from ", limits.least_crop, " to ", limits.greatest_crop,
          ", expected positive and ascending");
  using detail::draw_between;
  const auto whole = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return from +
           static_cast<std::ptrdiff_t>(random.below(static_cast<std::uint64_t>(to - from) + 1));
  };
  const auto cut = [&](std::ptrdiff_t side) {
    const auto at_most = [&](std::ptrdiff_t n) { return side < n ? side : n; };
    return whole(at_most(limits.least_crop), at_most(limits.greatest_crop));
  };
  const std::ptrdiff_t short_side =
      limits.short_sides[static_cast<std::size_t>(random.below(limits.short_sides.size()))];
  const bool mirrored = random.uniform() < limits.flip;
  std::vector<official_change> changes;
  for (std::size_t f = 0; f < frames; ++f) {
    if (f > 0 && !limits.per_frame) {
      changes.push_back(changes.front());
      continue;
    }
    official_change& c = changes.emplace_back();
    c.mirrored = mirrored;
    c.crop_height = limits.crop ? cut(height) : height;
    c.crop_width = limits.crop ? cut(width) : width;
    c.top = whole(0, height - c.crop_height);
    c.left = whole(0, width - c.crop_width);
    const auto h = static_cast<double>(c.crop_height), w = static_cast<double>(c.crop_width);
    const double longer = h > w ? h : w;
    double scale = static_cast<double>(short_side) / (h < w ? h : w);
    if (scale * longer > static_cast<double>(limits.longest_side))
      scale = static_cast<double>(limits.longest_side) / longer;
    const auto scaled = [&](double side) {
      const auto pixels = static_cast<std::ptrdiff_t>(side * scale + 0.5);
      return pixels > 0 ? pixels : 1;
    };
    c.height = scaled(h);
    c.width = scaled(w);
    c.brightness = draw_between(random, 1 - limits.brightness, 1 + limits.brightness);
    c.contrast = draw_between(random, 1 - limits.contrast, 1 + limits.contrast);
    c.angle = draw_between(random, -limits.rotation, limits.rotation);
    c.centre_x = draw_between(random, limits.least_centre, limits.greatest_centre);
    c.centre_y = draw_between(random, limits.least_centre, limits.greatest_centre);
  }
  return changes;
}

namespace detail {

/// From pixels of the result to those of the resized part.
[[nodiscard]] inline affine_map turned(const official_change& c) noexcept {
  const double angle = c.angle * std::numbers::pi / 180;
  const double sine = std::sin(angle), cosine = std::cos(angle);
  const double cx = static_cast<double>(c.width) * c.centre_x - 0.5;
  const double cy = static_cast<double>(c.height) * c.centre_y - 0.5;
  affine_map map;
  if (c.angle != 0)
    map = {cosine, -sine, cx - cosine * cx + sine * cy, sine, cosine, cy - sine * cx - cosine * cy};
  if (c.mirrored) map = affine_map{-1, 0, static_cast<double>(c.width - 1), 0, 1, 0} * map;
  return map;
}

/// What brightness, then contrast make of each value; both cut fractions off, as the official code.
[[nodiscard]] inline std::array<std::uint8_t, 256> tone_curve(const image& picture,
                                                              const official_change& c) {
  const auto cut = [](double v) {
    return static_cast<std::uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v);
  };
  std::array<std::uint8_t, 256> bright{}, curve{};
  for (std::size_t v = 0; v < 256; ++v) bright[v] = cut(c.brightness * static_cast<double>(v));
  std::uint64_t sum = 0;
  for (const std::uint8_t v : picture.values) sum += bright[v];
  const double mean = static_cast<double>(sum) / static_cast<double>(picture.values.size());
  for (std::size_t v = 0; v < 256; ++v)
    curve[v] = cut(c.contrast * static_cast<double>(bright[v]) + (1 - c.contrast) * mean);
  return curve;
}

}  // namespace detail

/// Makes the changes to a picture and normalises it into the top left [c.height, c.width] of
/// `out`; the rest becomes 0. What rotation brings in is black. Smaller sizes are reached by the
/// area filter, larger ones by bilinear interpolation.
/// @throws invalid_input if the part to cut out is not in the picture, or `out` is smaller
inline void apply_change(image_view picture, const official_change& c,
                         const std::array<double, 3>& mean, const std::array<double, 3>& deviation,
                         const std::array<plane_view<float>, 3>& out, std::size_t threads = 1) {
  require(c.top >= 0 && c.left >= 0 && c.crop_height > 0 && c.crop_width > 0 &&
              c.top + c.crop_height <= picture.height && c.left + c.crop_width <= picture.width,
          "apply_change: the part at ", c.top, ", ", c.left, " of ", c.crop_height, " x ",
          c.crop_width, " is not in the picture of ", picture.height, " x ", picture.width);
  require(c.height > 0 && c.width > 0 && c.height <= out[0].height && c.width <= out[0].width,
          "apply_change: no room for ", c.height, " x ", c.width, " in ", out[0].height, " x ",
          out[0].width);
  for (const plane_view<float>& plane : out)
    require(plane.height == out[0].height && plane.width == out[0].width,
            "apply_change: planes of ", plane.height, " x ", plane.width, " and ", out[0].height,
            " x ", out[0].width);
  const image_view part{picture.row(c.top) + 3 * c.left, c.crop_height, c.crop_width,
                        picture.row_stride};
  image resized = c.height <= c.crop_height && c.width <= c.crop_width
                      ? resize_area(part, c.height, c.width)
                      : resize_bilinear(part, c.height, c.width);
  if (c.brightness != 1 || c.contrast != 1) {
    const auto curve = detail::tone_curve(resized, c);
    for (std::uint8_t& v : resized.values) v = curve[v];
  }
  std::array<plane_view<float>, 3> inner;
  std::array<float, 3> gain{}, offset{};
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::ptrdiff_t y = 0; y < out[k].height; ++y)
      for (std::ptrdiff_t x = y < c.height ? c.width : 0; x < out[k].width; ++x) out[k](y, x) = 0;
    inner[k] = {out[k].data, c.height, c.width, out[k].row_stride};
    gain[k] = static_cast<float>(1 / deviation[k]);
    offset[k] = static_cast<float>(-mean[k] / deviation[k]);
  }
  sample_affine(packed_picture{resized}, detail::turned(c), inner, outside::zero, gain, offset,
                threads);
}

/// Makes the changes of place to a mask by the nearest pixel: 1 or 0 in the top left
/// [c.height, c.width] of `out`, 0 in the rest.
/// @throws invalid_input as above
inline void apply_change(const rle& mask, const official_change& c, const plane_view<float>& out) {
  require(c.top >= 0 && c.left >= 0 && c.crop_height > 0 && c.crop_width > 0 &&
              c.top + c.crop_height <= mask.height && c.left + c.crop_width <= mask.width,
          "apply_change: the part at ", c.top, ", ", c.left, " of ", c.crop_height, " x ",
          c.crop_width, " is not in the mask of ", mask.height, " x ", mask.width);
  require(c.height > 0 && c.width > 0 && c.height <= out.height && c.width <= out.width,
          "apply_change: no room for ", c.height, " x ", c.width, " in ", out.height, " x ",
          out.width);
  const matrix<std::uint8_t> dense = decode(mask);
  const auto nearest = [](std::ptrdiff_t to, std::ptrdiff_t from, std::ptrdiff_t begin) {
    std::vector<std::ptrdiff_t> source(static_cast<std::size_t>(to));
    for (std::ptrdiff_t i = 0; i < to; ++i)
      source[static_cast<std::size_t>(i)] = begin + (2 * i + 1) * from / (2 * to);
    return source;
  };
  const auto rows = nearest(c.height, c.crop_height, c.top);
  const auto columns = nearest(c.width, c.crop_width, c.left);
  const affine_map map = detail::turned(c);
  for (std::ptrdiff_t y = 0; y < out.height; ++y) {
    float* const to = out.row(y);
    for (std::ptrdiff_t x = 0; x < out.width; ++x) {
      to[x * out.column_stride] = 0;
      if (y >= c.height || x >= c.width) continue;
      const auto fx = static_cast<double>(x), fy = static_cast<double>(y);
      const double sx = std::floor(map.xx * fx + map.xy * fy + map.x0 + 0.5);
      const double sy = std::floor(map.yx * fx + map.yy * fy + map.y0 + 0.5);
      if (sx < 0 || sy < 0 || sx >= static_cast<double>(c.width) ||
          sy >= static_cast<double>(c.height))
        continue;
      to[x * out.column_stride] =
          dense(rows[static_cast<std::size_t>(sy)], columns[static_cast<std::size_t>(sx)]);
    }
  }
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
