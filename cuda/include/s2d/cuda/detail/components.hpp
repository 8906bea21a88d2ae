// The work per thread of connected components: runs of rows, and the union-find that joins them.
#pragma once

#include <cstdint>
#include <type_traits>

#include <s2d/cuda/components_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/memory_words.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Packed masks, or their background.
struct mask_words {
  const_bits_view in;
  bool background;
  divisor words_per_row;

  explicit mask_words(const const_bits_view& masks, bool of_background = false)
      : in{masks}, background{of_background}, words_per_row{masks.words_per_row()} {}

  [[nodiscard]] S2D_HD std::int64_t per_row() const { return words_per_row.value(); }
  /// Word `i` of all masks, which is word `k` of its row.
  [[nodiscard]] S2D_HD std::uint64_t at(std::int64_t i, std::int64_t k) const {
    const std::uint64_t word = in.data[i];
    if (!background) return word;
    const std::int64_t left = in.width - k * 64;
    return ~word & (left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1);
  }
  /// Whether the pixel before it is set.
  [[nodiscard]] S2D_HD std::uint64_t before(std::int64_t i, std::int64_t k) const {
    return k == 0 ? 0 : at(i - 1, k - 1) >> 63;
  }
  /// Bits at which a run begins.
  [[nodiscard]] S2D_HD std::uint64_t starts(std::int64_t i, std::int64_t k) const {
    const std::uint64_t word = at(i, k);
    return word & ~(word << 1 | before(i, k));
  }
};

/// Runs of all rows of all masks in scan order.
struct run_arrays {
  std::uint32_t* begin;
  std::uint32_t* end;
  std::uint32_t* row;     // of all masks
  std::uint32_t* parent;  // a run of the same component that is not later; a root is its own
};

struct count_starts {
  mask_words words;
  std::uint32_t* counts;  // a word each
  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t k = words.words_per_row.divide(i).rest;
    counts[i] = static_cast<std::uint32_t>(popcount(words.starts(i, k)));
  }
};

struct write_runs {
  mask_words words;
  const std::uint64_t* sums;  // of starts before each word
  run_arrays runs;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient place = words.words_per_row.divide(i);
    const std::int64_t row = place.whole, k = place.rest;
    const std::uint64_t word = words.at(i, k), before = words.before(i, k);
    std::uint64_t next = sums[i];  // run that the next start opens
    for (std::uint64_t changes = word ^ (word << 1 | before); changes != 0;
         changes &= changes - 1) {
      const int at = lowest_bit(changes);
      const auto x = static_cast<std::uint32_t>(k * 64 + at);
      if ((word >> at & 1) != 0) {
        runs.begin[next] = x;
        runs.row[next] = static_cast<std::uint32_t>(row);
        runs.parent[next] = static_cast<std::uint32_t>(next);
        ++next;
      } else {
        runs.end[next - 1] = x;
      }
    }
    if (k + 1 == words.per_row() && (words.in.width % 64 == 0 ? word >> 63 : 0) != 0)
      runs.end[next - 1] = static_cast<std::uint32_t>(words.in.width);
  }
};

/// The root of a run while others join: parents only ever become earlier.
S2D_HD inline std::uint32_t root_of(const std::uint32_t* parent, std::uint32_t i) {
  for (;;) {
    const std::uint32_t up = atomic_load(parent + i);
    if (up == i) return i;
    i = up;
  }
}

/// Joins two components. The later root is hung under the earlier one; where somebody else was
/// faster, what stood there is joined in turn.
S2D_HD inline void join_runs(std::uint32_t* parent, std::uint32_t a, std::uint32_t b) {
  for (;;) {
    a = root_of(parent, a);
    b = root_of(parent, b);
    if (a == b) return;
    if (a < b) {
      const std::uint32_t other = a;
      a = b;
      b = other;
    }
    const std::uint32_t old = atomic_min(parent + a, b);
    if (old == a) return;
    a = old;
  }
}

/// Joins a run with those of the row above that it touches.
struct join_rows {
  run_arrays runs;
  const std::uint64_t* sums;
  std::int64_t height, words_per_row;
  std::uint32_t reach;  // 1 where corners touch

  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t row = runs.row[i];
    if (row % height == 0) return;
    const std::uint64_t last = sums[row * words_per_row];
    std::uint64_t low = sums[(row - 1) * words_per_row], high = last;
    const std::uint32_t begin = runs.begin[i], end = runs.end[i];
    while (low < high) {  // the first that ends behind our begin
      const std::uint64_t middle = low + (high - low) / 2;
      if (runs.end[middle] + reach > begin)
        high = middle;
      else
        low = middle + 1;
    }
    for (; low < last && runs.begin[low] < end + reach; ++low)
      join_runs(runs.parent, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(low));
  }
};

