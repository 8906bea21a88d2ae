// DBSCAN: density-based clustering under any neighbour relation, in memory linear in the items.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {

/// A reflexive, symmetric relation between the items 0 .. size() - 1. find(i, found) replaces
/// `found` by the neighbours of item i, i among them, in any order.
template <class Relation>
concept neighbor_relation = requires(const Relation& near, std::size_t i,
                                     std::vector<std::size_t>& found) {
  { near.size() } -> std::convertible_to<std::size_t>;
  near.find(i, found);
};

struct dbscan_options {
  std::size_t min_samples = 5;  ///< neighbours, the item itself among them, that make a core item
};

/// What clustering gives: a label for every item.
struct clustering {
  static constexpr std::int32_t noise = -1;

  std::vector<std::int32_t> label;  ///< [n] 0 .. count - 1, or noise
  std::int32_t count = 0;           ///< number of clusters

  friend bool operator==(const clustering&, const clustering&) = default;
};

/// Groups items that are linked through core items; items that no core item reaches are noise.
///
/// Clusters are numbered by their first core item. A border item, near core items of several
/// clusters, goes to the cluster with the lowest number: the result depends on the order of the
/// items and on nothing else, and equals scikit-learn's for the same relation.
///
/// Complexity: near.find once for every item; O(n) memory beside the relation.
///
/// @param near     the relation, for instance hamming_neighbors
/// @param weights  [n] how many times each item counts, or empty: once
/// @throws invalid_input if `weights` has another length than near.size()
/// Source: Ester, Kriegel, Sander, Xu, "A Density-Based Algorithm for Discovering Clusters in
/// Large Spatial Databases with Noise", KDD 1996.
template <neighbor_relation Relation>
[[nodiscard]] clustering dbscan(const Relation& near, const dbscan_options& options = {},
                                std::span<const std::size_t> weights = {}) {
  const std::size_t n = near.size();
  require(weights.empty() || weights.size() == n, "dbscan: ", weights.size(), " weights for ", n,
          " items");
  clustering result{std::vector<std::int32_t>(n, clustering::noise), 0};
  std::vector<bool> scanned(n);
  std::vector<std::size_t> neighbors, frontier;

  for (std::size_t seed = 0; seed < n; ++seed) {
    if (scanned[seed]) continue;
    const std::int32_t cluster = result.count;
    frontier.assign(1, seed);
    while (!frontier.empty()) {
      const std::size_t item = frontier.back();
      frontier.pop_back();
      if (scanned[item]) continue;
      scanned[item] = true;
      near.find(item, neighbors);
      std::size_t mass = neighbors.size();
      if (!weights.empty()) {
        mass = 0;
        for (const std::size_t other : neighbors) mass += weights[other];
      }
      if (mass < options.min_samples) continue;  // no core item: it links nothing
      for (const std::size_t other : neighbors) {
        if (result.label[other] != clustering::noise) continue;
        result.label[other] = cluster;
        frontier.push_back(other);
      }
    }
    if (result.label[seed] == cluster) ++result.count;
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
