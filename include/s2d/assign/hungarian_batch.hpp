// Many linear assignments at once.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include <s2d/assign/hungarian.hpp>
#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// The matchings of many tables of any shapes, each as hungarian gives it; working memory is reused
/// and threads share the tables.
///
/// @param costs    views of [n, m]
/// @param threads  0: one per processor; changes nothing but the time
/// @return a matching for each table, or nothing where it has none
/// @throws invalid_input as hungarian, for the first table that is refused, with its number
/// Complexity: the sum over tables; memory for the largest a thread.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] std::vector<std::optional<assignment>> hungarian_batch(
    std::span<const plane_view<T>> costs, const hungarian_options& options = {},
    std::size_t threads = 1) {
  constexpr std::size_t stretch = 16;
  std::vector<std::optional<assignment>> results(costs.size());
  parallel_for((costs.size() + stretch - 1) / stretch, threads, [&](std::size_t part) {
    detail::shortest_augmenting_path solver;
    for (std::size_t i = part * stretch; i < costs.size() && i < (part + 1) * stretch; ++i) try {
        const plane_view<const std::remove_const_t<T>> cost = costs[i];
        results[i] = detail::assign(cost, options, solver);
      } catch (const invalid_input& error) {
        throw invalid_input{concat("table ", i, ": ", error.what())};
      }
  });
  return results;
}

}  // namespace s2d::inline S2D_ABI
