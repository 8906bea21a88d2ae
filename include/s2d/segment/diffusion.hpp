// Sparse graphs: diffusion of values along the edges and the normalised cut of a part.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/segment/options.hpp>

namespace s2d::inline S2D_ABI {

/// A weighted directed graph of n nodes, row by row (CSR): the edges that leave node i lead to
/// to[e] with weight[e] >= 0 for begin[i] <= e < begin[i + 1]. Edges that occur twice add up.
struct sparse_graph {
  std::vector<std::size_t> begin = {0};  ///< [n + 1] ascending, from 0
  std::vector<std::int32_t> to;          ///< [edges] in 0..n-1
  std::vector<float> weight;             ///< [edges] finite, >= 0

  [[nodiscard]] std::size_t nodes() const noexcept { return begin.size() - 1; }
  [[nodiscard]] std::size_t edges() const noexcept { return to.size(); }
};

namespace detail {

inline void check_graph(const char* what, const sparse_graph& graph) {
  require(!graph.begin.empty() && graph.begin.front() == 0 &&
              graph.begin.back() == graph.to.size() && graph.weight.size() == graph.to.size(),
          what, ": graph has ", graph.begin.size(), " row starts, ", graph.to.size(), " ends and ",
          graph.weight.size(), " weights; expected n + 1 starts from 0 to the number of edges");
  for (std::size_t i = 1; i < graph.begin.size(); ++i)
    require(graph.begin[i - 1] <= graph.begin[i], what, ": row ", i - 1, " of the graph ends at ",
            graph.begin[i], ", before its start ", graph.begin[i - 1]);
  const std::size_t n = graph.nodes();
  for (std::size_t e = 0; e < graph.edges(); ++e) {
    require(graph.to[e] >= 0 && static_cast<std::size_t>(graph.to[e]) < n, what, ": edge ", e,
            " leads to node ", graph.to[e], ", expected 0..n-1 with n = ", n);
    require(graph.weight[e] >= 0 && graph.weight[e] <= (std::numeric_limits<float>::max)(), what,
            ": weight ", e, " is negative or not finite");
  }
}

/// Sum of weight * value over the edges of one row, in four interleaved partial sums.
[[nodiscard]] inline float row_product(const sparse_graph& graph, std::size_t row,
                                       const float* value) noexcept {
  const std::int32_t* to = graph.to.data();
  const float* weight = graph.weight.data();
  std::size_t e = graph.begin[row];
  const std::size_t end = graph.begin[row + 1];
  float s0 = 0;
  float s1 = 0;
  float s2 = 0;
  float s3 = 0;
  for (; e + 4 <= end; e += 4) {
    s0 += weight[e] * value[to[e]];
    s1 += weight[e + 1] * value[to[e + 1]];
    s2 += weight[e + 2] * value[to[e + 2]];
    s3 += weight[e + 3] * value[to[e + 3]];
  }
  for (; e < end; ++e) s0 += weight[e] * value[to[e]];
  return (s0 + s1) + (s2 + s3);
}

inline constexpr std::size_t diffusion_rows = 4096;  // rows a task

inline std::vector<float> run_diffusion(const sparse_graph& graph, std::span<const float> seeds,
                                        const diffusion_options& options) {
  const std::size_t n = graph.nodes();
  std::vector<float> value(seeds.begin(), seeds.end());
  std::vector<float> next(n);
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    parallel_for((n + diffusion_rows - 1) / diffusion_rows, options.threads, [&](std::size_t part) {
      for (std::size_t i = part * diffusion_rows; i < n && i < (part + 1) * diffusion_rows; ++i)
        next[i] = options.mix * row_product(graph, i, value.data()) + (1 - options.mix) * seeds[i];
    });
    value.swap(next);
  }
  return value;
}

inline std::vector<double> find_normalized_cuts(const sparse_graph& graph,
                                                std::span<const float> values,
                                                std::span<const float> thresholds) {
  // Node i lies inside for the first level[i] thresholds; an edge is cut by those between the
  // levels of its ends. Both are summed as differences and integrated at the end.
  const std::size_t m = thresholds.size();
  const std::size_t n = graph.nodes();
  std::vector<std::uint32_t> level(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t first = 0;
    for (std::size_t count = m; count > 0;) {
      const std::size_t half = count / 2;
      const bool above = values[i] > thresholds[first + half];
      first = above ? first + half + 1 : first;
      count = above ? count - half - 1 : half;
    }
    level[i] = static_cast<std::uint32_t>(first);
  }
  std::vector<double> cut(m + 1);
  std::vector<double> inside(m + 1);
  for (std::size_t i = 0; i < n; ++i) {
    double leaving = 0;
    for (std::size_t e = graph.begin[i]; e < graph.begin[i + 1]; ++e) {
      const auto j = static_cast<std::size_t>(graph.to[e]);
      const double w = graph.weight[e];
      leaving += w;
      inside[level[j]] += w;
      if (level[i] == level[j]) continue;
      cut[level[i] < level[j] ? level[i] : level[j]] += w;
      cut[level[i] < level[j] ? level[j] : level[i]] -= w;
    }
    inside[level[i]] += leaving;
  }
  // Both sides are sums, so that one without weight is exactly 0.
  std::vector<double> within(m + 2);
  for (std::size_t t = m + 1; t-- > 0;) within[t] = within[t + 1] + inside[t];
  std::vector<double> result(m, std::numeric_limits<double>::infinity());
  double running = 0, outside = 0;
  for (std::size_t t = 0; t < m; ++t) {
    running += cut[t];
    outside += inside[t];
    if (within[t + 1] > 0 && outside > 0) result[t] = running / within[t + 1] + running / outside;
  }
  return result;
}

inline void check_diffusion(const char* what, const diffusion_options& options) {
  require(options.iterations >= 0 && options.mix >= 0 && options.mix <= 1, what, ": iterations is ",
          options.iterations, ", mix is ", options.mix, "; expected >= 0 and 0..1");
}

}  // namespace detail

