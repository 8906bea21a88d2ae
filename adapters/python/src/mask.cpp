// What s2d/mask.py makes a drop-in for pycocotools.mask of.
#include <cstdint>
#include <memory>
#include <vector>

#include <nanobind/nanobind.h>

#include <s2d/mask/iou.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/rle_merge.hpp>

#include "bind.hpp"
#include "masks.hpp"

namespace s2d_python {

namespace {

s2d::rle encode_unlocked(const any_mask& dense) {
  const nb::gil_scoped_release others_run;
  return std::visit([](const auto& mask) { return s2d::encode(mask); }, dense);
}

nb::object encode(nb::handle object) {
  const any_array array = array_of("encode: bimask", object, {2, 3},
                                   "an array [h, w] or [h, w, n] of bool, integers or floats");
  if (array.ndim() == 2)
    return to_dict(encode_unlocked(plane_of("encode: bimask", array, 0, 0, 1)));
  nb::list masks;
  for (std::size_t i = 0; i < array.shape(2); ++i)
    masks.append(to_dict(encode_unlocked(plane_of(
        "encode: bimask", array, static_cast<std::ptrdiff_t>(i) * array.stride(2), 0, 1))));
  return masks;
}

// [h, w, n] in column-major order, mask after mask.
nb::object decode(nb::handle list) {
  const std::vector<s2d::rle> masks = rles_of("decode: rleObjs", list);
  const std::ptrdiff_t height = masks.empty() ? 0 : masks[0].height;
  const std::ptrdiff_t width = masks.empty() ? 0 : masks[0].width;
  for (const s2d::rle& mask : masks)
    s2d::detail::require_same_size("decode: rleObjs", masks[0], mask);
  const auto pixels = static_cast<std::size_t>(height * width);
  // Not zeroed: every byte is written.
  std::unique_ptr<std::uint8_t[]> bytes{new std::uint8_t[pixels * masks.size() + 1]};
  {
    const nb::gil_scoped_release others_run;
    for (std::size_t i = 0; i < masks.size(); ++i)
      s2d::decode(masks[i], s2d::plane_view<std::uint8_t>::column_major(bytes.get() + i * pixels,
                                                                        height, width));
  }
  const nb::capsule owner{bytes.get(),
                          [](void* p) noexcept { delete[] static_cast<std::uint8_t*>(p); }};
  return nb::cast(nb::ndarray<nb::numpy, std::uint8_t>(
      bytes.release(),
      {static_cast<std::size_t>(height), static_cast<std::size_t>(width), masks.size()}, owner,
      {1, height, height * width}));
}

/// Into memory of the caller.
void decode_into(nb::handle object, nb::handle out) {
  nb::ndarray<std::uint8_t, nb::ndim<2>, nb::device::cpu> array;
  if (!nb::ndarray_check(out) || !nb::try_cast(out, array, false))
    refuse("decode: out is ", describe(out), ", expected a writable uint8 array [h, w]");
  const s2d::rle mask = rle_of("decode: rleObjs", object);
  const s2d::plane_view<std::uint8_t> view{
      array.data(), static_cast<std::ptrdiff_t>(array.shape(0)),
      static_cast<std::ptrdiff_t>(array.shape(1)), array.stride(0), array.stride(1)};
  const nb::gil_scoped_release others_run;
  s2d::decode(mask, view);
}

nb::object area(nb::handle list) {
  std::vector<std::uint32_t> areas;
  for (const s2d::rle& mask : rles_of("area: rleObjs", list))
    areas.push_back(static_cast<std::uint32_t>(s2d::area(mask)));
  const std::size_t count = areas.size();
  return array_from(std::move(areas), {count});
}

nb::object bounding_boxes(nb::handle list) {
  std::vector<double> boxes;
  for (const s2d::rle& mask : rles_of("toBbox: rleObjs", list)) {
    const s2d::box found = s2d::bounding_box(mask);
    for (const std::ptrdiff_t side : {found.x, found.y, found.width, found.height})
      boxes.push_back(static_cast<double>(side));
  }
  const std::size_t count = boxes.size() / 4;
  return array_from(std::move(boxes), {count, 4});
}

nb::dict merge(nb::handle list, bool intersect) {
  const std::vector<s2d::rle> masks = rles_of("merge: rleObjs", list);
  s2d::rle merged;
  {
    const nb::gil_scoped_release others_run;
    merged = intersect ? s2d::intersect(masks) : s2d::unite(masks);
  }
  return to_dict(merged);
}

std::ptrdiff_t side_of(const char* name, nb::handle object) {
  return static_cast<std::ptrdiff_t>(size_of(s2d::concat("frPyObjects: ", name), object));
}

nb::dict from_polygon(nb::handle corners, nb::handle height, nb::handle width) {
  const auto numbers =
      numbers_of<double>("frPyObjects: polygon", corners, 1, "x0, y0, x1, y1, ...");
  return to_dict(s2d::encode_polygon({numbers.data(), numbers.size()}, side_of("h", height),
                                     side_of("w", width)));
}

nb::dict from_box(nb::handle box, nb::handle height, nb::handle width) {
  const auto sides = numbers_of<double>("frPyObjects: box", box, 1, "x, y, width, height");
  s2d::require(sides.size() == 4, "frPyObjects: box has ", sides.size(),
               " numbers, expected x, y, width, height");
  const double* const at = sides.data();
  return to_dict(
      s2d::encode_box(at[0], at[1], at[2], at[3], side_of("h", height), side_of("w", width)));
}

nb::dict from_runs(nb::handle object) { return to_dict(rle_of("frPyObjects: pyobj", object)); }

}  // namespace

void bind_mask(nb::module_& m) {
  m.def("encode", &encode);
  m.def("decode", &decode);
  m.def("decode_into", &decode_into);
  m.def("area", &area);
  m.def("bounding_boxes", &bounding_boxes);
  m.def("merge", &merge);
  m.def("from_polygon", &from_polygon, nb::arg("polygon"), nb::arg("h").none(),
        nb::arg("w").none());
  m.def("from_box", &from_box, nb::arg("box"), nb::arg("h").none(), nb::arg("w").none());
  m.def("from_runs", &from_runs);
}

}  // namespace s2d_python
