// Hostile mask PNG files: an exception of ours, or ids that are the same after writing and reading.
#include <s2d/io/palette_png.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#include "scratch.hpp"

using fuzzing::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  for (const s2d::mask_ids rule : {s2d::mask_ids::stored, s2d::mask_ids::by_color}) {
    s2d::matrix<std::uint8_t> ids;
    try {
      ids = s2d::decode_mask_png(bytes, "fuzz", rule);
    } catch (const s2d::invalid_input&) {
      continue;
    }
    if (ids.values.size() > 4096) continue;  // packing takes its time
    static const auto file = fuzzing::scratch("ids.png");
    s2d::write_palette_png(file, ids);
    expect(s2d::read_mask_png(file) == ids);
  }
  return 0;
}