/// After all joins: every run points to its root; roots are marked.
struct flatten_runs {
  run_arrays runs;
  std::uint32_t* is_root;
  S2D_HD void operator()(std::int64_t i) const {
    const std::uint32_t root = root_of(runs.parent, static_cast<std::uint32_t>(i));
    atomic_store(runs.parent + i, root);
    is_root[i] = root == static_cast<std::uint32_t>(i) ? 1 : 0;
  }
};

/// Where the components of each mask begin.
struct place_components {
  const std::uint64_t* run_sums;   // of starts, by word
  const std::uint64_t* root_sums;  // of roots, by run
  std::int64_t words_per_mask;
  std::uint64_t* offsets;  // [count + 1]
  S2D_HD void operator()(std::int64_t mask) const {
    offsets[mask] = root_sums[run_sums[mask * words_per_mask]];
  }
};

/// Extents while they are gathered.
struct gathered {
  unsigned long long area;
  std::uint32_t left, top, right, bottom;
};

struct clear_gathered {
  gathered* items;
  S2D_HD void operator()(std::int64_t i) const { items[i] = {0, 0xffffffffu, 0xffffffffu, 0, 0}; }
};

struct gather_runs {
  run_arrays runs;
  const std::uint64_t* root_sums;
  std::int64_t height;
  gathered* items;
  S2D_HD void operator()(std::int64_t i) const {
    gathered* const item = items + root_sums[runs.parent[i]];
    const std::uint32_t begin = runs.begin[i], end = runs.end[i];
    const auto y = static_cast<std::uint32_t>(divide(runs.row[i], height).rest);
    atomic_add(&item->area, static_cast<unsigned long long>(end - begin));
    atomic_min(&item->left, begin);
    atomic_max(&item->right, end - 1);
    atomic_min(&item->top, y);
    atomic_max(&item->bottom, y);
  }
};

struct write_items {
  const gathered* items;
  const std::uint64_t* total;  // components of all masks
  component_item* out;
  S2D_HD void operator()(std::int64_t i) const {
    if (static_cast<std::uint64_t>(i) >= *total) return;
    const gathered& g = items[i];
    out[i] = {
        static_cast<std::int64_t>(g.area),
        {g.left, g.top, std::int64_t{g.right} - g.left + 1, std::int64_t{g.bottom} - g.top + 1}};
  }
};

/// Number of a pixel's component within its mask, from 1; 0 for background. One thread writes
/// `Pixels` neighbours, 1 or 4, of a row.
template <int Pixels>
struct write_labels {
  mask_words words;
  divisor groups;  // of a row
  divisor height;
  const std::uint64_t* run_sums;
  const std::uint64_t* root_sums;
  const std::uint32_t* parent;
  const std::uint64_t* offsets;
  std::int32_t* out;  // [count, height, width]

  struct alignas(4 * Pixels) labels {
    std::int32_t of[Pixels];
  };

  S2D_HD void operator()(std::int64_t i) const {
    const quotient place = groups.divide(i);
    const auto x = static_cast<std::uint64_t>(place.rest) * Pixels;
    const auto k = static_cast<std::int64_t>(x / 64);
    const std::int64_t word = place.whole * words.per_row() + k;
    const auto at = static_cast<int>(x % 64);
    const auto pixels = static_cast<std::uint32_t>(words.at(word, k) >> at) & ((1u << Pixels) - 1);
    labels found{};
    if (pixels != 0) label(place.whole, word, k, at, pixels, found);
    store_as(out + i * Pixels, found);
  }

 private:
  S2D_HD void label(std::int64_t row, std::int64_t word, std::int64_t k, int at,
                    std::uint32_t pixels, labels& found) const {
    const std::uint64_t starts = words.starts(word, k);
    const std::uint64_t first = offsets[height.divide(row).whole];
    const std::uint64_t upto = (std::uint64_t{1} << at) - 1;
    std::uint64_t run = run_sums[word] - 1 + static_cast<std::uint64_t>(popcount(starts & upto));
    const auto opened = static_cast<std::uint32_t>(starts >> at);
    std::int32_t number = 0;  // of `run`, once it is known
    S2D_UNROLL
    for (int c = 0; c < Pixels; ++c) {
      if ((opened >> c & 1) != 0) {
        ++run;
        number = 0;
      }
      if ((pixels >> c & 1) == 0) continue;
      if (number == 0) number = static_cast<std::int32_t>(root_sums[parent[run]] - first + 1);
      found.of[c] = number;
    }
  }
};

