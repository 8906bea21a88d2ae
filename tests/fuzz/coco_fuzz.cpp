// Hostile COCO files: an exception of ours, or data that are the same after writing and reading.
#include <s2d/io/coco.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "scratch.hpp"

using fuzzing::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  s2d::coco_data read;
  try {
    read = s2d::parse_coco({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const s2d::invalid_input&) {
    return 0;
  }
  static const auto file = fuzzing::scratch("coco.json");
  s2d::write_coco(file, read);
  expect(s2d::read_coco(file) == read);
  for (const s2d::coco_annotation& one : read.annotations) {
    if (!one.mask) continue;
    const auto made = s2d::make_annotation(one.id, one.image_id, *one.mask);
    expect(made.mask == one.mask && made.area == static_cast<double>(s2d::area(*one.mask)));
  }
  return 0;
}
