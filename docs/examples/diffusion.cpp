// Two rings of nodes joined by a weak edge: one seed fills its own ring, and the cut shows it.
#include <vector>

#include <s2d/segment/diffusion.hpp>

int main() {
  constexpr std::int32_t ring = 10;
  s2d::sparse_graph graph;  // node i: its two neighbours in the ring
  for (std::int32_t i = 0; i < 2 * ring; ++i) {
    const std::int32_t first = i / ring * ring;
    for (const std::int32_t step : {1, ring - 1}) {
      graph.to.push_back(first + (i - first + step) % ring);
      graph.weight.push_back(1);
    }
    if (i == 0 || i == ring) {  // the weak edge
      graph.to.push_back(ring - i);
      graph.weight.push_back(0.05F);
    }
    graph.begin.push_back(graph.to.size());
  }

  std::vector<float> seeds(2 * ring);
  seeds[4] = 1;
  const std::vector<float> spread = s2d::diffuse(s2d::normalize_rows(graph), seeds);

  const std::vector<float> thresholds = {0.01F, 0.1F};
  const std::vector<double> cut = s2d::normalized_cuts(graph, spread, thresholds);
  bool parted = true;
  for (std::int32_t i = 0; i < 2 * ring; ++i)
    parted = parted && (spread[static_cast<std::size_t>(i)] > 0.03F) == (i < ring);
  return parted && cut[0] < 2 ? 0 : 1;
}
