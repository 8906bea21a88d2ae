// The connected components of a mask: the plain types. They are found in mask/components.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/geometry.hpp>

namespace s2d::inline S2D_ABI {

/// Which pixels touch: those that share an edge, or those that share an edge or a corner.
enum class connectivity : std::uint8_t { four, eight };

/// How components are numbered. Scan order is the order of their first pixels, row by row.
enum class component_order : std::uint8_t {
  largest_first,  ///< by area, equal areas in scan order
  scan,
};

/// Pixels begin .. end - 1 of row y.
struct row_run {
  std::int32_t y = 0;
  std::int32_t begin = 0;
  std::int32_t end = 0;
  friend bool operator==(const row_run&, const row_run&) = default;
};

struct component {
  std::ptrdiff_t area = 0;  ///< number of pixels
  box bounds;               ///< the smallest box that holds it
};

/// The connected components of a mask of `height` x `width` pixels.
struct component_list {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::vector<component> items;        ///< [n]
  std::vector<row_run> runs;           ///< grouped by component, in scan order within it
  std::vector<std::size_t> first_run;  ///< [n + 1] runs of item i: first_run[i] .. first_run[i + 1]

  [[nodiscard]] std::size_t size() const noexcept { return items.size(); }
  [[nodiscard]] bool empty() const noexcept { return items.empty(); }
  /// Precondition: index < size().
  [[nodiscard]] std::span<const row_run> runs_of(std::size_t index) const noexcept {
    return {runs.data() + first_run[index], first_run[index + 1] - first_run[index]};
  }
};

}  // namespace s2d::inline S2D_ABI