/// Sum of the weights that leave each node: [n].
/// @throws invalid_input if the graph is malformed. O(edges).
[[nodiscard]] inline std::vector<float> row_sums(const sparse_graph& graph) {
  detail::check_graph("row_sums", graph);
  std::vector<float> sums(graph.nodes());
  for (std::size_t i = 0; i < graph.nodes(); ++i)
    for (std::size_t e = graph.begin[i]; e < graph.begin[i + 1]; ++e) sums[i] += graph.weight[e];
  return sums;
}

/// The graph with every row divided by its sum, or by 1e-9 where the sum is less: a step of a
/// random walk. Rows without weight stay zero.
/// @throws invalid_input if the graph is malformed. O(edges).
[[nodiscard]] inline sparse_graph normalize_rows(sparse_graph graph) {
  const std::vector<float> sums = row_sums(graph);
  for (std::size_t i = 0; i < graph.nodes(); ++i) {
    const float scale = 1 / (sums[i] > 1e-9F ? sums[i] : 1e-9F);
    for (std::size_t e = graph.begin[i]; e < graph.begin[i + 1]; ++e) graph.weight[e] *= scale;
  }
  return graph;
}

/// Spreads the seeds over the graph: v = seeds, then `iterations` times
/// v <- mix * graph v + (1 - mix) * seeds. With rows of sum 1 this is a random walk that restarts,
/// values stay between the least and the largest seed, and equal seeds stay as they are.
///
/// @param graph  n nodes, usually normalize_rows(...)
/// @param seeds  [n] finite
/// @throws invalid_input if the graph is malformed, sizes differ or an option is out of range
/// Complexity: O(iterations * edges). The same result for any number of threads.
[[nodiscard]] inline std::vector<float> diffuse(const sparse_graph& graph,
                                                std::span<const float> seeds,
                                                const diffusion_options& options = {}) {
  detail::check_graph("diffuse", graph);
  require(seeds.size() == graph.nodes(), "diffuse: ", seeds.size(), " seeds for ", graph.nodes(),
          " nodes");
  detail::check_diffusion("diffuse", options);
  return detail::run_diffusion(graph, seeds, options);
}

/// Normalised cut (Shi and Malik 2000) of each part {i : values[i] > threshold} on the graph made
/// symmetric by adding its transpose: cut / assoc(part) + cut / assoc(rest), in 0..2. Infinity
/// where the part or the rest carries no weight.
///
/// @param values      [n]
/// @param thresholds  [m] ascending
/// @throws invalid_input if the graph is malformed, sizes differ or thresholds do not ascend
/// Complexity: O(edges + nodes log m + m), all thresholds in one pass.
[[nodiscard]] inline std::vector<double> normalized_cuts(const sparse_graph& graph,
                                                         std::span<const float> values,
                                                         std::span<const float> thresholds) {
  detail::check_graph("normalized_cuts", graph);
  require(values.size() == graph.nodes(), "normalized_cuts: ", values.size(), " values for ",
          graph.nodes(), " nodes");
  for (std::size_t t = 1; t < thresholds.size(); ++t)
    require(thresholds[t - 1] <= thresholds[t], "normalized_cuts: threshold ", t, " is ",
            thresholds[t], ", below the one before it, ", thresholds[t - 1]);
  return detail::find_normalized_cuts(graph, values, thresholds);
}

}  // namespace s2d::inline S2D_ABI
