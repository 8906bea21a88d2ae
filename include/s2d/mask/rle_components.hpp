// Connected components and holes of run-length masks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/mask/component_types.hpp>
#include <s2d/mask/detail/column_groups.hpp>
#include <s2d/mask/detail/column_runs.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

/// The connected components of the foreground, each a mask of the whole frame, numbered as those of
/// a packed mask (mask/components.hpp): by area or by their first pixels, row by row.
/// O(runs + columns), and O(n log n) to sort n components. Fast for whole objects; the components
/// of noise are found faster in a packed mask, which lists them without a vector for each.
[[nodiscard]] inline std::vector<rle> components(
    const rle& mask, connectivity touching = connectivity::eight,
    component_order order = component_order::largest_first) {
  detail::require_whole("components: ", mask);
  const detail::column_runs columns{mask};
  const detail::column_groups groups{columns, mask.width, touching};
  struct group {
    std::uint64_t first = ~std::uint64_t{0};  // pixel, row by row
    std::uint64_t area = 0;
    std::size_t runs = 0;
  };
  std::vector<group> items(groups.count);
  for (std::ptrdiff_t x = 0; x < mask.width; ++x)
    for (std::size_t i = columns.first_of(x); i < columns.first_of(x + 1); ++i) {
      const detail::column_run& run = columns.all()[i];
      group& item = items[groups.of_run[i]];
      const auto pixel = std::uint64_t{run.begin} * static_cast<std::uint64_t>(mask.width) +
                         static_cast<std::uint64_t>(x);
      item.first = detail::smaller_of(item.first, pixel);
      item.area += run.end - run.begin;
      ++item.runs;
    }
  std::vector<std::uint32_t> sorted = detail::counted<std::uint32_t>(items.size());
  detail::sort_stably(sorted, [&](std::uint32_t a, std::uint32_t b) {
    if (order == component_order::largest_first && items[a].area != items[b].area)
      return items[a].area > items[b].area;
    return items[a].first < items[b].first;
  });
  std::vector<std::uint32_t> rank(items.size());
  std::vector<detail::run_writer> writers;
  writers.reserve(items.size());
  for (const std::uint32_t i : sorted) {
    rank[i] = static_cast<std::uint32_t>(writers.size());
    writers.emplace_back(items[i].runs);
  }
  for (std::ptrdiff_t x = 0; x < mask.width; ++x)
    for (std::size_t i = columns.first_of(x); i < columns.first_of(x + 1); ++i) {
      const detail::column_run& run = columns.all()[i];
      const auto start = static_cast<std::uint64_t>(x * mask.height);
      writers[rank[groups.of_run[i]]].add(start + run.begin, start + run.end);
    }
  std::vector<rle> found;
  found.reserve(writers.size());
  for (detail::run_writer& writer : writers)
    found.push_back(writer.finish(mask.height, mask.width));
  return found;
}

/// Adds the holes: background that does not reach the border of the frame. Where the foreground
/// touches by `touching`, the background touches by the other connectivity, as for packed masks.
/// O(runs + columns).
[[nodiscard]] inline rle fill_holes(const rle& mask, connectivity touching = connectivity::eight) {
  const rle background = complement(mask);
  const detail::column_runs columns{background};
  const detail::column_groups groups{
      columns, mask.width,
      touching == connectivity::eight ? connectivity::four : connectivity::eight};
  std::vector<std::uint8_t> open(groups.count);
  for (std::ptrdiff_t x = 0; x < mask.width; ++x)
    for (std::size_t i = columns.first_of(x); i < columns.first_of(x + 1); ++i) {
      const detail::column_run& run = columns.all()[i];
      const bool at_border =
          x == 0 || x + 1 == mask.width || run.begin == 0 || std::ptrdiff_t{run.end} == mask.height;
      if (at_border) open[groups.of_run[i]] = 1;
    }
  detail::run_writer outside{columns.all().size()};
  for (std::ptrdiff_t x = 0; x < mask.width; ++x)
    for (std::size_t i = columns.first_of(x); i < columns.first_of(x + 1); ++i) {
      const detail::column_run& run = columns.all()[i];
      const auto start = static_cast<std::uint64_t>(x * mask.height);
      if (open[groups.of_run[i]] != 0) outside.add(start + run.begin, start + run.end);
    }
  return complement(outside.finish(mask.height, mask.width));
}

}  // namespace s2d::inline S2D_ABI
