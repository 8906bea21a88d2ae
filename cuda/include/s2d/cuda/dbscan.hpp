// Visibility grouping on a device: DBSCAN on packed rows, and points as pixels.
#pragma once

#include <cstddef>
#include <cstdint>

#include <s2d/core/share.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_dbscan(const std::uint64_t* rows, std::int64_t n, std::int64_t words,
                   std::uint32_t limit, std::uint32_t min_samples, std::int32_t* labels,
                   std::int32_t* count, stream_view stream);
void launch_rasterize(const float* points, std::int64_t per_set, const bits_view& out,
                      stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

/// Groups rows of bits as s2d::dbscan(hamming_neighbors(rows, eps), {min_samples}): neighbours
/// differ in at most eps * columns columns; clusters are numbered by their first core row, a border
/// row goes to the cluster with the lowest number. The same labels in every run.
///
/// Three passes over all pairs, seven launches and those of a running sum. Nothing waits. Temporary
/// memory: 24 bytes a row; no lists of neighbours.
/// @param rows         [n, words] 64 columns to a word, bits behind the last column zero
/// @param columns      of a row
/// @param eps          in [0, 1]
/// @param labels       [n] in device memory: 0 .. count - 1, or -1 for noise
/// @param count        [1] in device memory: number of clusters
/// @throws invalid_input if eps or min_samples is out of range, or there are 2^31 rows or more
inline void dbscan(const std::uint64_t* rows, std::int64_t n, std::int64_t columns, double eps,
                   std::int32_t* labels, std::int32_t* count, std::int64_t min_samples = 5,
                   stream_view stream = {}) {
  require(columns >= 0 && n < INT32_MAX && columns < INT32_MAX, "dbscan: ", n, " rows of ", columns,
          " columns, expected 0 to 2^31 - 1");
  require(eps >= 0.0 && eps <= 1.0, "dbscan: eps is ", eps, ", expected 0 to 1");
  require(min_samples >= 0, "dbscan: min_samples is ", min_samples, ", expected at least 0");
  const std::int64_t words = (columns + 63) / 64;
  checks::require_device("dbscan: rows", rows, checks::checked_product("dbscan", n, words));
  checks::require_device("dbscan: labels", labels, n);
  checks::require_device("dbscan: count", count, 1);
  const auto limit =
      static_cast<std::uint32_t>(largest_share(eps, static_cast<std::size_t>(columns)));
  const auto least = static_cast<std::uint32_t>(min_samples < INT32_MAX ? min_samples : INT32_MAX);
  detail::launch_dbscan(rows, n, words, limit, least, labels, count, stream);
}

/// The pixels on which each of `out.count` sets of points falls, as s2d::rasterize: coordinates
/// rounded half to even, points outside or not finite left out. With intersection_areas against
/// masks and areas of the sets it gives the point-mask Jaccard index of many sets and masks.
/// @param points   [out.count, per_set, 2] x and y; NaN where a set has fewer
/// @param out      [sets, h, w]
/// @throws invalid_input if extents overflow or an address cannot be device memory. Nothing waits.
inline void rasterize(const float* points, std::int64_t per_set, const bits_view& out,
                      stream_view stream = {}) {
  checks::require_view("rasterize: out", out);
  checks::require_device("rasterize: points", points,
                         checks::checked_product("rasterize", out.count, per_set, 2));
  detail::launch_rasterize(points, per_set, out, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
