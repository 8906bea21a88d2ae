// The work of mask overlaps: common pixels of all pairs, shares, greedy suppression.
#pragma once

#include <cstdint>

#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/rle.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Rows of words: n masks, or tubes of T masks one after the other.
struct word_rows {
  const std::uint64_t* data;
  std::int64_t count;
};

/// A grid of tiles of pairs, each cut along the words into `splits` parts.
struct pair_grid {
  std::int64_t tiles_a, tiles_b, splits;
  std::int64_t words;     // of a row
  std::int64_t per_part;  // words, a multiple of a chunk

  [[nodiscard]] S2D_HD std::int64_t blocks() const { return tiles_a * tiles_b * splits; }
};

/// As many parts as fill the card, so that few pairs of long rows do too.
inline pair_grid make_pair_grid(std::int64_t n, std::int64_t m, std::int64_t words,
                                std::int64_t tile_a, std::int64_t tile_b, std::int64_t chunk) {
  constexpr std::int64_t enough = 1024;  // blocks
  pair_grid grid{(n + tile_a - 1) / tile_a, (m + tile_b - 1) / tile_b, 1, words, 0};
  const std::int64_t tiles = grid.tiles_a * grid.tiles_b, chunks = (words + chunk - 1) / chunk;
  std::int64_t splits = tiles > 0 ? (enough + tiles - 1) / tiles : 1;
  if (splits > chunks) splits = chunks > 0 ? chunks : 1;
  std::int64_t chunks_each = (chunks + splits - 1) / splits;
  const std::int64_t most = (std::int64_t{1} << 24) / chunk;  // 2^30 pixels: counts fit in 31 bits
  if (chunks_each > most) chunks_each = most;
  grid.per_part = chunks_each * chunk;
  grid.splits = chunks_each > 0 ? (chunks + chunks_each - 1) / chunks_each : 1;
  return grid;
}

/// Common pixels of a tile of pairs by AND and population count. Side x Side threads, each of them
/// 4 x 4 pairs; words go through shared memory.
template <int Side>
struct count_pairs {
  static constexpr int threads = Side * Side, tile = 4 * Side, chunk = 16;
  static constexpr bool exact_threads = true;
  struct shared {
    // One word more than a chunk: rows then lie in different banks.
    std::uint64_t a[tile][chunk + 1], b[tile][chunk + 1];
  };
  word_rows a, b;
  pair_grid grid;
  unsigned long long* common;  // [a.count, b.count], zero before

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t index) const {
    auto& memory = block.template shared<shared>();
    const std::int64_t part = index % grid.splits, tiles = index / grid.splits;
    const std::int64_t first_a = tiles / grid.tiles_b * tile, first_b = tiles % grid.tiles_b * tile;
    const std::int64_t begin = part * grid.per_part;
    const std::int64_t end =
        begin + grid.per_part < grid.words ? begin + grid.per_part : grid.words;
    const int t = block.thread(), ty = t / Side, tx = t % Side;
    std::uint32_t sums[4][4] = {};
    for (std::int64_t k = begin; k < end; k += chunk) {
      for (int i = t; i < tile * chunk; i += threads) {
        const int row = i / chunk, at = i % chunk;
        const bool inside = k + at < end;
        memory.a[row][at] =
            inside && first_a + row < a.count ? a.data[(first_a + row) * grid.words + k + at] : 0;
        memory.b[row][at] =
            inside && first_b + row < b.count ? b.data[(first_b + row) * grid.words + k + at] : 0;
      }
      block.sync();
      S2D_UNROLL_4
      for (int at = 0; at < chunk; ++at) {
        std::uint64_t left[4], right[4];
        for (int r = 0; r < 4; ++r) left[r] = memory.a[ty + Side * r][at];
        for (int c = 0; c < 4; ++c) right[c] = memory.b[tx + Side * c][at];
        for (int r = 0; r < 4; ++r)
          for (int c = 0; c < 4; ++c)
            sums[r][c] += static_cast<std::uint32_t>(popcount(left[r] & right[c]));
      }
      block.sync();
    }
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 4; ++c) {
        const std::int64_t i = first_a + ty + Side * r, j = first_b + tx + Side * c;
        if (i < a.count && j < b.count && sums[r][c] != 0)
          atomic_add(common + i * b.count + j, static_cast<unsigned long long>(sums[r][c]));
      }
  }
};

