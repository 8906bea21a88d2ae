// What all forms of a binary mask have in common, and the overlap of two masks of any one form.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <s2d/core/geometry.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// A binary mask in one of its three forms: dense (mask_view), packed bits (bit_mask), runs (rle).
/// It has an extent in pixels, and its foreground can be counted, bounded and compared without
/// being converted to another form.
///
/// Cost of a comparison: rle O(runs), the fastest for whole objects in large frames; bit_mask
/// O(pixels / 64); mask_view O(pixels).
template <class Mask>
concept mask_form = requires(const Mask& a, const Mask& b) {
  { a.height } -> std::convertible_to<std::ptrdiff_t>;
  { a.width } -> std::convertible_to<std::ptrdiff_t>;
  { area(a) } -> std::same_as<std::ptrdiff_t>;
  { bounding_box(a) } -> std::same_as<box>;
  { intersection_area(a, b) } -> std::same_as<std::ptrdiff_t>;
};

/// What the common area of two masks is divided by.
enum class over : std::uint8_t {
  either,   ///< the area of the union: intersection over union
  smaller,  ///< the area of the smaller mask: 1 where one contains the other
  first,    ///< the area of the first mask: COCO's rule for crowds, first = detection
};

struct iou_options {
  s2d::over over = s2d::over::either;
  double when_empty = 0;  ///< the value where the divisor is 0; COCO says 0, DAVIS says 1
};

/// How much two masks of one form overlap: common area divided by `options.over`, in [0, 1].
/// Two empty masks overlap by `options.when_empty`.
/// @throws invalid_input if the sizes differ
template <mask_form Mask>
[[nodiscard]] double iou(const Mask& a, const Mask& b, const iou_options& options = {}) {
  const std::ptrdiff_t common = intersection_area(a, b);
  std::ptrdiff_t divisor = area(a);
  if (options.over != over::first) {
    const std::ptrdiff_t other = area(b);
    if (options.over == over::either)
      divisor += other - common;
    else if (other < divisor)
      divisor = other;
  }
  if (divisor == 0) return options.when_empty;
  return static_cast<double>(common) / static_cast<double>(divisor);
}

}  // namespace s2d::inline S2D_ABI
