// Run-length encoded masks as COCO has them: conversions, measures, set operations on runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/mask_form.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/mask/rle_types.hpp>
#include <s2d/mask/detail/rle_bits.hpp>
#include <s2d/mask/detail/rle_scan.hpp>
#include <s2d/mask/detail/rle_string.hpp>
#include <s2d/mask/detail/rle_walk.hpp>

namespace s2d::inline S2D_ABI {

inline rle rle::from_string(std::string_view text, std::ptrdiff_t height, std::ptrdiff_t width) {
  const std::uint64_t pixels = detail::checked_pixels("", height, width);
  return {height, width, detail::parse_runs(text, height, width, pixels)};
}

inline rle rle::from_counts(std::vector<std::uint32_t> lengths, std::ptrdiff_t height,
                            std::ptrdiff_t width) {
  rle mask{height, width, std::move(lengths)};
  detail::require_whole("", mask);
  return mask;
}

/// The compressed "counts" of COCO: as rle::from_string reads it, byte for byte as pycocotools
/// writes it. About 1.2 characters a run.
[[nodiscard]] inline std::string to_string(const rle& mask) {
  detail::require_whole("to_string: ", mask);
  return detail::print_runs(mask.counts);
}

/// The runs of a dense mask of any element type and strides; foreground is what differs from zero
/// (NaN does, -0.0 does not). Fast for rows or columns without gaps between elements. O(pixels).
/// @throws invalid_input if the mask has 2^32 pixels or more
template <mask_element T>
[[nodiscard]] rle encode(const mask_view<T>& mask) {
  detail::checked_pixels("encode: ", mask.height, mask.width);
  return {mask.height, mask.width, detail::scan_dense(mask)};
}

/// The runs of a packed mask. O(pixels / 64 + runs).
/// @throws invalid_input if the mask has 2^32 pixels or more
[[nodiscard]] inline rle encode(const bit_mask& mask) {
  detail::checked_pixels("encode: ", mask.height, mask.width);
  return {mask.height, mask.width, detail::scan_bits(mask)};
}

/// Writes 1 for foreground and 0 for background to every element of `out`. O(pixels), at the speed
/// of memset where the columns of `out` have no gaps.
/// @param out  [height, width], any strides
/// @throws invalid_input if the sizes differ
inline void decode(const rle& mask, const plane_view<std::uint8_t>& out) {
  detail::require_whole("decode: ", mask);
  detail::require_same_size("decode", mask, out);
  detail::paint_runs(mask, out);
}

/// The dense form, row-major: 1 for foreground, 0 for background. O(pixels).
[[nodiscard]] inline matrix<std::uint8_t> decode(const rle& mask) {
  detail::require_whole("decode: ", mask);
  matrix<std::uint8_t> dense(mask.height, mask.width);
  detail::paint_runs(mask, dense.view());
  return dense;
}

/// The packed form. O(pixels / 64 + runs).
[[nodiscard]] inline bit_mask to_bits(const rle& mask) {
  detail::require_whole("to_bits: ", mask);
  return detail::runs_to_bits(mask);
}

/// The same mask without runs of length 0. O(runs).
[[nodiscard]] inline rle canonical(const rle& mask) {
  detail::require_whole("canonical: ", mask);
  return detail::combine_runs(mask, mask, [](bool in_a, bool) { return in_a; });
}

/// Number of foreground pixels. O(runs).
[[nodiscard]] inline std::ptrdiff_t area(const rle& mask) {
  return detail::require_whole("area: ", mask);
}

/// The smallest box that holds the foreground; all zero if there is none. O(runs).
[[nodiscard]] inline box bounding_box(const rle& mask) {
  detail::require_whole("bounding_box: ", mask);
  return detail::runs_box(mask);
}

/// Number of pixels that are foreground in both. O(runs of a + runs of b), as the set operations.
/// @throws invalid_input if the sizes differ
[[nodiscard]] inline std::ptrdiff_t intersection_area(const rle& a, const rle& b) {
  detail::require_pair("intersection_area", a, b);
  return detail::common_area(a, b);
}

/// Pixels that are foreground in both. @throws invalid_input if the sizes differ
[[nodiscard]] inline rle intersect(const rle& a, const rle& b) {
  detail::require_pair("intersect", a, b);
  return detail::combine_runs(a, b, [](bool in_a, bool in_b) { return in_a && in_b; });
}

/// Pixels that are foreground in at least one. @throws invalid_input if the sizes differ
[[nodiscard]] inline rle unite(const rle& a, const rle& b) {
  detail::require_pair("unite", a, b);
  return detail::combine_runs(a, b, [](bool in_a, bool in_b) { return in_a || in_b; });
}

/// Pixels that are foreground in `a` and not in `b`. @throws invalid_input if the sizes differ
[[nodiscard]] inline rle subtract(const rle& a, const rle& b) {
  detail::require_pair("subtract", a, b);
  return detail::combine_runs(a, b, [](bool in_a, bool in_b) { return in_a && !in_b; });
}

/// Pixels that are foreground in exactly one. @throws invalid_input if the sizes differ
[[nodiscard]] inline rle symmetric_difference(const rle& a, const rle& b) {
  detail::require_pair("symmetric_difference", a, b);
  return detail::combine_runs(a, b, [](bool in_a, bool in_b) { return in_a != in_b; });
}

/// Background becomes foreground and the other way round. O(runs).
[[nodiscard]] inline rle complement(const rle& mask) {
  detail::require_whole("complement: ", mask);
  return detail::combine_runs(mask, mask, [](bool in_a, bool) { return !in_a; });
}

}  // namespace s2d::inline S2D_ABI
