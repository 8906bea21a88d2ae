// Two run lists walked side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/geometry.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Calls step(in_a, in_b, begin, end) for the stretches between run boundaries, in order; some are
/// of length 0. Precondition: both lists sum to the same number of pixels.
template <class Step>
void walk_runs(const rle& a, const rle& b, Step step) {
  const std::uint64_t pixels =
      static_cast<std::uint64_t>(a.height) * static_cast<std::uint64_t>(a.width);
  if (pixels == 0) return;
  const std::uint32_t* next_a = a.counts.data();
  const std::uint32_t* next_b = b.counts.data();
  std::uint64_t end_a = *next_a, end_b = *next_b, begin = 0;
  bool in_a = false, in_b = false;
  for (;;) {
    const std::uint64_t end = end_a < end_b ? end_a : end_b;
    step(in_a, in_b, begin, end);
    if (end == pixels) return;
    const bool turn_a = end_a == end, turn_b = end_b == end;
    if (turn_a) end_a += *++next_a;
    if (turn_b) end_b += *++next_b;
    in_a ^= turn_a;
    in_b ^= turn_b;
    begin = end;
  }
}

template <class Combine>
[[nodiscard]] rle combine_runs(const rle& a, const rle& b, Combine combine) {
  rle result{a.height, a.width, {}};
  result.counts.reserve(a.counts.size() + b.counts.size() + 1);
  bool current = false;
  std::uint64_t start = 0, last = 0;
  walk_runs(a, b, [&](bool in_a, bool in_b, std::uint64_t begin, std::uint64_t end) {
    last = end;
    if (begin == end || combine(in_a, in_b) == current) return;
    result.counts.push_back(static_cast<std::uint32_t>(begin - start));
    start = begin;
    current = !current;
  });
  result.counts.push_back(static_cast<std::uint32_t>(last - start));
  return result;
}

[[nodiscard]] inline std::ptrdiff_t common_area(const rle& a, const rle& b) {
  std::uint64_t common = 0;
  walk_runs(a, b, [&](bool in_a, bool in_b, std::uint64_t begin, std::uint64_t end) {
    common += in_a && in_b ? end - begin : 0;
  });
  return static_cast<std::ptrdiff_t>(common);
}

[[nodiscard]] inline box runs_box(const rle& mask) {
  const auto height = static_cast<std::size_t>(mask.height);
  std::size_t left = 0, right = 0, top = height, bottom = 0;  // right and bottom: one behind
  std::size_t x = 0, y = 0;                                   // of the next pixel
  const std::uint32_t* const counts = mask.counts.data();
  for (std::size_t k = 0, n = mask.counts.size() / 2; k < n; ++k) {
    y += counts[2 * k];
    const bool wraps = y >= height;  // most often by one column: no division
    x += wraps;
    y -= wraps ? height : 0;
    if (y >= height && height > 0) [[unlikely]] {
      x += y / height;
      y %= height;
    }
    const std::size_t count = counts[2 * k + 1];
    if (count == 0) continue;
    if (right == 0) left = x;
    const std::size_t end = y + count;
    if (end <= height) {
      top = y < top ? y : top;
      bottom = end > bottom ? end : bottom;
      y = end;
    } else {
      top = 0;
      bottom = height;
      x += (end - 1) / height;
      y = (end - 1) % height + 1;
    }
    right = x + 1;
  }
  if (right == 0) return {};
  const auto signed_box = [](auto... v) { return box{static_cast<std::ptrdiff_t>(v)...}; };
  return signed_box(left, top, right - left, bottom - top);
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
