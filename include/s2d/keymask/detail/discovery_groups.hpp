// The stages of discovery that group masks: by visibility, by matches, to objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <s2d/cluster/dbscan.hpp>
#include <s2d/cluster/hamming.hpp>
#include <s2d/cluster/jaccard.hpp>
#include <s2d/coherence/windows.hpp>
#include <s2d/keymask/discover_options.hpp>
#include <s2d/keymask/result.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

// Step 2: clusters of masks that are seen in the same frames.
inline void group_by_visibility(const discovery_options& options, discovery& result) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < result.masks.size(); ++row)
    if (options.compat || result.points[row] > 0) rows.push_back(row);
  const clustering found =
      dbscan(select_rows(result.seen, rows), options.visibility_eps, {options.min_samples});
  result.label.assign(result.masks.size(), clustering::noise);
  result.clusters.resize(static_cast<std::size_t>(found.count));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result.label[rows[i]] = found.label[i];
    if (found.label[i] != clustering::noise)
      result.clusters[static_cast<std::size_t>(found.label[i])].members.push_back(rows[i]);
  }
  for (visibility_cluster& cluster : result.clusters) {
    cluster.majority = majority(result.seen, cluster.members);
    cluster.ranges = runs(cluster.majority);
    for (const frame_range range : cluster.ranges) {
      cluster.winners.push_back(winners(result.seen, cluster.members, range, options.visibility));
      cluster.candidates.emplace_back();
      for (const std::size_t row : cluster.winners.back())
        if (range.contains(result.masks[row].frame)) cluster.candidates.back().push_back(row);
    }
  }
}

// eps and min_samples of the second clustering follow from the number of columns.
inline void set_grouping(match_matrix& matrix) noexcept {
  const std::ptrdiff_t width = matrix.bits.width;
  matrix.eps = width > 50 ? 0.05 : 0.1;
  matrix.min_samples = width < 10 ? 3 : 5;
}

// Step 3b: the matches of a cluster as a matrix. Proxies at or beyond row `size` are left out.
inline match_matrix make_matrix(const visibility_cluster& cluster, std::size_t size) {
  match_matrix result;
  result.size = size;
  bool any = false;
  for (const proxy& p : cluster.proxies) {
    if (p.row >= size || p.matches.empty()) continue;
    const frame_range span{p.matches.front(), p.matches.back()};
    if (!any) {
      result.rows.first = p.row;
      result.columns = span;
    }
    any = true;
    result.rows.last = p.row;
    if (span.first < result.columns.first) result.columns.first = span.first;
    if (span.last > result.columns.last) result.columns.last = span.last;
  }
  if (!any) return result;
  result.bits = bit_matrix(static_cast<std::ptrdiff_t>(result.rows.size()),
                           static_cast<std::ptrdiff_t>(result.columns.size()));
  for (const proxy& p : cluster.proxies) {
    if (p.row >= size) continue;
    for (const std::size_t row : p.matches)
      result.bits.set(static_cast<std::ptrdiff_t>(p.row - result.rows.first),
                      static_cast<std::ptrdiff_t>(row - result.columns.first));
  }
  set_grouping(result);
  return result;
}

// Step 3c: masks that match the same masks.
inline void group_by_matches(const discovery_options& options, visibility_cluster& cluster) {
  match_matrix& matrix = cluster.matches;
  const auto height = static_cast<std::size_t>(matrix.bits.height);
  const auto words = static_cast<std::size_t>(matrix.bits.words_per_row());
  std::vector<bool> matched(height);
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < height; ++r) {
    for (std::size_t w = 0; w < words; ++w)
      if (matrix.bits.row(static_cast<std::ptrdiff_t>(r))[w] != 0) matched[r] = true;
    if (matched[r] || options.compat) rows.push_back(r);
  }
  const bit_matrix items = select_rows(matrix.bits, rows);
  const clustering found =
      options.distance == group_distance::jaccard
          ? dbscan(jaccard_neighbors{items, options.jaccard_eps}, {matrix.min_samples})
          : dbscan(items, matrix.eps, {matrix.min_samples});
  matrix.raw_label.assign(height, clustering::noise);
  for (std::size_t i = 0; i < rows.size(); ++i) matrix.raw_label[rows[i]] = found.label[i];
  matrix.label = matrix.raw_label;
  for (std::size_t r = 0; r < height; ++r)
    if (!matched[r]) matrix.label[r] = clustering::noise;

  for (std::int32_t label = 0; label < found.count; ++label) {
    mask_group group{label, {}, 0, false};
    std::size_t flagged = 0;
    auto p = cluster.proxies.begin();
    for (std::size_t r = 0; r < height; ++r) {
      if (matrix.label[r] != label) continue;
      const std::size_t row = r + matrix.rows.first;
      while (p->row < row) ++p;
      flagged += p->one2x ? 1 : 0;
      group.members.push_back(row);
    }
    if (group.members.empty()) continue;
    group.one2x = static_cast<double>(flagged) / static_cast<double>(group.members.size());
    group.noisy = 2 * flagged > group.members.size();
    cluster.groups.push_back(std::move(group));
  }
}

// Of two masks of one frame in one group the official program keeps the one whose file name is
// last in alphabetical order, which is the order of the decimal numbers as text.
inline bool later_name(std::size_t index, std::size_t other) {
  return std::to_string(index + 1) > std::to_string(other + 1);
}

inline object make_object(const discovery& result, const mask_table& table,
                          const discovery_options& options, std::size_t c, std::size_t g) {
  const visibility_cluster& cluster = result.clusters[c];
  const mask_group& group = cluster.groups[g];
  object made;
  made.one2x = group.one2x;
  made.noisy = group.noisy;
  made.visibility = cluster.ranges;
  made.cluster = c;
  made.group = g;
  std::size_t kept = 0;  // row of the last key mask
  double coherence = 0;
  std::size_t frames = 0;
  for (const std::size_t row : group.members) {
    const mask_id id = result.masks[row];
    const keymask key{id.frame, id.index, result.coherence[row]};
    const bool again = !made.keymasks.empty() && made.keymasks.back().frame == id.frame;
    if (again && options.compat) {
      if (later_name(id.index, made.keymasks.back().index)) made.keymasks.back() = key;
    } else if (again && options.two_in_a_frame == same_frame::larger) {
      if (table[row].area > table[kept].area) {
        made.keymasks.back() = key;
        kept = row;
      }
    } else {
      frames += again ? 0 : 1;
      made.keymasks.push_back(key);
      kept = row;
    }
  }
  for (const keymask& key : made.keymasks) coherence += static_cast<double>(key.coherence);
  coherence /= static_cast<double>(made.keymasks.size());
  std::size_t visible = 0;
  for (const frame_range range : cluster.ranges) visible += range.size();
  made.score =
      static_cast<float>(coherence * static_cast<double>(frames) / static_cast<double>(visible));
  return made;
}

// The indices 0 .. count - 1; in compat mode in the order of the decimal texts of number(index).
template <class Number>
std::vector<std::size_t> folder_order(std::size_t count, bool as_text, const Number& number) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t place = i;
    if (as_text)
      for (; place > 0 && std::to_string(number(order[place - 1])) > std::to_string(number(i));
           --place)
        order[place] = order[place - 1];
    order[place] = i;
  }
  return order;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
