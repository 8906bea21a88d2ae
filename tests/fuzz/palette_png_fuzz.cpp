// Hostile mask PNG files: an exception of ours or a result, nothing else.
#include <s2d/io/palette_png.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  for (const s2d::mask_ids rule : {s2d::mask_ids::stored, s2d::mask_ids::by_color}) try {
      (void)s2d::decode_mask_png(bytes, "fuzz", rule);
    } catch (const s2d::invalid_input&) {
    }
  return 0;
}