/// Common pixels as a share; as s2d::detail::overlap_share. rule: 0 either, 1 smaller, 2 first.
S2D_HD inline double share_of(std::int64_t area_a, std::int64_t area_b, std::int64_t common,
                              int rule, double when_empty) {
  std::int64_t divisor = area_a;
  if (rule == 0)
    divisor += area_b - common;
  else if (rule == 1 && area_b < area_a)
    divisor = area_b;
  return divisor == 0 ? when_empty : static_cast<double>(common) / static_cast<double>(divisor);
}

struct share_pairs {
  const unsigned long long* common;
  const std::int64_t* areas_a;
  const std::int64_t* areas_b;
  std::int64_t columns;
  int rule;
  double when_empty;
  float* out;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient pair = divide(i, columns);
    out[i] = static_cast<float>(share_of(areas_a[pair.whole], areas_b[pair.rest],
                                         static_cast<std::int64_t>(common[i]), rule, when_empty));
  }
};

/// Tubes: frames in which one of the two has no mask count nothing, or as empty ones.
struct share_tubes {
  const unsigned long long* common;
  const std::int64_t* areas_a;  // [n, frames]
  const std::int64_t* areas_b;
  const std::uint8_t* present_a;  // [n, frames] or null: all are
  const std::uint8_t* present_b;
  std::int64_t columns, frames;
  bool absent_is_empty;
  float* out;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient pair = divide(i, columns);
    const std::int64_t a = pair.whole * frames, b = pair.rest * frames;
    std::int64_t either = 0;
    for (std::int64_t t = 0; t < frames; ++t) {
      const bool in_a = present_a == nullptr || present_a[a + t] != 0;
      const bool in_b = present_b == nullptr || present_b[b + t] != 0;
      if (absent_is_empty)
        either += (in_a ? areas_a[a + t] : 0) + (in_b ? areas_b[b + t] : 0);
      else if (in_a && in_b)
        either += areas_a[a + t] + areas_b[b + t];
    }
    const auto shared = static_cast<std::int64_t>(common[i]);
    either -= shared;
    out[i] = either == 0
                 ? 0.0f
                 : static_cast<float>(static_cast<double>(shared) / static_cast<double>(either));
  }
};

/// The common pixels of all pairs by population count.
template <int Side, class Executor>
void count_pairs_on(const Executor& run, const char* what, const word_rows& a, const word_rows& b,
                    std::int64_t words, unsigned long long* common) {
  using body = count_pairs<Side>;
  run.fill_zero(common, a.count * b.count);
  const pair_grid grid =
      make_pair_grid(a.count, b.count, words, body::tile, body::tile, body::chunk);
  if (a.count > 0 && b.count > 0) run.for_each_block(what, grid.blocks(), body{a, b, grid, common});
}

/// Overlap from a table of shares.
struct table_overlap {
  const float* table;
  std::int64_t n;
  [[nodiscard]] S2D_HD double operator()(std::int64_t better, std::int64_t other) const {
    return table[better * n + other];
  }
};
/// Overlap of masks, as exact as the core's.
struct mask_overlap {
  const unsigned long long* common;
  const std::int64_t* areas;
  std::int64_t n;
  int rule;
  [[nodiscard]] S2D_HD double operator()(std::int64_t better, std::int64_t other) const {
    return share_of(areas[better], areas[other],
                    static_cast<std::int64_t>(common[better * n + other]), rule, 0);
  }
};

/// One thread makes 64 bits: which of 64 worse items overlap item `row` too much. In order of
/// score.
template <class Overlap>
struct write_conflicts {
  Overlap overlap;
  const std::int64_t* order;
  std::int64_t n;
  double threshold;
  std::uint64_t* conflicts;  // [n, words]

  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t words = (n + 63) / 64;
    const quotient place = divide(i, words);
    std::uint64_t bits = 0;
    for (std::int64_t k = 0; k < 64; ++k) {
      const std::int64_t column = place.rest * 64 + k;
      if (column > place.whole && column < n &&
          overlap(order[place.whole], order[column]) > threshold)
        bits |= std::uint64_t{1} << k;
    }
    conflicts[i] = bits;
  }
};

