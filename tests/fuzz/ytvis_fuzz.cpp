// Hostile YouTube-VIS files: an exception of ours or a result, nothing else.
#include <s2d/io/ytvis.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const s2d::ytvis_data data_read =
        s2d::parse_ytvis({reinterpret_cast<const char*>(data), size}, "fuzz");
    for (const s2d::ytvis_annotation& one : data_read.annotations)
      for (const s2d::ytvis_segment& segment : one.segments) (void)s2d::to_string(segment.mask);
  } catch (const s2d::invalid_input&) {
  }
  return 0;
}
