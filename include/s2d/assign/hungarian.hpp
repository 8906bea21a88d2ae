// Linear assignment: who belongs to whom at the least total cost.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include <s2d/assign/detail/shortest_augmenting_path.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// What becomes of costs that are not a number.
enum class nan_policy : std::uint8_t {
  refuse,  ///< invalid_input names the first one
  worst,   ///< as good as the worst finite cost of the table; a table without one is all equal
};

struct hungarian_options {
  bool maximize = false;  ///< find the greatest total instead of the least
  nan_policy nan = nan_policy::refuse;
};

/// A matching of rows to columns.
struct assignment {
  static constexpr std::ptrdiff_t none = -1;

  std::vector<std::ptrdiff_t> column_of;  ///< [n] the column of each row, or none
  double total = 0;                       ///< sum of the costs of the matched pairs
};

namespace detail {

template <class T>
double worst_finite(const plane_view<const T>& cost, double sign) {
  double worst = -std::numeric_limits<double>::infinity();
  for (std::ptrdiff_t y = 0; y < cost.height; ++y)
    for (std::ptrdiff_t x = 0; x < cost.width; ++x) {
      const double value = sign * static_cast<double>(cost(y, x));
      if (std::isfinite(value) && value > worst) worst = value;
    }
  return std::isfinite(worst) ? worst : 0;
}

// Fills `solver` with the table, the shorter side as rows, in minimisation form.
// Returns whether all costs are the same.
template <class T>
bool load_costs(const plane_view<const T>& cost, const hungarian_options& options,
                shortest_augmenting_path& solver) {
  const bool transposed = cost.height > cost.width;
  const std::ptrdiff_t rows = transposed ? cost.width : cost.height;
  const std::ptrdiff_t columns = transposed ? cost.height : cost.width;
  const std::ptrdiff_t row_stride = transposed ? cost.column_stride : cost.row_stride;
  const std::ptrdiff_t column_stride = transposed ? cost.row_stride : cost.column_stride;
  const double sign = options.maximize ? -1 : 1;
  solver.resize(rows, columns);
  const double first = sign * static_cast<double>(cost(0, 0));
  bool equal = true;
  double sum = 0;  // is not a number if any cost is not, or costs of both infinities meet
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    double* to = solver.row(i);
    const T* from = cost.data + i * row_stride;
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      const double value = sign * static_cast<double>(from[j * column_stride]);
      to[j] = value;
      sum += value;
      equal &= value == first;
    }
  }
  if constexpr (std::floating_point<T>) {
    if (std::isfinite(sum)) return equal;
    std::optional<double> worst;
    for (std::ptrdiff_t i = 0; i < rows; ++i)
      for (std::ptrdiff_t j = 0; j < columns; ++j) {
        double& value = solver.row(i)[j];
        const std::ptrdiff_t y = transposed ? j : i, x = transposed ? i : j;
        if (std::isnan(value)) {
          require(options.nan == nan_policy::worst, "hungarian: cost(", y, ", ", x,
                  ") is not a number");
          if (!worst) worst = worst_finite(cost, sign);
          value = *worst;
        }
        require(value != -std::numeric_limits<double>::infinity(), "hungarian: cost(", y, ", ", x,
                ") is ",
                options.maximize ? "+inf, expected finite or -inf (forbidden)"
                                 : "-inf, expected finite or +inf (forbidden)");
      }
    if (worst)
      for (std::ptrdiff_t i = 0; i < rows; ++i)
        for (std::ptrdiff_t j = 0; j < columns; ++j) equal &= solver.row(i)[j] == solver.row(0)[0];
  }
  return equal;
}

template <class T>
std::optional<assignment> assign(const plane_view<const T>& cost, const hungarian_options& options,
                                 shortest_augmenting_path& solver) {
  assignment result;
  result.column_of.assign(static_cast<std::size_t>(cost.height), assignment::none);
  if (cost.empty()) return result;
  const bool equal = load_costs(cost, options, solver);
  if (equal && solver.row(0)[0] == std::numeric_limits<double>::infinity()) return std::nullopt;
  if (equal)
    solver.match_diagonal();
  else if (!solver.solve())
    return std::nullopt;
  const bool transposed = cost.height > cost.width;
  for (std::ptrdiff_t i = 0; i < solver.rows(); ++i) {
    const std::ptrdiff_t j = solver.column_of(i);
    result.column_of[static_cast<std::size_t>(transposed ? j : i)] = transposed ? i : j;
    result.total += solver.row(i)[j];
  }
  if (options.maximize) result.total = -result.total;
  return result;
}

}  // namespace detail

/// Matches min(n, m) rows to columns, each to at most one, so that the sum of costs is least
/// (or greatest with `maximize`).
///
/// A cost of +inf (-inf with `maximize`) forbids the pair. The total equals
/// scipy.optimize.linear_sum_assignment's; so does the matching wherever the optimum is unique. If
/// all costs are equal, row i is matched with column i. Other ties are broken deterministically.
///
/// @param cost  [n, m] any arithmetic type, any strides; integers up to 2^53 are exact, magnitudes
///              up to 1e300 do not overflow; n or m may be 0
/// @return the matching; nothing if forbidden pairs leave no matching of min(n, m) pairs
/// @throws invalid_input on a cost that is not a number (unless options.nan says otherwise) or that
///         is infinitely good
/// Complexity: O(k^2 l) time, O(k l) memory with k = min(n, m), l = max(n, m).
/// Source: Jonker and Volgenant, Computing 38, 1987; Crouse, IEEE Trans. Aerosp. Electron. Syst.
/// 52(4), 2016.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] std::optional<assignment> hungarian(plane_view<const T> cost,
                                                  const hungarian_options& options = {}) {
  detail::shortest_augmenting_path solver;
  return detail::assign(cost, options, solver);
}

/// @copydoc hungarian
template <class T>
[[nodiscard]] std::optional<assignment> hungarian(const matrix<T>& cost,
                                                  const hungarian_options& options = {}) {
  return hungarian(cost.view(), options);
}

}  // namespace s2d::inline S2D_ABI
