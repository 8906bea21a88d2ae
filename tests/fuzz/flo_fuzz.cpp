// Hostile .flo files: an exception of ours or a result, nothing else.
#include <s2d/io/flo.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  try {
    const s2d::flow_field flow = s2d::decode_flo(bytes, "fuzz");
    const auto again = s2d::encode_flo(flow);
    if (again.size() != size) __builtin_trap();
  } catch (const s2d::invalid_input&) {
  }
  return 0;
}
