// The runs of columns joined to connected components.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/mask/component_types.hpp>
#include <s2d/mask/detail/column_runs.hpp>
#include <s2d/mask/detail/component_runs.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Which component every run of `columns` belongs to, numbered by their first pixels column by
/// column. O(runs + columns).
struct column_groups {
  std::vector<std::uint32_t> of_run;  // [runs]
  std::uint32_t count = 0;

  column_groups(const column_runs& columns, std::ptrdiff_t width, connectivity touching)
      : of_run(counted<std::uint32_t>(columns.all().size())) {
    const std::uint64_t reach = touching == connectivity::eight ? 1 : 0;
    const std::vector<column_run>& runs = columns.all();
    for (std::ptrdiff_t x = 1; x < width; ++x) {
      std::size_t before = columns.first_of(x - 1);
      const std::size_t before_end = columns.first_of(x), end = columns.first_of(x + 1);
      for (std::size_t i = before_end; i < end; ++i) {
        while (before < before_end && runs[before].end + reach <= runs[i].begin) ++before;
        for (std::size_t k = before; k < before_end && runs[k].begin < runs[i].end + reach; ++k)
          join(of_run, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(i));
      }
    }
    // Parents are smaller than their children, so every root is numbered before its runs.
    for (std::uint32_t i = 0; i < of_run.size(); ++i)
      of_run[i] = of_run[i] == i ? count++ : of_run[of_run[i]];
  }
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
