#include <s2d/cuda/dbscan.hpp>
#include <s2d/cuda/hungarian.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/grouping_cases.hpp"

using namespace s2d::cuda;

namespace {

struct grouping_device {
  static support::solved hungarian(const std::vector<float>& cost, std::int64_t count,
                                   std::int64_t n, std::int64_t m, bool maximize) {
    const auto memory = to_device(cost);
    auto column_of = support::rubbish<std::int32_t>(count * n);
    auto status = support::rubbish<std::int32_t>(count);
    auto totals = support::rubbish<double>(count);
    s2d::cuda::hungarian(memory.data(), count, n, m, column_of.data(), status.data(), totals.data(),
                         maximize);
    return {to_host(column_of), to_host(status), to_host(totals)};
  }
  static support::grouped dbscan(const s2d::bit_matrix& rows, double eps,
                                 std::int64_t min_samples) {
    const auto memory =
        to_device(std::vector<std::uint64_t>{rows.words().begin(), rows.words().end()});
    auto labels = support::rubbish<std::int32_t>(rows.height);
    auto count = support::rubbish<std::int32_t>(1);
    s2d::cuda::dbscan(memory.data(), rows.height, rows.width, eps, labels.data(), count.data(),
                      min_samples);
    return {to_host(labels), to_host(count)[0]};
  }
  static std::vector<std::uint64_t> rasterize(const std::vector<float>& points, std::int64_t sets,
                                              std::int64_t per_set, std::int64_t h,
                                              std::int64_t w) {
    const auto memory = to_device(points);
    auto out = support::rubbish<std::uint64_t>(sets * h * ((w + 63) / 64));
    s2d::cuda::rasterize(memory.data(), per_set, bits_view{out.data(), sets, h, w});
    return to_host(out);
  }
};

}  // namespace

TEST_CASE("the device's assignments are the core's, ties and broken problems too",
          "[device][small]") {
  if (!support::has_device()) return;
  support::check_small_assignments<grouping_device>();
  support::check_tied_assignments<grouping_device>();
  support::check_broken_assignments<grouping_device>();
}

TEST_CASE("the device matches 200 problems of 100 x 20, and larger ones", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  support::check_assignments<grouping_device>(random, 200, 100, 20, false);
  support::check_assignments<grouping_device>(random, 6, 33, 130, true);
}

TEST_CASE("the device groups packed rows as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::check_small_dbscan<grouping_device>();
}

TEST_CASE("the device groups many packed rows as the core", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{5};
  for (const std::int64_t columns : {40, 100, 150})
    support::check_dbscan<grouping_device>(random, 1500, columns);
}

TEST_CASE("the device's points are the core's pixels", "[device][small]") {
  if (!support::has_device()) return;
  support::check_rasterize<grouping_device>();
}
