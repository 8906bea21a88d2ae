// Masks of Python: dense arrays, and run lengths in the dictionaries of COCO.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nanobind/nanobind.h>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/rle_types.hpp>

#include "arrays.hpp"

namespace s2d_python {

/// A dense mask of an array of booleans, whole or floating-point numbers. Signed numbers are read
/// as unsigned ones: only whether they are zero counts.
using any_mask =
    std::variant<s2d::mask_view<const std::uint8_t>, s2d::mask_view<const std::uint16_t>,
                 s2d::mask_view<const std::uint32_t>, s2d::mask_view<const std::uint64_t>,
                 s2d::mask_view<const float>, s2d::mask_view<const double>>;

/// The mask that begins at element `first` and lies along two axes of the array.
/// Raises TypeError if the elements are of another type.
[[nodiscard]] any_mask plane_of(std::string_view what, const any_array& array, std::ptrdiff_t first,
                                std::size_t row_axis, std::size_t column_axis);

/// {"size": [height, width], "counts": bytes, str, or a list of run lengths}.
[[nodiscard]] s2d::rle rle_of(std::string_view what, nb::handle object);
[[nodiscard]] nb::dict to_dict(const s2d::rle& mask);
/// A list or tuple of these.
[[nodiscard]] std::vector<s2d::rle> rles_of(std::string_view what, nb::handle object);

/// A list of masks in one form: run lengths or packed.
using mask_list = std::variant<std::vector<s2d::rle>, std::vector<s2d::bit_mask>>;

/// Masks in the form in which they came: a list of dictionaries, an array [n, h, w], or a list of
/// arrays [h, w].
[[nodiscard]] mask_list masks_of(std::string_view what, nb::handle object);
/// The same, packed, whatever they came as.
[[nodiscard]] std::vector<s2d::bit_mask> packed_masks_of(std::string_view what, nb::handle object);
/// One mask, a dictionary or an array [h, w].
[[nodiscard]] s2d::bit_mask packed_mask_of(std::string_view what, nb::handle object);
/// A packed mask as an array of booleans [h, w].
[[nodiscard]] nb::object bool_array(const s2d::bit_mask& mask);

[[nodiscard]] std::vector<s2d::bit_mask> packed(mask_list masks);

/// Calls use(a, b) with two lists of one form: run lengths if both are, otherwise packed.
template <class Use>
decltype(auto) with_one_form(mask_list a, mask_list b, Use use) {
  if (a.index() == 0 && b.index() == 0) return use(std::get<0>(a), std::get<0>(b));
  return use(packed(std::move(a)), packed(std::move(b)));
}

}  // namespace s2d_python
