// Hostile COCO files: an exception of ours or a result, nothing else.
#include <s2d/io/coco.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)s2d::parse_coco({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const s2d::invalid_input&) {
  }
  return 0;
}
