// Connected components of packed masks, by runs; holes.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/component_types.hpp>
#include <s2d/mask/detail/component_runs.hpp>

namespace s2d::inline S2D_ABI {

/// The connected components of the foreground. Deterministic: see component_order.
/// O(pixels / 64 + runs), and O(n log n) to sort n components by area.
/// @throws invalid_input if an extent is 2^31 or more
[[nodiscard]] inline component_list components(
    const bit_mask& mask, connectivity touching = connectivity::eight,
    component_order order = component_order::largest_first) {
  return detail::group_runs(mask, touching, order);
}

/// Component `index` as a mask of the whole frame. O(pixels / 64).
/// @throws invalid_input if there is no such component
[[nodiscard]] inline bit_mask extract(const component_list& list, std::size_t index) {
  require(index < list.size(), "extract: component ", index, " of ", list.size());
  bit_mask mask(list.height, list.width);
  for (const row_run& run : list.runs_of(index))
    detail::set_range(mask.row(run.y), run.begin, run.end);
  return mask;
}

/// A picture of the components: 0 for background, i + 1 for component i. O(pixels).
[[nodiscard]] inline matrix<std::int32_t> labels(const component_list& list) {
  matrix<std::int32_t> picture(list.height, list.width);
  for (std::size_t i = 0; i < list.size(); ++i)
    for (const row_run& run : list.runs_of(i))
      for (std::int32_t x = run.begin; x < run.end; ++x)
        picture(run.y, x) = static_cast<std::int32_t>(i + 1);
  return picture;
}

/// Adds the holes: background that does not reach the border of the frame. Where the foreground
/// touches by `touching`, the background touches by the other connectivity: with the default a
/// diagonal line of pixels encloses. O(pixels / 64 + runs).
[[nodiscard]] inline bit_mask fill_holes(const bit_mask& mask,
                                         connectivity touching = connectivity::eight) {
  const component_list background = components(
      complement(mask), touching == connectivity::eight ? connectivity::four : connectivity::eight,
      component_order::scan);
  bit_mask filled = mask;
  for (std::size_t i = 0; i < background.size(); ++i) {
    const box& at = background.items[i].bounds;
    if (at.x == 0 || at.y == 0 || at.x + at.width == mask.width || at.y + at.height == mask.height)
      continue;
    for (const row_run& run : background.runs_of(i))
      detail::set_range(filled.row(run.y), run.begin, run.end);
  }
  return filled;
}

}  // namespace s2d::inline S2D_ABI
