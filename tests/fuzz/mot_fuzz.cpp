// Hostile MOTChallenge files: an exception of ours, or boxes in the promised ranges, the same ones
// when they are written and read again.
#include <s2d/io/mot.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<s2d::mot_box> boxes;
  try {
    boxes = s2d::decode_mot({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const s2d::invalid_input&) {
    return 0;
  }
  std::string text;
  for (const s2d::mot_box& box : boxes) {
    fuzzing::expect(box.frame < 10'000'000 && std::abs(box.left + 1) <= 1e6 &&
                    std::abs(box.top + 1) <= 1e6 && box.width >= 0 && box.width <= 1e6 &&
                    box.height >= 0 && box.height <= 1e6 && std::isfinite(box.confidence));
    char line[256];
    std::snprintf(line, sizeof line, "%zu,%lld,%.17g,%.17g,%.17g,%.17g,%.17g\n", box.frame + 1,
                  static_cast<long long>(box.identity), box.left + 1, box.top + 1, box.width,
                  box.height, box.confidence);
    text += line;
  }
  const auto again = s2d::decode_mot(text, "again");
  fuzzing::expect(again.size() == boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i)
    fuzzing::expect(again[i].frame == boxes[i].frame && again[i].identity == boxes[i].identity &&
                    again[i].left == boxes[i].left && again[i].width == boxes[i].width &&
                    again[i].confidence == boxes[i].confidence);
  return 0;
}
