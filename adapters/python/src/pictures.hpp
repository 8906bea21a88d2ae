// Pictures and flow fields of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>

#include <s2d/core/image.hpp>
#include <s2d/flow/field.hpp>

#include "arrays.hpp"

namespace s2d_python {

/// A picture of bytes without gaps; copied only if it has some.
using byte_array = nb::ndarray<const std::uint8_t, nb::c_contig, nb::device::cpu>;

/// @param dimensions  of the picture, which `expected` says in words
[[nodiscard]] inline byte_array bytes_of(std::string_view what, nb::handle object,
                                         std::size_t dimensions, std::string_view expected) {
  const any_array array = array_of(what, object, {dimensions}, expected);
  if (array.dtype() != nb::dtype<std::uint8_t>())
    refuse(what, " is ", describe(object), ", expected ", expected);
  return numbers_of<std::uint8_t>(what, object, dimensions, expected);
}

/// uint8 [h, w, 3]; the view looks at `kept`.
[[nodiscard]] inline s2d::image_view image_of(std::string_view what, nb::handle object,
                                              byte_array& kept) {
  kept = bytes_of(what, object, 3, "uint8 [h, w, 3]");
  s2d::require(kept.shape(2) == 3, what, " has ", kept.shape(2), " channels, expected 3");
  return {kept.data(), static_cast<std::ptrdiff_t>(kept.shape(0)),
          static_cast<std::ptrdiff_t>(kept.shape(1))};
}

/// An array [T, h, w, 3] or a list of [h, w, 3].
[[nodiscard]] inline std::vector<s2d::image> images_of(std::string_view what, nb::handle object) {
  std::vector<s2d::image> frames;
  if (!nb::isinstance<nb::iterable>(object))
    refuse(what, " is ", describe(object), ", expected uint8 [T, h, w, 3]");
  for (const nb::handle item : object) {
    byte_array kept;
    const s2d::image_view view = image_of(s2d::concat(what, "[", frames.size(), "]"), item, kept);
    s2d::image& frame = frames.emplace_back(view.height, view.width);
    frame.values.assign(view.data, view.data + frame.values.size());
  }
  return frames;
}

/// float32 [h, w, 2]: u to the right, v down.
[[nodiscard]] inline s2d::flow_field flow_of(std::string_view what, nb::handle object) {
  const auto array = numbers_of<float>(what, object, 3, "float32 [h, w, 2]");
  s2d::require(array.shape(2) == 2, what, " has ", array.shape(2), " planes, expected 2: u and v");
  s2d::flow_field flow(static_cast<std::ptrdiff_t>(array.shape(0)),
                       static_cast<std::ptrdiff_t>(array.shape(1)));
  for (std::size_t i = 0; i < flow.u.values.size(); ++i) {
    flow.u.values[i] = array.data()[2 * i];
    flow.v.values[i] = array.data()[2 * i + 1];
  }
  return flow;
}

/// float32 [h, w, 2]; None where there is no flow.
[[nodiscard]] inline nb::object flow_array(const s2d::flow_field& flow) {
  if (flow.empty()) return nb::none();
  std::vector<float> values(2 * flow.u.values.size());
  for (std::size_t i = 0; i < flow.u.values.size(); ++i) {
    values[2 * i] = flow.u.values[i];
    values[2 * i + 1] = flow.v.values[i];
  }
  return array_from(std::move(values), {static_cast<std::size_t>(flow.height()),
                                        static_cast<std::size_t>(flow.width()), 2});
}

/// An image as uint8 [h, w, 3].
[[nodiscard]] inline nb::object image_array(s2d::image picture) {
  const auto height = static_cast<std::size_t>(picture.height);
  const auto width = static_cast<std::size_t>(picture.width);
  return array_from(std::move(picture.values), {height, width, 3});
}

}  // namespace s2d_python
