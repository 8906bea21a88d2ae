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
  const std::ptrdiff_t height = mask.height;
  std::ptrdiff_t left = -1, right = 0, top = height, bottom = -1, position = 0;
  bool on = false;
  for (const std::uint32_t count : mask.counts) {
    const std::ptrdiff_t end = position + count;
    if (on && count != 0) {
      const std::ptrdiff_t first = position / height, last = (end - 1) / height;
      if (left < 0) left = first;
      right = last;
      const std::ptrdiff_t from = first == last ? position % height : 0;
      const std::ptrdiff_t to = first == last ? (end - 1) % height : height - 1;
      if (from < top) top = from;
      if (to > bottom) bottom = to;
    }
    position = end;
    on = !on;
  }
  if (left < 0) return {};
  return {left, top, right - left + 1, bottom - top + 1};
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
