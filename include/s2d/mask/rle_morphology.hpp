// Run-length masks grown and shrunk by squares and disks, and their outline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/error.hpp>
#include <s2d/mask/detail/column_runs.hpp>
#include <s2d/mask/detail/component_runs.hpp>
#include <s2d/mask/detail/disk.hpp>
#include <s2d/mask/detail/rle_scan.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// The union of the mask moved by every (dx, dy) with |dy| <= half[|dx|], |dx| < half.size(): each
/// column of the result is painted, as bits, from the runs of the columns around it.
[[nodiscard]] inline rle grow_runs(const rle& mask, std::span<const std::ptrdiff_t> half) {
  const column_runs columns{mask};
  const std::ptrdiff_t height = mask.height, reach = static_cast<std::ptrdiff_t>(half.size()) - 1;
  std::vector<std::uint64_t> line(static_cast<std::size_t>(height / 64 + 1));
  std::vector<std::ptrdiff_t> filled;  // columns that have runs
  for (std::ptrdiff_t x = 0; x < mask.width; ++x)
    if (!columns.of(x).empty()) filled.push_back(x);
  std::size_t nearest = 0;  // of those that reach x, the first
  run_scanner scanner;
  for (std::ptrdiff_t x = 0; x < mask.width && height > 0; ++x) {
    std::ptrdiff_t top = height, bottom = 0;
    while (nearest < filled.size() && filled[nearest] < x - reach) ++nearest;
    for (std::size_t k = nearest; k < filled.size() && filled[k] <= x + reach; ++k) {
      const std::ptrdiff_t from = filled[k];
      const std::ptrdiff_t more = half[static_cast<std::size_t>(from < x ? x - from : from - x)];
      for (const column_run& run : columns.of(from)) {
        const std::ptrdiff_t first = larger_of(run.begin - more, std::ptrdiff_t{0});
        const std::ptrdiff_t last = smaller_of(run.end + more, height);
        set_range(line.data(), first, last);
        top = smaller_of(top, first);
        bottom = larger_of(bottom, last);
      }
    }
    if (top >= bottom) {
      scanner.take_equal(false, static_cast<std::uint64_t>(height));
      continue;
    }
    if (top >= 64) scanner.take_equal(false, static_cast<std::uint64_t>(top / 64 * 64));
    std::ptrdiff_t y = top / 64 * 64;
    for (; y < bottom; y += 64) {
      std::uint64_t& word = line[static_cast<std::size_t>(y / 64)];
      scanner.take(word, smaller_of(height - y, std::ptrdiff_t{64}));
      word = 0;
    }
    if (y < height) scanner.take_equal(false, static_cast<std::uint64_t>(height - y));
  }
  if (height == 0 || mask.width == 0) return {height, mask.width, {0}};
  return {height, mask.width, scanner.finish()};
}

/// A radius that reaches from everywhere to everywhere is enough.
[[nodiscard]] inline std::ptrdiff_t useful_radius(const char* what, const rle& mask,
                                                  std::ptrdiff_t radius) {
  require(radius >= 0, what, "radius is ", radius, ", expected 0 or more");
  require_whole(what, mask);
  return smaller_of(radius, 2 * larger_of(mask.height, mask.width));
}

}  // namespace detail

/// Foreground grown by a disk, as dilate_disk of packed masks has it (mask/boundary.hpp). What lies
/// outside the frame counts as background.
/// O(pixels / 64 + runs * radius * (1 + (length of a run + radius) / 64)). Faster than packed bits
/// for whole objects in large frames; for noise, and as a step among others, pack first.
/// @throws invalid_input if radius is negative
[[nodiscard]] inline rle dilate_disk(const rle& mask, std::ptrdiff_t radius) {
  return detail::grow_runs(
      mask, detail::disk_half_widths(detail::useful_radius("dilate_disk: ", mask, radius)));
}

/// Foreground shrunk by a disk: what has no background within distance `radius`. What lies outside
/// the frame counts as foreground. The cost is that of growing the background.
/// @throws invalid_input if radius is negative
[[nodiscard]] inline rle erode_disk(const rle& mask, std::ptrdiff_t radius) {
  radius = detail::useful_radius("erode_disk: ", mask, radius);
  return complement(dilate_disk(complement(mask), radius));
}

/// Foreground grown by `radius` pixels to every side and corner, as dilate of packed masks has it
/// (mask/morphology.hpp), which is faster from a radius of a few pixels on.
/// @throws invalid_input if radius is negative
[[nodiscard]] inline rle dilate(const rle& mask, std::ptrdiff_t radius) {
  radius = detail::useful_radius("dilate: ", mask, radius);
  return detail::grow_runs(
      mask, std::vector<std::ptrdiff_t>(static_cast<std::size_t>(radius) + 1, radius));
}

/// Foreground shrunk by `radius` pixels from every side and corner; what lies outside the frame
/// counts as foreground. @throws invalid_input if radius is negative
[[nodiscard]] inline rle erode(const rle& mask, std::ptrdiff_t radius) {
  radius = detail::useful_radius("erode: ", mask, radius);
  return complement(dilate(complement(mask), radius));
}

/// The boundary map of the DAVIS benchmark, as boundary_map of packed masks has it
/// (mask/boundary.hpp): pixels that differ from the right, the lower or the lower right neighbour;
/// beyond the last row and column the frame repeats them. O(runs + columns).
[[nodiscard]] inline rle boundary_map(const rle& mask) {
  detail::require_whole("boundary_map: ", mask);
  using detail::column_run;
  const detail::column_runs columns{mask};
  const auto height = static_cast<std::uint32_t>(mask.height);
  detail::run_writer out{2 * columns.all().size()};
  // Every pixel takes the value of the one below it.
  const auto moved_up = [&](std::span<const column_run> runs, std::vector<column_run>& up) {
    up.clear();
    for (const auto& [begin, end] : runs) {
      const column_run moved{begin > 0 ? begin - 1 : 0, end < height ? end - 1 : end};
      if (moved.begin < moved.end) up.push_back(moved);
    }
  };
  std::vector<column_run> lower, lower_right;
  if (mask.width > 0) moved_up(columns.of(0), lower_right);
  for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
    const auto right = columns.of(x + 1 < mask.width ? x + 1 : x);
    lower.swap(lower_right);
    moved_up(right, lower_right);
    const auto start = static_cast<std::uint64_t>(x) * height;
    detail::walk_column<4>({columns.of(x), right, lower, lower_right},
                           [&](std::uint32_t begin, std::uint32_t end, unsigned inside) {
                             if (inside != 15) out.add(start + begin, start + end);
                           });
  }
  return out.finish(mask.height, mask.width);
}

}  // namespace s2d::inline S2D_ABI