/// Adds background components that do not reach the border.
struct write_filled {
  mask_words background;
  const std::uint64_t* run_sums;
  const std::uint64_t* root_sums;
  const std::uint32_t* parent;
  const gathered* items;
  std::uint64_t* out;

  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t k = background.words_per_row.divide(i).rest;
    std::uint64_t rest = background.at(i, k), added = 0;
    // The first piece may go on from the word before.
    std::uint64_t run = run_sums[i] - 1 + (background.starts(i, k) & 1);
    bool first = true;
    while (rest != 0) {
      const int at = lowest_bit(rest);
      if (!first || at != 0) run += 1;
      first = false;
      const std::uint64_t from = rest >> at;
      const int length = ~from == 0 ? 64 - at : lowest_bit(~from);
      const std::uint64_t piece =
          (length == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << length) - 1) << at;
      const gathered& g = items[root_sums[parent[run]]];
      if (g.left > 0 && g.top > 0 && g.right + 1 < background.in.width &&
          g.bottom + 1 < background.in.height)
        added |= piece;
      rest &= ~piece;
    }
    out[i] = background.in.data[i] | added;
  }
};

/// What the steps after the joins read.
template <template <class> class Buffer>
struct joined_runs {
  std::int64_t runs = 0;
  Buffer<std::uint64_t> run_sums{}, root_sums{};
  Buffer<std::uint32_t> parent{};
  Buffer<gathered> items{};  // [runs], as many as components used
};

/// Finds the components. One fetch: the number of runs.
template <template <class> class Buffer, class Executor>
joined_runs<Buffer> join_on(const Executor& run, const char* what, const mask_words& words,
                            bool corners_touch) {
  const std::int64_t count = words.in.size();
  joined_runs<Buffer> out;
  out.run_sums = run.template allocate<std::uint64_t>(count + 1);
  {
    auto counts = run.template allocate<std::uint32_t>(count);
    run.for_each(what, count, count_starts{words, counts.data()});
    run.running_sums(what, counts.data(), count, out.run_sums.data());
  }
  std::uint64_t total = 0;
  run.fetch(&total, out.run_sums.data() + count, 1);
  const auto n = out.runs = static_cast<std::int64_t>(total);
  auto begin = run.template allocate<std::uint32_t>(n);
  auto end = run.template allocate<std::uint32_t>(n);
  auto row = run.template allocate<std::uint32_t>(n);
  auto is_root = run.template allocate<std::uint32_t>(n);
  out.parent = run.template allocate<std::uint32_t>(n);
  out.root_sums = run.template allocate<std::uint64_t>(n + 1);
  out.items = run.template allocate<gathered>(n);
  const run_arrays arrays{begin.data(), end.data(), row.data(), out.parent.data()};
  run.for_each(what, count, write_runs{words, out.run_sums.data(), arrays});
  run.for_each(what, n,
               join_rows{arrays, out.run_sums.data(), words.in.height, words.per_row(),
                         corners_touch ? 1u : 0u});
  run.for_each(what, n, flatten_runs{arrays, is_root.data()});
  run.running_sums(what, is_root.data(), n, out.root_sums.data());
  run.for_each(what, n, clear_gathered{out.items.data()});
  run.for_each(what, n,
               gather_runs{arrays, out.root_sums.data(), words.in.height, out.items.data()});
  return out;
}

/// @param labels  [count, height, width] or null
template <template <class> class Buffer, class Executor>
basic_component_batch<Buffer> components_on(const Executor& run, const const_bits_view& in,
                                            bool corners_touch, std::int32_t* labels) {
  constexpr const char* what = "components";
  const mask_words words{in};
  auto joined = join_on<Buffer>(run, what, words, corners_touch);
  basic_component_batch<Buffer> out;
  out.count = in.count;
  out.offsets = run.template allocate<std::uint64_t>(in.count + 1);
  out.items = run.template allocate<component_item>(joined.runs);
  run.for_each(what, in.count + 1,
               place_components{joined.run_sums.data(), joined.root_sums.data(),
                                in.words_per_mask(), out.offsets.data()});
  run.for_each(
      what, joined.runs,
      write_items{joined.items.data(), joined.root_sums.data() + joined.runs, out.items.data()});
  if (labels == nullptr) return out;
  const auto write = [&]<int Pixels>(std::integral_constant<int, Pixels>) {
    const std::int64_t groups = in.width / Pixels;
    run.for_each(what, in.count * in.height * groups,
                 write_labels<Pixels>{words, divisor{groups}, divisor{in.height},
                                      joined.run_sums.data(), joined.root_sums.data(),
                                      joined.parent.data(), out.offsets.data(), labels});
  };
  if (in.width % 4 == 0 && address_of(labels) % 16 == 0)
    write(std::integral_constant<int, 4>{});
  else
    write(std::integral_constant<int, 1>{});
  return out;
}

template <template <class> class Buffer, class Executor>
void fill_holes_on(const Executor& run, const const_bits_view& in, bool corners_touch,
                   std::uint64_t* out) {
  constexpr const char* what = "fill_holes";
  const mask_words background{in, true};
  auto joined = join_on<Buffer>(run, what, background, !corners_touch);
  run.for_each(what, in.size(),
               write_filled{background, joined.run_sums.data(), joined.root_sums.data(),
                            joined.parent.data(), joined.items.data(), out});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
