// Hostile YouTube-VIS files: an exception of ours, or data that are the same after writing, long
// and brief, and reading.
#include <s2d/io/ytvis.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scratch.hpp"

using fuzzing::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  s2d::ytvis_data read;
  try {
    read = s2d::parse_ytvis({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const s2d::invalid_input&) {
    return 0;
  }
  for (const s2d::ytvis_annotation& one : read.annotations) {
    if (one.length > 1000) return 0;  // as many entries would be written
    for (const s2d::ytvis_segment& segment : one.segments) {
      const auto made = s2d::make_segment(segment.frame, segment.mask);
      expect(made.area == static_cast<double>(s2d::area(segment.mask)));
    }
  }
  static const auto file = fuzzing::scratch("ytvis.json");
  for (const bool brief : {false, true}) try {
      s2d::write_ytvis(file, read, brief);
      expect(s2d::read_ytvis(file) == read);
    } catch (const s2d::invalid_input& error) {
      // What reading accepts and no frame mask of ours is.
      expect(
          std::string_view{error.what()}.ends_with("a frame mask has one segment, in its frame"));
    }
  return 0;
}
