// Hostile pictures: an exception of ours or a result, nothing else.
#include <s2d/io/image.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  try {
    (void)s2d::decode_image(bytes, "fuzz");
  } catch (const s2d::invalid_input&) {
  }
  return 0;
}