/// Takes the items in order; one block.
struct keep_greedily {
  static constexpr int threads = 256;
  struct shared {
    std::int64_t kept;
  };
  const std::uint64_t* conflicts;
  const std::int64_t* order;
  std::int64_t n;
  std::uint64_t* removed;  // [words], zero before
  std::int64_t* kept;      // [n]
  std::int64_t* count;     // [1]

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t) const {
    const std::int64_t words = (n + 63) / 64;
    std::int64_t number = 0;  // the same in every thread
    for (std::int64_t i = 0; i < n; ++i) {
      // What earlier rounds wrote is seen: a barrier lies in between.
      const bool stays = (removed[i / 64] >> (i % 64) & 1) == 0;
      block.sync();
      if (!stays) continue;
      for (std::int64_t w = i / 64 + block.thread(); w < words; w += block.size())
        removed[w] |= conflicts[i * words + w];
      if (block.thread() == 0) kept[number] = order[i];
      ++number;
      block.sync();
    }
    if (block.thread() == 0) *count = number;
  }
};

struct copy_scores {
  const float* from;
  float* scores;
  std::int64_t* order;
  S2D_HD void operator()(std::int64_t i) const {
    scores[i] = from[i];
    order[i] = i;
  }
};

template <class Executor, class Overlap>
void nms_on(const Executor& run, const Overlap& overlap, const float* scores, std::int64_t n,
            double threshold, std::int64_t* kept, std::int64_t* count) {
  const std::int64_t words = (n + 63) / 64;
  auto sorted = run.template allocate<float>(n);
  auto order = run.template allocate<std::int64_t>(n);
  auto conflicts = run.template allocate<std::uint64_t>(n * words);
  auto removed = run.template allocate<std::uint64_t>(words);
  run.for_each("nms", n, copy_scores{scores, sorted.data(), order.data()});
  run.sort_by_falling("nms", sorted.data(), order.data(), n);
  run.for_each("nms", n * words,
               write_conflicts<Overlap>{overlap, order.data(), n, threshold, conflicts.data()});
  run.fill_zero(removed.data(), words);
  run.for_each_block("nms", 1,
                     keep_greedily{conflicts.data(), order.data(), n, removed.data(), kept, count});
}

/// Overlaps of all pairs. @param count_pairs  as count_pairs_on without `run`, here and below
template <class Executor, class Count>
void iou_on(const Executor& run, const Count& count_pairs, const const_bits_view& a,
            const const_bits_view& b, int rule, double when_empty, float* out) {
  constexpr const char* what = "iou";
  auto common = run.template allocate<unsigned long long>(a.count * b.count);
  auto areas_a = run.template allocate<std::int64_t>(a.count);
  auto areas_b = run.template allocate<std::int64_t>(b.count);
  count_pairs(what, word_rows{a.data, a.count}, word_rows{b.data, b.count}, a.words_per_mask(),
              common.data());
  measure_on(run, what, a, areas_a.data(), nullptr);
  measure_on(run, what, b, areas_b.data(), nullptr);
  run.for_each(
      what, a.count * b.count,
      share_pairs{common.data(), areas_a.data(), areas_b.data(), b.count, rule, when_empty, out});
}

template <class Executor, class Count>
void tube_iou_on(const Executor& run, const Count& count_pairs, const const_bits_view& a,
                 const std::uint8_t* present_a, const const_bits_view& b,
                 const std::uint8_t* present_b, std::int64_t frames, bool absent_is_empty,
                 float* out) {
  constexpr const char* what = "tube_iou";
  const std::int64_t n = a.count / frames, m = b.count / frames;
  auto common = run.template allocate<unsigned long long>(n * m);
  auto areas_a = run.template allocate<std::int64_t>(a.count);
  auto areas_b = run.template allocate<std::int64_t>(b.count);
  count_pairs(what, word_rows{a.data, n}, word_rows{b.data, m}, frames * a.words_per_mask(),
              common.data());
  measure_on(run, what, a, areas_a.data(), nullptr);
  measure_on(run, what, b, areas_b.data(), nullptr);
  run.for_each(what, n * m,
               share_tubes{common.data(), areas_a.data(), areas_b.data(), present_a, present_b, m,
                           frames, absent_is_empty, out});
}

template <class Executor, class Count>
void mask_nms_on(const Executor& run, const Count& count_pairs, const const_bits_view& masks,
                 const float* scores, double threshold, int rule, std::int64_t* kept,
                 std::int64_t* count) {
  const std::int64_t n = masks.count;
  const word_rows rows{masks.data, n};
  auto common = run.template allocate<unsigned long long>(n * n);
  auto areas = run.template allocate<std::int64_t>(n);
  count_pairs("nms", rows, rows, masks.words_per_mask(), common.data());
  measure_on(run, "nms", masks, areas.data(), nullptr);
  nms_on(run, mask_overlap{common.data(), areas.data(), n, rule}, scores, n, threshold, kept,
         count);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
