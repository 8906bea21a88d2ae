// Linear assignment beside SciPy and lapx, DBSCAN beside scikit-learn.
#include <s2d/assign/hungarian.hpp>
#include <s2d/assign/hungarian_batch.hpp>
#include <s2d/cluster/hamming.hpp>

#include "inputs.hpp"

namespace compare {

void tables(const fs::path& inputs) {
  for (const char* size : {"100x20", "300x300", "1000x1000"}) {
    const auto cost = tables_of<double>(inputs / s2d::concat("cost_", size, ".npy")).front();
    measure(s2d::concat("hungarian ", size), [&] { use(s2d::hungarian(cost)); });
    std::printf("total %s\t%.17g\n", size, s2d::hungarian(cost)->total);
  }
  const auto costs = tables_of<double>(inputs / "costs_160x100x20.npy");
  std::vector<s2d::plane_view<const double>> views;
  for (const auto& cost : costs) views.push_back(cost.view());
  measure("hungarian 160", [&] {
    use(s2d::hungarian_batch(std::span<const s2d::plane_view<const double>>{views}));
  });
  for (const char* rows : {"1000", "10000"}) {
    const dense table = masks_of(inputs / s2d::concat("rows_", rows, ".npy")).front();
    measure(s2d::concat("dbscan ", rows),
            [&] { use(s2d::dbscan(s2d::pack(view_of(table)), 0.2)); });
    std::printf("clusters %s\t%d\n", rows, s2d::dbscan(s2d::pack(view_of(table)), 0.2).count);
  }
}

}  // namespace compare
