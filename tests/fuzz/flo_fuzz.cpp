// Hostile .flo files: an exception of ours, or the same bytes when the flow is written.
#include <s2d/io/flo.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  s2d::flow_field flow;
  try {
    flow = s2d::decode_flo(bytes, "fuzz");
  } catch (const s2d::invalid_input&) {
    return 0;
  }
  fuzzing::expect(std::ranges::equal(s2d::encode_flo(flow), bytes));
  return 0;
}
