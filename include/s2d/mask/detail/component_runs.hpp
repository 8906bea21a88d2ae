// Runs of rows, and the union-find that joins those that touch.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/mask/component_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Sets pixels begin .. end - 1 of a row.
inline void set_range(std::uint64_t* row, std::ptrdiff_t begin, std::ptrdiff_t end) noexcept {
  if (begin >= end) return;
  const std::ptrdiff_t first = begin / 64, last = (end - 1) / 64;
  const std::uint64_t head = ~std::uint64_t{0} << (begin % 64);
  const std::uint64_t tail = ~std::uint64_t{0} >> (63 - (end - 1) % 64);
  if (first == last) {
    row[first] |= head & tail;
    return;
  }
  row[first] |= head;
  for (std::ptrdiff_t w = first + 1; w < last; ++w) row[w] = ~std::uint64_t{0};
  row[last] |= tail;
}

/// Number of runs in all rows: pixels whose left neighbour is background.
[[nodiscard]] inline std::size_t number_of_runs(const bit_mask& mask) {
  const std::ptrdiff_t words = mask.words_per_row();
  std::uint64_t count = 0;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    const std::uint64_t* row = mask.row(y);
    std::uint64_t carry = 0;
    for (std::ptrdiff_t w = 0; w < words; ++w) {
      count += static_cast<std::uint64_t>(std::popcount(row[w] & ~(row[w] << 1 | carry)));
      carry = row[w] >> 63;
    }
  }
  return static_cast<std::size_t>(count);
}

/// Writes the foreground runs of row `y` from `out` on; gives where they end.
[[nodiscard]] inline row_run* find_runs(const bit_mask& mask, std::ptrdiff_t y,
                                        row_run* out) noexcept {
  const std::uint64_t* row = mask.row(y);
  const std::ptrdiff_t words = mask.words_per_row();
  std::uint64_t last = 0;
  std::ptrdiff_t begin = 0;
  const auto close = [&](std::ptrdiff_t end) {
    *out++ = {static_cast<std::int32_t>(y), static_cast<std::int32_t>(begin),
              static_cast<std::int32_t>(end)};
  };
  for (std::ptrdiff_t w = 0; w < words; ++w) {
    std::uint64_t changes = row[w] ^ (row[w] << 1 | last);
    for (; changes != 0; changes &= changes - 1) {
      const std::ptrdiff_t at = w * 64 + std::countr_zero(changes);
      if (last == 0)
        begin = at;
      else
        close(at);
      last ^= 1;
    }
  }
  if (last != 0) close(mask.width);
  return out;
}

/// Root of item `i`, halving the path to it. Every parent is smaller than its child or itself.
inline std::uint32_t find_root(std::vector<std::uint32_t>& parent, std::uint32_t i) noexcept {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

inline void join(std::vector<std::uint32_t>& parent, std::uint32_t a, std::uint32_t b) noexcept {
  a = find_root(parent, a);
  b = find_root(parent, b);
  if (a < b)
    parent[b] = a;
  else
    parent[a] = b;
}

[[nodiscard]] inline component_list group_runs(const bit_mask& mask, connectivity touching,
                                               component_order order) {
  require(mask.height < 0x7fff'ffff && mask.width < 0x7fff'ffff, "components: size is ",
          mask.height, " x ", mask.width, ", expected extents below 2^31");
  component_list list{mask.height, mask.width, {}, {}, {}};

  // All runs in scan order; runs of neighbouring rows that touch are joined as they come.
  const std::int32_t reach = touching == connectivity::eight ? 1 : 0;
  std::vector<row_run> runs(number_of_runs(mask));
  std::vector<std::uint32_t> parent = counted<std::uint32_t>(runs.size());
  std::size_t above = 0, above_end = 0;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    const std::size_t first = above_end;
    const auto end =
        static_cast<std::size_t>(find_runs(mask, y, runs.data() + first) - runs.data());
    for (std::size_t i = first; i < end; ++i) {
      while (above < above_end && runs[above].end + reach <= runs[i].begin) ++above;
      for (std::size_t k = above; k < above_end && runs[k].begin < runs[i].end + reach; ++k)
        join(parent, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(i));
    }
    above = first;
    above_end = end;
  }

  // A root is the first run of its component, so roots come in scan order.
  std::vector<std::uint32_t> number(runs.size());
  std::vector<std::size_t> length;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const row_run& run = runs[i];
    const std::uint32_t root = find_root(parent, static_cast<std::uint32_t>(i));
    if (root == i) {
      number[i] = static_cast<std::uint32_t>(list.items.size());
      list.items.push_back({0, {run.begin, run.y, 0, 0}});
      length.push_back(0);
    }
    const std::uint32_t n = number[i] = number[root];
    component& item = list.items[n];
    box& at = item.bounds;
    item.area += run.end - run.begin;
    const std::ptrdiff_t right = larger_of(at.x + at.width, std::ptrdiff_t{run.end});
    at.x = smaller_of(at.x, std::ptrdiff_t{run.begin});
    at.width = right - at.x;
    at.height = run.y + 1 - at.y;
    ++length[n];
  }

  const std::size_t n = list.items.size();
  std::vector<std::uint32_t> rank = counted<std::uint32_t>(n);
  if (order == component_order::largest_first) {
    std::vector<std::uint32_t> sorted = rank;
    sort_stably(sorted, [&](std::uint32_t a, std::uint32_t b) {
      return list.items[a].area > list.items[b].area;
    });
    std::vector<component> items(n);
    for (std::size_t i = 0; i < n; ++i) {
      rank[sorted[i]] = static_cast<std::uint32_t>(i);
      items[i] = list.items[sorted[i]];
    }
    list.items.swap(items);
  }

  list.first_run.assign(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) list.first_run[rank[i] + 1] = length[i];
  for (std::size_t i = 0; i < n; ++i) list.first_run[i + 1] += list.first_run[i];
  std::vector<std::size_t> next(list.first_run.begin(), list.first_run.end() - 1);
  list.runs.resize(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) list.runs[next[rank[number[i]]]++] = runs[i];
  return list;
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
