// Many small linear assignments at once, on a device.
#pragma once

#include <cstdint>

#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/check.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// What became of a problem.
enum class assignment_status : std::int32_t {
  matched = 0,
  infeasible = 1,  ///< forbidden pairs leave no matching of min(n, m) pairs
  bad_cost = 2,    ///< a cost is not a number, or infinitely good
};

namespace detail {

void launch_hungarian(const float* cost, std::int64_t count, std::int64_t rows,
                      std::int64_t columns, bool maximize, std::int32_t* column_of, double* totals,
                      std::int32_t* status, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

/// Solves `count` problems, each as s2d::hungarian: min(n, m) rows are matched with columns so that
/// the sum of costs is least (greatest with `maximize`); +inf (-inf) forbids a pair. The total
/// equals the core's but for rounding of double sums; the matching does wherever the optimum is
/// unique, and where all costs are equal.
///
/// A block of 128 threads a problem; pays from some dozens of problems on. Nothing waits: what is
/// wrong with a problem is told by its status, never by an exception, and leaves the others alone.
/// Temporary memory: 20 to 40 bytes for a row and a column of each problem.
/// @param cost       [count, n, m]    @param column_of  [count, n] the column of each row, or -1
/// @param status     [count] assignment_status
/// @param totals     [count] or null: sum of the costs of the matched pairs, 0 unless matched
/// @throws invalid_input if extents are negative or a side is 2^31 or more
inline void hungarian(const float* cost, std::int64_t count, std::int64_t n, std::int64_t m,
                      std::int32_t* column_of, std::int32_t* status, double* totals = nullptr,
                      bool maximize = false, stream_view stream = {}) {
  checks::require_device("hungarian: cost", cost,
                         checks::checked_product("hungarian", count, n, m));
  checks::require_device("hungarian: column_of", column_of,
                         checks::checked_product("hungarian", count, n));
  checks::require_device("hungarian: status", status, count);
  checks::require_optional("hungarian: totals", totals, count);
  require(n <= INT32_MAX && m <= INT32_MAX, "hungarian: ", n, " x ", m,
          ", expected sides below 2^31");
  detail::launch_hungarian(cost, count, n, m, maximize, column_of, totals, status, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
