// What the mask targets share: small masks out of bytes, and their runs by definition.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/matrix.hpp>
#include <s2d/mask/rle_types.hpp>

#include "expect.hpp"

namespace plain_masks {

using fuzzing::expect;

/// Bytes one after the other; zeros when there are no more.
class bytes {
 public:
  bytes(const std::uint8_t* data, std::size_t size) : next_{data}, end_{data + size} {}
  std::uint8_t take() { return next_ == end_ ? std::uint8_t{0} : *next_++; }
  /// 0 .. n - 1
  std::ptrdiff_t below(std::ptrdiff_t n) { return take() % n; }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

using dense = s2d::matrix<std::uint8_t>;

/// Eight pixels a byte.
inline dense mask_of(bytes& from, std::ptrdiff_t height, std::ptrdiff_t width) {
  dense mask(height, width);
  unsigned byte = 0;
  for (std::size_t i = 0; i < mask.values.size(); ++i, byte >>= 1) {
    if (i % 8 == 0) byte = from.take();
    mask.values[i] = byte & 1;
  }
  return mask;
}

/// The canonical runs of `height` x `width` pixels that are foreground where value(y, x) holds.
template <class Value>
s2d::rle draw(std::ptrdiff_t height, std::ptrdiff_t width, const Value& value) {
  s2d::rle runs{height, width, {}};
  runs.counts.reserve(static_cast<std::size_t>(height * width) + 1);
  bool current = false;
  std::uint32_t length = 0;
  for (std::ptrdiff_t x = 0; x < width; ++x)
    for (std::ptrdiff_t y = 0; y < height; ++y, ++length) {
      if (static_cast<bool>(value(y, x)) == current) continue;
      runs.counts.push_back(length);
      length = 0;
      current = !current;
    }
  runs.counts.push_back(length);
  return runs;
}

inline s2d::rle runs_of(const dense& mask) { return draw(mask.height, mask.width, mask); }

/// The same mask with runs of length 0 strewn in.
inline s2d::rle padded(bytes& from, const s2d::rle& mask) {
  s2d::rle result{mask.height, mask.width, {}};
  result.counts.reserve(3 * mask.counts.size());
  for (const std::uint32_t count : mask.counts) {
    const std::uint8_t choice = from.take();
    if (choice % 4 != 0) {
      result.counts.push_back(count);
      continue;
    }
    const std::uint32_t part = choice / 4 < count ? choice / 4 : count;
    result.counts.insert(result.counts.end(), {part, 0, count - part});
  }
  return result;
}

}  // namespace plain_masks
