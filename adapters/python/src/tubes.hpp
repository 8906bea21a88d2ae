// Tubes of Python: the masks of one object over time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>

#include <s2d/mask/rle.hpp>
#include <s2d/mask/tube.hpp>

#include "masks.hpp"

namespace s2d_python {

using tube = std::vector<s2d::tube_segment<s2d::rle>>;
using tube_list = std::vector<tube>;

/// An array [T, h, w], or a list over frames of masks, None where there is none.
[[nodiscard]] inline tube tube_of(std::string_view what, nb::handle object) {
  tube result;
  if (nb::ndarray_check(object)) {
    for (const s2d::bit_mask& mask : packed_masks_of(what, object))
      result.push_back({static_cast<std::ptrdiff_t>(result.size()), s2d::encode(mask)});
    return result;
  }
  if (!nb::isinstance<nb::list>(object) && !nb::isinstance<nb::tuple>(object))
    refuse(what, " is ", describe(object), ", expected an array [T, h, w] or a list over frames");
  std::ptrdiff_t frame = 0;
  for (const nb::handle item : object) {
    const std::string name = s2d::concat(what, "[", frame, "]");
    if (nb::isinstance<nb::dict>(item))
      result.push_back({frame, rle_of(name, item)});
    else if (!item.is_none())
      result.push_back({frame, s2d::encode(packed_mask_of(name, item))});
    ++frame;
  }
  return result;
}

/// A list of tubes, or an array [n, T, h, w].
[[nodiscard]] inline tube_list tubes_of(std::string_view what, nb::handle object) {
  tube_list tubes;
  if (!nb::isinstance<nb::iterable>(object) || nb::isinstance<nb::dict>(object))
    refuse(what, " is ", describe(object), ", expected a list of tubes");
  for (const nb::handle item : object)
    tubes.push_back(tube_of(s2d::concat(what, "[", tubes.size(), "]"), item));
  return tubes;
}

}  // namespace s2d_python
