// The work per thread of DBSCAN on packed rows, and of points as pixels.
#pragma once

#include <cstdint>

#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/components.hpp>
#include <s2d/cuda/detail/memory_words.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Rows of words and the largest number of columns in which neighbours differ.
struct packed_rows {
  const std::uint64_t* data;
  std::int64_t count, words;
  std::uint32_t limit;
};

/// A row against a part of all rows: thread i compares row i % count with part i / count, so that
/// the threads of a warp read the same other row.
struct row_parts {
  std::int64_t parts, per_part;
};

/// Calls use(other) for the neighbours of a row in a part. Words: of a row, or 0 for any number.
template <int Words, class Use>
S2D_HD void for_neighbors(const packed_rows& rows, std::int64_t row, std::int64_t begin,
                          std::int64_t end, const Use& use) {
  const std::int64_t words = Words > 0 ? Words : rows.words;
  const std::uint64_t* const mine = rows.data + row * words;
  std::uint64_t held[Words > 0 ? Words : 1] = {};
  if constexpr (Words > 0) {
    S2D_UNROLL
    for (int w = 0; w < Words; ++w) held[w] = mine[w];
  }
  for (std::int64_t other = begin; other < end; ++other) {
    const std::uint64_t* const theirs = rows.data + other * words;
    std::uint32_t different = 0;
    if constexpr (Words > 0) {
      S2D_UNROLL
      for (int w = 0; w < Words; ++w)
        different += static_cast<std::uint32_t>(popcount(held[w] ^ theirs[w]));
    } else {
      for (std::int64_t w = 0; w < words; ++w)
        different += static_cast<std::uint32_t>(popcount(mine[w] ^ theirs[w]));
    }
    if (different <= rows.limit) use(other);
  }
}

template <int Words>
struct count_neighbors {
  packed_rows rows;
  row_parts split;
  std::uint32_t* degree;  // zero before
  S2D_HD void operator()(std::int64_t i) const {
    const quotient at = divide(i, rows.count);
    const std::int64_t begin = at.whole * split.per_part, end = begin + split.per_part;
    std::uint32_t count = 0;
    for_neighbors<Words>(rows, at.rest, begin, end < rows.count ? end : rows.count,
                         [&](std::int64_t) { ++count; });
    if (count > 0) atomic_add(degree + at.rest, count);
  }
};

struct start_parents {
  std::uint32_t* parent;
  std::uint32_t* reached_by;
  S2D_HD void operator()(std::int64_t i) const {
    parent[i] = static_cast<std::uint32_t>(i);
    reached_by[i] = 0xffffffffu;
  }
};

/// Joins core items that are neighbours; each pair once, by the later one.
template <int Words>
struct join_cores {
  packed_rows rows;
  row_parts split;
  const std::uint32_t* degree;
  std::uint32_t min_samples;
  std::uint32_t* parent;
  S2D_HD void operator()(std::int64_t i) const {
    const quotient at = divide(i, rows.count);
    if (degree[at.rest] < min_samples) return;
    const std::int64_t begin = at.whole * split.per_part, end = begin + split.per_part;
    const auto me = static_cast<std::uint32_t>(at.rest);
    std::uint32_t root = me;
    for_neighbors<Words>(rows, at.rest, begin, end < at.rest ? end : at.rest,
                         [&](std::int64_t other) {
                           if (degree[other] < min_samples) return;
                           // Most neighbours already have the same parent.
                           if (atomic_load(parent + other) == root) return;
                           join_runs(parent, me, static_cast<std::uint32_t>(other));
                           root = root_of(parent, me);
                         });
  }
};

struct flatten_items {
  const std::uint32_t* degree;
  std::uint32_t min_samples;
  std::uint32_t* parent;
  std::uint32_t* is_root;
  S2D_HD void operator()(std::int64_t i) const {
    const std::uint32_t root = root_of(parent, static_cast<std::uint32_t>(i));
    atomic_store(parent + i, root);
    is_root[i] = root == static_cast<std::uint32_t>(i) && degree[i] >= min_samples ? 1 : 0;
  }
};

/// The first cluster whose core items have a border item as neighbour.
template <int Words>
struct reach_borders {
  packed_rows rows;
  row_parts split;
  const std::uint32_t* degree;
  std::uint32_t min_samples;
  const std::uint32_t* parent;
  std::uint32_t* reached_by;
  S2D_HD void operator()(std::int64_t i) const {
    const quotient at = divide(i, rows.count);
    if (degree[at.rest] >= min_samples) return;
    const std::int64_t begin = at.whole * split.per_part, end = begin + split.per_part;
    std::uint32_t first = 0xffffffffu;
    for_neighbors<Words>(rows, at.rest, begin, end < rows.count ? end : rows.count,
                         [&](std::int64_t other) {
                           if (degree[other] >= min_samples && parent[other] < first)
                             first = parent[other];
                         });
    if (first != 0xffffffffu) atomic_min(reached_by + at.rest, first);
  }
};

