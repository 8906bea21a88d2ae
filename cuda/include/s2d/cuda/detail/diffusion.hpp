// The work per row of diffusion on a sparse graph.
#pragma once

#include <cstdint>

#include <s2d/cuda/graph_types.hpp>
#include <s2d/cuda/detail/single.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

struct diffusion_settings {
  int iterations = 0;
  float mix = 0;   // of the neighbours
  float rest = 0;  // of the seeds
};

/// One step for `rows` rows. Four neighbouring threads take a row: they read 16 bytes of its ends
/// and 16 of its weights at once, and make the four sums that the core interleaves.
struct diffuse_rows {
  static constexpr int threads = 256, lanes = 4, rows = threads / lanes;
  struct shared {
    single parts[threads];
  };
  graph_view graph;
  diffusion_settings set;
  const float* seeds;
  const float* from;
  float* to;

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t index) const {
    single* const parts = block.template shared<shared>().parts;
    for (int part = block.thread(); part < threads; part += block.size()) {
      const std::int64_t row = index * rows + part / lanes;
      if (row < graph.nodes) parts[part] = part_of(row, part % lanes);
    }
    block.sync();
    for (int i = block.thread(); i < rows; i += block.size()) {
      const std::int64_t row = index * rows + i;
      if (row >= graph.nodes) continue;
      const single* const p = parts + i * lanes;
      const single sum = (p[0] + p[1]) + (p[2] + p[3]);
      to[row] = (single{set.mix} * sum + single{set.rest} * seeds[row]).value;
    }
  }

 private:
  /// Every fourth edge; those behind the last four are the first sum's, as in the core.
  [[nodiscard]] S2D_HD single part_of(std::int64_t row, int lane) const {
    const std::uint64_t begin = graph.begin[row], end = graph.begin[row + 1];
    const std::uint64_t fours = end - (end - begin) % lanes;
    single sum;
    for (std::uint64_t e = begin + static_cast<std::uint64_t>(lane); e < fours; e += lanes)
      sum = sum + product(e);
    if (lane == 0)
      for (std::uint64_t e = fours; e < end; ++e) sum = sum + product(e);
    return sum;
  }
  [[nodiscard]] S2D_HD single product(std::uint64_t e) const {
    return single{graph.weight[e]} * from[graph.to[e]];
  }
};

struct copy_values {
  const float* from;
  float* to;
  S2D_HD void operator()(std::int64_t i) const { to[i] = from[i]; }
};

template <class Executor>
void diffuse_on(const Executor& run, const graph_view& graph, const float* seeds, float* out,
                const diffusion_settings& set) {
  if (set.iterations == 0) run.for_each("diffuse", graph.nodes, copy_values{seeds, out});
  auto other = run.template allocate<float>(set.iterations > 1 ? graph.nodes : 0);
  const float* from = seeds;
  for (int left = set.iterations; left > 0; --left) {
    float* const to = left % 2 == 1 ? out : other.data();
    run.for_each_block("diffuse", (graph.nodes + diffuse_rows::rows - 1) / diffuse_rows::rows,
                       diffuse_rows{graph, set, seeds, from, to});
    from = to;
  }
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
