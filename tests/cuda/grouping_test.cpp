#include <s2d/cuda/dbscan.hpp>
#include <s2d/cuda/detail/dbscan.hpp>
#include <s2d/cuda/detail/hungarian.hpp>
#include <s2d/cuda/hungarian.hpp>

#include <cstdint>
#include <vector>

#include "cuda/grouping_cases.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_executor;

struct grouping_twin {
  static support::solved hungarian(const std::vector<float>& cost, std::int64_t count,
                                   std::int64_t n, std::int64_t m, bool maximize) {
    support::solved s{std::vector<std::int32_t>(static_cast<std::size_t>(count * n), 7),
                      std::vector<std::int32_t>(static_cast<std::size_t>(count), 7),
                      std::vector<double>(static_cast<std::size_t>(count), 7)};
    detail::hungarian_on(host_executor{}, cost.data(), count, n, m, maximize, s.column_of.data(),
                         s.totals.data(), s.status.data());
    return s;
  }
  static support::grouped dbscan(const s2d::bit_matrix& rows, double eps,
                                 std::int64_t min_samples) {
    support::grouped g{std::vector<std::int32_t>(static_cast<std::size_t>(rows.height), 77), 77};
    const auto limit =
        static_cast<std::uint32_t>(s2d::largest_share(eps, static_cast<std::size_t>(rows.width)));
    detail::dbscan_on(host_executor{},
                      {rows.words().data(), rows.height, rows.words_per_row(), limit},
                      static_cast<std::uint32_t>(min_samples), g.label.data(), &g.count);
    return g;
  }
  static std::vector<std::uint64_t> rasterize(const std::vector<float>& points, std::int64_t sets,
                                              std::int64_t per_set, std::int64_t h,
                                              std::int64_t w) {
    std::vector<std::uint64_t> out(static_cast<std::size_t>(sets * h * ((w + 63) / 64)), 0xA5);
    detail::rasterize_on(host_executor{}, points.data(), per_set, {out.data(), sets, h, w});
    return out;
  }
};

}  // namespace

TEST_CASE("batches of assignments cost what the core's cost, and are the same where unique",
          "[cuda][hungarian][threads]") {
  support::check_small_assignments<grouping_twin>();
}

TEST_CASE("costs with ties cost what the core's cost, equal ones match row i with column i",
          "[cuda][hungarian][threads]") {
  support::check_tied_assignments<grouping_twin>();
}

TEST_CASE("infeasible and broken problems are told apart and leave others alone",
          "[cuda][hungarian][threads]") {
  support::check_broken_assignments<grouping_twin>();
}

TEST_CASE("packed rows are grouped as the core groups them", "[cuda][dbscan]") {
  support::check_small_dbscan<grouping_twin>();
}

TEST_CASE("points become the core's pixels", "[cuda][point_mask]") {
  support::check_rasterize<grouping_twin>();
  for (const float x : {-0.5f, -0.4f, 0.5f, 1.5f, 2.5f, 68.5f, 69.49f, 69.5f, 70.0f})
    CHECK(detail::pixel_of(x, 70) == s2d::detail::pixel_of(x, 70));
}