/// Roots are first core items, so that their order numbers the clusters.
struct write_clusters {
  const std::uint32_t* degree;
  std::uint32_t min_samples;
  const std::uint32_t* parent;
  const std::uint32_t* reached_by;
  const std::uint64_t* root_sums;
  std::int64_t n;
  std::int32_t* labels;
  std::int32_t* count;
  S2D_HD void operator()(std::int64_t i) const {
    if (i == n) {
      *count = static_cast<std::int32_t>(root_sums[n]);
      return;
    }
    const std::uint32_t root = degree[i] >= min_samples ? parent[i] : reached_by[i];
    labels[i] = root == 0xffffffffu ? -1 : static_cast<std::int32_t>(root_sums[root]);
  }
};

template <int Words, class Executor>
void dbscan_words_on(const Executor& run, const packed_rows& rows, std::uint32_t min_samples,
                     std::int32_t* labels, std::int32_t* count) {
  constexpr const char* what = "dbscan";
  const std::int64_t n = rows.count;
  // Some hundred thousand threads, each of at least 256 comparisons.
  row_parts split{n > 0 ? (std::int64_t{1} << 18) / n + 1 : 1, 0};
  const std::int64_t most = (n + 255) / 256;
  if (split.parts > most) split.parts = most > 0 ? most : 1;
  split.per_part = (n + split.parts - 1) / split.parts;
  auto degree = run.template allocate<std::uint32_t>(n);
  auto parent = run.template allocate<std::uint32_t>(n);
  auto reached_by = run.template allocate<std::uint32_t>(n);
  auto is_root = run.template allocate<std::uint32_t>(n);
  auto sums = run.template allocate<std::uint64_t>(n + 1);
  run.fill_zero(degree.data(), n);
  run.for_each(what, n * split.parts, count_neighbors<Words>{rows, split, degree.data()});
  run.for_each(what, n, start_parents{parent.data(), reached_by.data()});
  run.for_each(what, n * split.parts,
               join_cores<Words>{rows, split, degree.data(), min_samples, parent.data()});
  run.for_each(what, n, flatten_items{degree.data(), min_samples, parent.data(), is_root.data()});
  run.for_each(what, n * split.parts,
               reach_borders<Words>{rows, split, degree.data(), min_samples, parent.data(),
                                    reached_by.data()});
  run.running_sums(what, is_root.data(), n, sums.data());
  run.for_each(what, n + 1,
               write_clusters{degree.data(), min_samples, parent.data(), reached_by.data(),
                              sums.data(), n, labels, count});
}

template <class Executor>
void dbscan_on(const Executor& run, const packed_rows& rows, std::uint32_t min_samples,
               std::int32_t* labels, std::int32_t* count) {
  if (rows.words == 1)
    dbscan_words_on<1>(run, rows, min_samples, labels, count);
  else if (rows.words == 2)
    dbscan_words_on<2>(run, rows, min_samples, labels, count);
  else
    dbscan_words_on<0>(run, rows, min_samples, labels, count);
}

/// x rounded half to even, or -1 outside [0, extent); as s2d::detail::pixel_of.
S2D_HD inline std::int64_t pixel_of(float x, std::int64_t extent) {
  if (!(x >= -0.5f && x < static_cast<float>(extent))) return -1;
  const auto whole = static_cast<std::int64_t>(x < 0 ? 0 : x);
  const float part = x - static_cast<float>(whole);  // exact
  const std::int64_t pixel = whole + (part > 0.5f || (part == 0.5f && whole % 2 == 1) ? 1 : 0);
  return pixel < extent ? pixel : -1;
}

/// Sets the pixel of a point.
struct set_points {
  const float* points;  // [count, per_set, 2] x and y
  std::int64_t per_set, height, width;
  unsigned long long* out;  // zero before
  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t x = pixel_of(points[2 * i], width), y = pixel_of(points[2 * i + 1], height);
    if (x < 0 || y < 0) return;
    const std::int64_t set = i / per_set;
    atomic_or(out + (set * height + y) * ((width + 63) / 64) + x / 64, 1ull << (x % 64));
  }
};

template <class Executor>
void rasterize_on(const Executor& run, const float* points, std::int64_t per_set,
                  const bits_view& out) {
  if (out.empty()) return;
  auto* const words = reinterpret_cast<unsigned long long*>(out.data);
  run.fill_zero(words, out.size());
  run.for_each("rasterize", out.count * per_set,
               set_points{points, per_set, out.height, out.width, words});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
