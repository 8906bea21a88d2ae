// Warping of masks and pictures along a flow field, backward and forward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/detail/warp_back.hpp>
#include <s2d/flow/detail/warp_forward.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/warp_types.hpp>

namespace s2d::inline S2D_ABI {

// The half-pixel rule: pixel centres are at integers, pixel x covers [x - 0.5, x + 0.5), and the
// frame [-0.5, width - 0.5). The nearest pixel of position p is floor(p + 0.5). Displacements may
// be of any size, also infinite; where one is not a number, the result is `fill`.

namespace detail::warping {

template <class Picture>
void check(const char* what, const Picture& x, const flow_field& flow,
           const warp_options& options) {
  require(flow.height() == x.height && flow.width() == x.width, what, ": flow is ", flow.height(),
          " x ", flow.width(), ", expected ", x.height, " x ", x.width,
          " as the picture (height x width)");
  require(flow.v.height == flow.u.height && flow.v.width == flow.u.width, what, ": u is ",
          flow.u.height, " x ", flow.u.width, " and v ", flow.v.height, " x ", flow.v.width);
  require(x.width < (1 << 30) && x.height < (1 << 30), what, ": picture is ", x.height, " x ",
          x.width, ", expected sides below 2^30");
  require(options.fill >= -(std::numeric_limits<float>::max)() &&
              options.fill <= (std::numeric_limits<float>::max)(),
          what, ": fill is ", options.fill, ", expected a finite number");
}

inline std::uint8_t fill_byte(const char* what, const warp_options& options) {
  require(options.fill >= 0 && options.fill <= 255, what, ": fill is ", options.fill,
          ", expected 0..255");
  return rounded<std::uint8_t>(options.fill);
}

template <class T>
plane_view<const T> contiguous(plane_view<const T> x, matrix<T>& storage) {
  if (x.column_stride == 1 && x.row_stride >= 0) return x;
  storage = matrix<T>(x.height, x.width);
  for (std::ptrdiff_t y = 0; y < x.height; ++y)
    for (std::ptrdiff_t i = 0; i < x.width; ++i) storage(y, i) = x(y, i);
  return storage;
}

template <class T>
void warp_plane_back(plane_view<const T> x, const flow_field& flow, plane_view<T> out,
                     const warp_options& options, T fill) {
  require(out.height == x.height && out.width == x.width, "warp_back: result is ", out.height,
          " x ", out.width, ", expected ", x.height, " x ", x.width, " (height x width)");
  require(out.column_stride == 1, "warp_back: column stride of the result is ", out.column_stride,
          ", expected 1");
  matrix<T> storage;
  x = contiguous(x, storage);
  warp_picture(source<T, 1>{x.data, x.height, x.width, x.row_stride, options.border, fill}, flow,
               options.filter, [&](std::ptrdiff_t y) { return out.row(y); });
}

}  // namespace detail::warping

/// Backward warp: out(p) = x(p + flow(p)). With the flow from frame t to t + 1 and x = frame t + 1
/// it shows frame t + 1 as seen from frame t. Sums in float, 8-bit results rounded to nearest,
/// halves up. Zero flow copies (finite values) exactly.
/// @param x [h, w] any strides   @param flow [h, w]
/// @param out [h, w] column stride 1
/// @throws invalid_input if sizes differ, a side is 2^30 or more, fill is not a value of x, or out
/// has another size or column stride
/// A displacement that is not a number gives fill. The forms with `out` write into memory of the
/// caller, which must not overlap x. O(pixels).
inline void warp_back(plane_view<const std::uint8_t> x, const flow_field& flow,
                      plane_view<std::uint8_t> out, const warp_options& options = {}) {
  detail::warping::check("warp_back", x, flow, options);
  detail::warping::warp_plane_back(x, flow, out, options,
                                   detail::warping::fill_byte("warp_back", options));
}
/// @copydoc warp_back
inline void warp_back(plane_view<const float> x, const flow_field& flow, plane_view<float> out,
                      const warp_options& options = {}) {
  detail::warping::check("warp_back", x, flow, options);
  detail::warping::warp_plane_back(x, flow, out, options, options.fill);
}
/// @copydoc warp_back
[[nodiscard]] inline matrix<std::uint8_t> warp_back(plane_view<const std::uint8_t> x,
                                                    const flow_field& flow,
                                                    const warp_options& options = {}) {
  matrix<std::uint8_t> out(x.height, x.width);
  warp_back(x, flow, out.view(), options);
  return out;
}
/// @copydoc warp_back
[[nodiscard]] inline matrix<float> warp_back(plane_view<const float> x, const flow_field& flow,
                                             const warp_options& options = {}) {
  matrix<float> out(x.height, x.width);
  warp_back(x, flow, out.view(), options);
  return out;
}
/// @copydoc warp_back
/// @param out an image that x is no view of; gets the size of x
inline void warp_back(image_view x, const flow_field& flow, image& out,
                      const warp_options& options = {}) {
  detail::warping::check("warp_back", x, flow, options);
  if (out.height != x.height || out.width != x.width) out = image(x.height, x.width);
  detail::warping::warp_picture(
      detail::warping::source<std::uint8_t, 3>{x.data, x.height, x.width, x.row_stride,
                                               options.border,
                                               detail::warping::fill_byte("warp_back", options)},
      flow, options.filter, [&](std::ptrdiff_t y) { return out.row(y); });
}
/// @copydoc warp_back
[[nodiscard]] inline image warp_back(image_view x, const flow_field& flow,
                                     const warp_options& options = {}) {
  image out;
  warp_back(x, flow, out, options);
  return out;
}
/// Backward warp of a mask: the nearest pixel, whatever options.filter says.
/// @param x [h, w]   @param flow [h, w]
/// @throws invalid_input if sizes differ, a side is 2^30 or more, or fill is not finite. O(pixels).
[[nodiscard]] inline bit_mask warp_back(const bit_mask& x, const flow_field& flow,
                                        const warp_options& options = {}) {
  detail::warping::check("warp_back", x, flow, options);
  bit_mask out(x.height, x.width);
  if (x.height * x.words_per_row() <= (std::numeric_limits<std::int32_t>::max)() / 64)
    detail::warping::warp_bits<std::int32_t>(x, flow, options, out);
  else
    detail::warping::warp_bits<std::int64_t>(x, flow, options, out);
  return out;
}

/// A picture after a forward warp, and which of its pixels something arrived at.
template <class Picture>
struct forward_warped {
  Picture values;
  bit_mask covered;
};

/// Forward warp: the content of pixel p moves to p + flow(p). With the flow from frame t to t + 1
/// it moves frame t towards frame t + 1, leaving holes where nothing arrives.
/// nearest: a pixel takes the value that lands nearest to its centre within its square; the first
///   in scan order wins ties.
/// bilinear: every value is spread over the four pixels around its landing place with bilinear
///   weights; a pixel takes the weighted mean where its weights sum to at least 0.25.
/// Pixels that nothing arrives at have the value `fill`. options.border is not used.
/// @param x [h, w] any strides, or an image   @param flow [h, w]
/// @throws invalid_input if sizes differ, a side is 2^30 or more, or fill is not a value of x
/// O(pixels) time, 8 bytes of working memory a pixel (16 for images).
[[nodiscard]] inline forward_warped<matrix<std::uint8_t>> warp(plane_view<const std::uint8_t> x,
                                                               const flow_field& flow,
                                                               const warp_options& options = {}) {
  detail::warping::check("warp", x, flow, options);
  forward_warped<matrix<std::uint8_t>> out{
      {x.height, x.width, detail::warping::fill_byte("warp", options)}, {x.height, x.width}};
  detail::warping::splat<1>(
      flow, options.filter, out.values.data(), out.covered,
      [&](std::ptrdiff_t y, std::ptrdiff_t i, std::ptrdiff_t) { return x(y, i); });
  return out;
}
/// @copydoc warp
[[nodiscard]] inline forward_warped<matrix<float>> warp(plane_view<const float> x,
                                                        const flow_field& flow,
                                                        const warp_options& options = {}) {
  detail::warping::check("warp", x, flow, options);
  forward_warped<matrix<float>> out{{x.height, x.width, options.fill}, {x.height, x.width}};
  detail::warping::splat<1>(
      flow, options.filter, out.values.data(), out.covered,
      [&](std::ptrdiff_t y, std::ptrdiff_t i, std::ptrdiff_t) { return x(y, i); });
  return out;
}
/// @copydoc warp
[[nodiscard]] inline forward_warped<image> warp(image_view x, const flow_field& flow,
                                                const warp_options& options = {}) {
  detail::warping::check("warp", x, flow, options);
  const std::uint8_t fill = detail::warping::fill_byte("warp", options);
  forward_warped<image> out{{x.height, x.width}, {x.height, x.width}};
  for (std::uint8_t& value : out.values.values) value = fill;
  detail::warping::splat<3>(
      flow, options.filter, out.values.values.data(), out.covered,
      [&](std::ptrdiff_t y, std::ptrdiff_t i, std::ptrdiff_t c) { return x.row(y)[3 * i + c]; });
  return out;
}
/// Forward warp of a mask. nearest: a pixel is foreground if any foreground pixel lands on it.
/// bilinear: if something arrives at it (as above) and at least half of that is foreground.
/// @param x [h, w]   @param flow [h, w]
/// @throws invalid_input if sizes differ, a side is 2^30 or more, or fill is not finite. O(pixels).
[[nodiscard]] inline bit_mask warp(const bit_mask& x, const flow_field& flow,
                                   const warp_options& options = {}) {
  detail::warping::check("warp", x, flow, options);
  if (options.filter == warp_filter::nearest) return detail::warping::scatter(x, flow);
  bit_mask out(x.height, x.width), covered(x.height, x.width);
  matrix<float> share(x.height, x.width);
  detail::warping::splat<1>(
      flow, options.filter, share.data(), covered,
      [&](std::ptrdiff_t y, std::ptrdiff_t i, std::ptrdiff_t) { return x(y, i) ? 1.0f : 0.0f; });
  for (std::ptrdiff_t y = 0; y < x.height; ++y)
    for (std::ptrdiff_t i = 0; i < x.width; ++i)
      if (share(y, i) >= 0.5f) out.set(y, i);
  return out;
}

}  // namespace s2d::inline S2D_ABI
