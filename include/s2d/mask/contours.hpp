// Run-length masks to polygons.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/mask/component_types.hpp>
#include <s2d/mask/detail/column_groups.hpp>
#include <s2d/mask/detail/column_runs.hpp>
#include <s2d/mask/detail/rle_string.hpp>
#include <s2d/mask/polygon_types.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// The vertical edges between foreground and background, and how their ends are joined by
/// horizontal ones. End 2 e of edge e is its top, 2 e + 1 its bottom.
struct outline_edges {
  struct edge {
    std::uint32_t x, top, bottom;
    bool left;  ///< the foreground lies to the left
  };
  std::vector<edge> edges;            // by column, from top to bottom
  std::vector<std::uint32_t> beside;  // [2 edges] the end at the other side of the horizontal edge

  outline_edges(const column_runs& columns, std::ptrdiff_t height, std::ptrdiff_t width) {
    using list = std::span<const column_run>;
    for (std::ptrdiff_t x = 0; x <= width && width > 0; ++x)
      walk_column<2>({x > 0 ? columns.of(x - 1) : list{}, x < width ? columns.of(x) : list{}},
                     [&](std::uint32_t begin, std::uint32_t end, unsigned inside) {
                       if (inside != 3)
                         edges.push_back({static_cast<std::uint32_t>(x), begin, end, inside == 1});
                     });
    // The ends on every line between rows, from left to right: two by two they belong together.
    std::vector<std::size_t> next(static_cast<std::size_t>(height) + 2);
    for (const edge& e : edges) {
      ++next[e.top + 1];
      ++next[e.bottom + 1];
    }
    for (std::size_t y = 1; y < next.size(); ++y) next[y] += next[y - 1];
    std::vector<std::uint32_t> ends(2 * edges.size());
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const edge& e = edges[i];
      const std::size_t at = next[e.top]++;
      ends[at] = static_cast<std::uint32_t>(2 * i);
      ends[next[e.bottom]++] = static_cast<std::uint32_t>(2 * i + 1);
      // Two pixels meet at a corner: each keeps its own outline.
      const bool meets = i > 0 && edges[i - 1].x == e.x && edges[i - 1].bottom == e.top;
      if (meets && e.left) std::swap(ends[at - 1], ends[at]);
    }
    beside.resize(ends.size());
    for (std::size_t k = 0; k + 1 < ends.size(); k += 2) {
      beside[ends[k]] = ends[k + 1];
      beside[ends[k + 1]] = ends[k];
    }
  }
};

}  // namespace detail

/// The outlines of the foreground along the edges of its pixels: one polygon for every component
/// whose pixels share edges (connectivity::four), with the outlines of its holes, whose background
/// shares edges or corners. Outlines run clockwise on the screen, holes the other way, so that the
/// foreground lies to the right; every corner is a turn. An outline never crosses itself, but may
/// meet itself at a corner. Polygons come in the order of their first pixels, column by column.
///
/// encode_even_odd (mask/even_odd.hpp) of the polygons gives back the mask, pixel for pixel.
/// O(runs + corners + rows + columns).
[[nodiscard]] inline std::vector<polygon> to_polygons(const rle& mask) {
  detail::require_whole("to_polygons: ", mask);
  const detail::column_runs columns{mask};
  const detail::column_groups groups{columns, mask.width, connectivity::four};
  const detail::outline_edges outlines{columns, mask.height, mask.width};
  std::vector<polygon> polygons(groups.count);
  std::vector<std::uint8_t> done(outlines.edges.size());
  for (std::uint32_t first = 0; first < outlines.edges.size(); ++first) {
    if (done[first] != 0) continue;
    // The leftmost edges of an outline have the foreground to the right, those of a hole do not.
    const bool hole = outlines.edges[first].left;
    std::vector<double> corners;
    for (std::uint32_t e = first; done[e] == 0;) {
      const auto& [x, top, bottom, left] = outlines.edges[e];
      done[e] = 1;
      for (const std::uint32_t y : {left ? top : bottom, left ? bottom : top}) {
        corners.push_back(x);
        corners.push_back(y);
      }
      e = outlines.beside[2 * e + (left ? 1 : 0)] / 2;
    }
    // The pixel beside the first edge tells the component.
    const auto& [x, top, bottom, left] = outlines.edges[first];
    const std::size_t run = columns.index_at(std::ptrdiff_t{x} - (left ? 1 : 0), top);
    polygon& owner = polygons[groups.of_run[run]];
    if (hole)
      owner.holes.push_back(std::move(corners));
    else
      owner.outline = std::move(corners);
  }
  return polygons;
}

}  // namespace s2d::inline S2D_ABI
