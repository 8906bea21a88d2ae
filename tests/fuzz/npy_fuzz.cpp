// Hostile .npy files: an exception of ours or a result, nothing else.
#include <s2d/io/npy.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  try {
    const s2d::npy_array array = s2d::decode_npy(bytes, "fuzz");
    (void)s2d::npy_values<float>(array);
  } catch (const s2d::invalid_input&) {
  }
  return 0;
}
