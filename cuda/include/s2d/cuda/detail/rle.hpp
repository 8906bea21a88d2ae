// The work per thread of run lengths, and the composition of its steps.
#pragma once

#include <cstdint>
#include <utility>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/rle_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/pack.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

// Between the steps masks lie as vertical words: bit y % 32 of word [mask, y / 32, x] is pixel
// (y, x). Neighbouring threads have neighbouring columns, so that rows of pixels and of words are
// read and written side by side.

/// Rows of a segment: what one thread scans of a column.
inline constexpr std::int64_t segment_words = 8, segment_rows = 32 * segment_words;

/// Where the pieces of a batch lie.
struct column_grid {
  std::int64_t count, height, width;
  [[nodiscard]] S2D_HD std::int64_t words() const { return (height + 31) / 32; }
  [[nodiscard]] S2D_HD std::int64_t segments() const {
    return (height + segment_rows - 1) / segment_rows;
  }
  [[nodiscard]] S2D_HD std::int64_t word_at(std::int64_t mask, std::int64_t k,
                                            std::int64_t x) const {
    return (mask * words() + k) * width + x;
  }
  /// Rows of word k of a column, 1 to 32.
  [[nodiscard]] S2D_HD int rows_of(std::int64_t k) const {
    const std::int64_t left = height - 32 * k;
    return left < 32 ? static_cast<int>(left) : 32;
  }
  /// Segments in the order of runs: down a column, then the next.
  [[nodiscard]] S2D_HD std::int64_t segment_at(std::int64_t mask, std::int64_t x,
                                               std::int64_t s) const {
    return (mask * width + x) * segments() + s;
  }
};

/// Dense masks of any strides; `columns` of them by one thread. Four neighbouring bytes are read at
/// once where their address allows.
template <class T, int Columns>
struct dense_source {
  static constexpr int columns = Columns;
  batch_view<const T> in;
  foreground_test<T> test;

  [[nodiscard]] S2D_HD bool at(std::int64_t mask, std::int64_t y, std::int64_t x) const {
    return test(in(mask, y, x));
  }
  /// Up to 32 rows from y on of the columns from x on.
  S2D_HD void read(std::int64_t mask, std::int64_t y, std::int64_t x, int rows,
                   std::uint32_t (&words)[Columns]) const {
    const T* from = &in(mask, y, x);
    if constexpr (sizeof(T) == 1 && Columns == 4) {
      if (in.column_stride == 1 && in.row_stride % 4 == 0 && address_of(from) % 4 == 0 &&
          x + 4 <= in.width) {
        S2D_UNROLL_8
        for (int r = 0; r < rows; ++r) {
          const std::uint32_t bits =
              nonzero_bytes(load_as<std::uint32_t>(from + r * in.row_stride));
          for (int c = 0; c < 4; ++c) words[c] |= (bits >> c & 1) << r;
        }
        return;
      }
    }
    for (int c = 0; c < Columns && x + c < in.width; ++c) S2D_UNROLL_8
    for (int r = 0; r < rows; ++r)
      words[c] |= std::uint32_t{test(from[r * in.row_stride + c * in.column_stride])} << r;
  }
};

/// Bytes whose columns have no gaps: 32 rows are two loads.
struct column_source {
  static constexpr int columns = 1;
  batch_view<const std::uint8_t> in;

  [[nodiscard]] S2D_HD bool at(std::int64_t mask, std::int64_t y, std::int64_t x) const {
    return in(mask, y, x) != 0;
  }
  S2D_HD void read(std::int64_t mask, std::int64_t y, std::int64_t x, int rows,
                   std::uint32_t (&words)[1]) const {
    const std::uint8_t* const from = &in(mask, y, x);
    if (rows == 32 && address_of(from) % 16 == 0) {
      for (int half = 0; half < 2; ++half) {
        const auto bytes = load_as<quad>(from + 16 * half);
        for (int k = 0; k < 4; ++k)
          words[0] |= nonzero_bytes(bytes.words[k]) << (16 * half + 4 * k);
      }
    } else {
      for (int r = 0; r < rows; ++r) words[0] |= std::uint32_t{from[r] != 0} << r;
    }
  }
};

/// Packed masks.
struct bits_source {
  static constexpr int columns = 4;
  const_bits_view in;

  [[nodiscard]] S2D_HD bool at(std::int64_t mask, std::int64_t y, std::int64_t x) const {
    return in(mask, y, x);
  }
  S2D_HD void read(std::int64_t mask, std::int64_t y, std::int64_t x, int rows,
                   std::uint32_t (&words)[4]) const {
    const std::int64_t step = in.words_per_row();
    const std::uint64_t* const from = in.data + (mask * in.height + y) * step + x / 64;
    for (int r = 0; r < rows; ++r) {  // x is a multiple of 4: one word holds all four
      const auto bits = static_cast<std::uint32_t>(from[r * step] >> (x % 64));
      for (int c = 0; c < 4; ++c) words[c] |= (bits >> c & 1) << r;
    }
  }
};

/// Bits of `word` that differ from the pixel before them in the column.
S2D_HD inline std::uint32_t changes_of(std::uint32_t word, bool before, int rows) {
  const std::uint32_t inside = rows == 32 ? 0xffffffffu : (1u << rows) - 1;
  return (word ^ (word << 1 | std::uint32_t{before})) & inside;
}

/// Step 1: reads the pixels of a segment once, keeps them as vertical words, counts the changes.
template <class Source>
struct scan_segments {
  Source source;
  column_grid grid;
  std::uint32_t* words;
  std::uint32_t* changes;  // [count, width, segments]

  S2D_HD void operator()(std::int64_t i) const {
    constexpr int columns = Source::columns;
    const quotient a = divide(i, (grid.width + columns - 1) / columns);
    const quotient b = divide(a.whole, grid.segments());
    const std::int64_t mask = b.whole, x = a.rest * columns, s = b.rest;
    const std::int64_t top = s * segment_rows;
    bool before[columns];
    std::uint32_t number[columns] = {};
    for (int c = 0; c < columns; ++c) {
      const std::int64_t column = x + c;
      before[c] = column < grid.width &&
                  (top > 0 ? source.at(mask, top - 1, column)
                           : column > 0 && source.at(mask, grid.height - 1, column - 1));
    }
    for (std::int64_t k = s * segment_words; k < (s + 1) * segment_words && 32 * k < grid.height;
         ++k) {
      const int rows = grid.rows_of(k);
      std::uint32_t some[columns] = {};
      source.read(mask, 32 * k, x, rows, some);
      for (int c = 0; c < columns; ++c) {
        if (x + c >= grid.width) continue;
        number[c] += static_cast<std::uint32_t>(popcount(changes_of(some[c], before[c], rows)));
        before[c] = some[c] >> (rows - 1) & 1;
        words[grid.word_at(mask, k, x + c)] = some[c];
      }
    }
    for (int c = 0; c < columns; ++c)
      if (x + c < grid.width) changes[grid.segment_at(mask, x + c, s)] = number[c];
  }
};

/// Step 2, after the running sums: a mask has one run more than changes.
struct place_masks {
  const std::uint64_t* sums;  // of changes
  std::int64_t per_mask;      // segments
  std::uint64_t* offsets;     // [count + 1]
  S2D_HD void operator()(std::int64_t mask) const {
    offsets[mask] = sums[mask * per_mask] + static_cast<std::uint64_t>(mask);
  }
};

/// Step 3: where each run ends, in pixels of its mask; the last run of a mask is left out.
struct write_changes {
  column_grid grid;
  const std::uint32_t* words;
  const std::uint64_t* sums;
  std::uint32_t* ends;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient a = divide(i, grid.width);
    const quotient b = divide(a.whole, grid.segments());
    const std::int64_t mask = b.whole, x = a.rest, s = b.rest;
    const std::int64_t segment = grid.segment_at(mask, x, s);
    if (sums[segment] == sums[segment + 1]) return;
    std::uint32_t* to = ends + sums[segment] + static_cast<std::uint64_t>(mask);
    const std::int64_t first = s * segment_words, last = grid.words() - 1;
    bool before = false;
    if (first > 0)
      before = words[grid.word_at(mask, first - 1, x)] >> 31;
    else if (x > 0)
      before = words[grid.word_at(mask, last, x - 1)] >> ((grid.height - 1) % 32) & 1;
    for (std::int64_t k = first; k < first + segment_words && k <= last; ++k) {
      const int rows = grid.rows_of(k);
      const std::uint32_t word = words[grid.word_at(mask, k, x)];
      for (std::uint32_t rest = changes_of(word, before, rows); rest != 0; rest &= rest - 1)
        *to++ = static_cast<std::uint32_t>(x * grid.height + 32 * k + lowest_bit(rest));
      before = word >> (rows - 1) & 1;
    }
  }
};

/// The mask that run `r` belongs to.
S2D_HD inline std::int64_t mask_of_run(const std::uint64_t* offsets, std::int64_t count,
                                       std::uint64_t r) {
  std::int64_t low = 0, high = count;  // offsets[low] <= r < offsets[high]
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (offsets[middle] <= r ? low : high) = middle;
  }
  return low;
}

/// Step 4: lengths from ends.
struct measure_runs {
  const std::uint32_t* ends;
  const std::uint64_t* offsets;
  std::int64_t count;
  std::uint32_t pixels;  // of a mask
  std::uint32_t* lengths;

  S2D_HD void operator()(std::int64_t i) const {
    const auto r = static_cast<std::uint64_t>(i);
    const std::int64_t mask = mask_of_run(offsets, count, r);
    const std::uint32_t begin = r == offsets[mask] ? 0 : ends[r - 1];
    const std::uint32_t end = r + 1 == offsets[mask + 1] ? pixels : ends[r];
    lengths[r] = end - begin;
  }
};

/// All of it. Buffer: what run.allocate gives.
template <template <class> class Buffer, class Executor, class Source>
basic_rle_batch<Buffer> encode_on(const Executor& run, const Source& source,
                                  const column_grid& grid) {
  constexpr const char* what = "encode";
  const std::int64_t columns = (grid.width + Source::columns - 1) / Source::columns;
  const std::int64_t per_mask = grid.width * grid.segments(), segments = grid.count * per_mask;
  basic_rle_batch<Buffer> out;
  out.height = grid.height;
  out.width = grid.width;
  out.offsets = run.template allocate<std::uint64_t>(grid.count + 1);
  out.host_offsets.resize(static_cast<std::size_t>(grid.count) + 1);

  auto words = run.template allocate<std::uint32_t>(grid.count * grid.words() * grid.width);
  auto sums = run.template allocate<std::uint64_t>(segments + 1);
  {
    auto changes = run.template allocate<std::uint32_t>(segments);
    run.for_each(what, grid.count * grid.segments() * columns,
                 scan_segments<Source>{source, grid, words.data(), changes.data()});
    run.running_sums(what, changes.data(), segments, sums.data());
  }
  run.for_each(what, grid.count + 1, place_masks{sums.data(), per_mask, out.offsets.data()});
  run.fetch(out.host_offsets.data(), out.offsets.data(), grid.count + 1);

  const auto runs = static_cast<std::int64_t>(out.host_offsets.back());
  auto ends = run.template allocate<std::uint32_t>(runs);
  out.lengths = run.template allocate<std::uint32_t>(runs);
  run.for_each(what, segments, write_changes{grid, words.data(), sums.data(), ends.data()});
  run.for_each(
      what, runs,
      measure_runs{ends.data(), out.offsets.data(), grid.count,
                   static_cast<std::uint32_t>(grid.height * grid.width), out.lengths.data()});
  return out;
}

/// Of dense masks: how they are read goes by how they lie.
template <template <class> class Buffer, class Executor, class T>
basic_rle_batch<Buffer> encode_dense_on(const Executor& run, const batch_view<const T>& masks,
                                        const foreground_test<T>& test) {
  const column_grid grid{masks.count, masks.height, masks.width};
  if constexpr (sizeof(T) == 1) {
    if (masks.row_stride == 1 && masks.column_stride != 1)
      return encode_on<Buffer>(run, column_source{masks}, grid);
    return encode_on<Buffer>(run, dense_source<T, 4>{masks, test}, grid);
  } else {
    return encode_on<Buffer>(run, dense_source<T, 1>{masks, test}, grid);
  }
}

/// What functions that read runs need.
struct runs_view {
  const std::uint32_t* lengths;
  const std::uint64_t* offsets;  // [count + 1]
  std::int64_t runs;             // of all masks
};

/// A vertical word of decoded runs.
struct write_words {
  column_grid grid;
  const std::uint64_t* sums;  // running sums of the lengths of all masks
  const std::uint64_t* offsets;
  std::uint32_t* words;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient a = divide(i, grid.width);
    const quotient b = divide(a.whole, grid.words());
    const std::int64_t mask = b.whole, x = a.rest, k = b.rest;
    const std::uint64_t first = offsets[mask], last = offsets[mask + 1], base = sums[first];
    const int rows = grid.rows_of(k);
    const auto begin = base + static_cast<std::uint64_t>(x * grid.height + 32 * k);
    // The first run that ends behind `begin`.
    std::uint64_t low = first, high = last;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      if (sums[middle + 1] > begin)
        high = middle;
      else
        low = middle + 1;
    }
    std::uint32_t word = 0;
    int row = 0;
    for (std::uint64_t r = low; r < last && row < rows; ++r) {
      const std::uint64_t end = sums[r + 1] - begin;
      const int until = end < static_cast<std::uint64_t>(rows) ? static_cast<int>(end) : rows;
      if ((r - first) % 2 == 1 && until > row)
        word |= (until - row == 32 ? 0xffffffffu : (1u << (until - row)) - 1) << row;
      row = until;
    }
    words[i] = word;
  }
};

/// A word of a row out of 64 vertical words. Neighbouring threads have neighbouring rows and read
/// the same words.
struct turn_words {
  column_grid grid;
  const std::uint32_t* words;
  std::uint64_t* out;

  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t words_per_row = (grid.width + 63) / 64;
    const quotient a = divide(i, grid.height);
    const quotient b = divide(a.whole, words_per_row);
    const std::int64_t mask = b.whole, y = a.rest, first = b.rest * 64;
    const int columns = static_cast<int>(grid.width - first < 64 ? grid.width - first : 64);
    const std::uint32_t* const from = words + grid.word_at(mask, y / 32, first);
    std::uint64_t word = 0;
    for (int c = 0; c < columns; ++c)
      word |= static_cast<std::uint64_t>(from[c] >> (y % 32) & 1) << c;
    out[(mask * grid.height + y) * words_per_row + b.rest] = word;
  }
};

template <class Executor>
void decode_on(const Executor& run, const runs_view& runs, const bits_view& out) {
  if (out.empty()) return;
  const column_grid grid{out.count, out.height, out.width};
  auto sums = run.template allocate<std::uint64_t>(runs.runs + 1);
  auto words = run.template allocate<std::uint32_t>(grid.count * grid.words() * grid.width);
  run.running_sums("decode", runs.lengths, runs.runs, sums.data());
  run.for_each("decode", grid.count * grid.words() * grid.width,
               write_words{grid, sums.data(), runs.offsets, words.data()});
  run.for_each("decode", out.size(), turn_words{grid, words.data(), out.data});
}

template <class Executor>
void decode_on(const Executor& run, const runs_view& runs, const batch_view<std::uint8_t>& out) {
  if (out.empty()) return;
  const std::int64_t words = out.count * out.height * ((out.width + 63) / 64);
  auto bits = run.template allocate<std::uint64_t>(words);
  decode_on(run, runs, bits_view{bits.data(), out.count, out.height, out.width});
  unpack_on(run, const_bits_view{bits.data(), out.count, out.height, out.width}, out);
}

/// First and last row and column; nothing while first > last.
struct extremes {
  std::uint32_t left = 0xffffffffu, top = 0xffffffffu, right = 0, bottom = 0;

  S2D_HD void include(std::uint32_t x0, std::uint32_t y0, std::uint32_t x1, std::uint32_t y1) {
    left = x0 < left ? x0 : left;
    top = y0 < top ? y0 : top;
    right = x1 > right ? x1 : right;
    bottom = y1 > bottom ? y1 : bottom;
  }
  [[nodiscard]] S2D_HD mask_box box() const {
    if (left > right || top > bottom) return {};
    return {left, top, std::int64_t{right} - left + 1, std::int64_t{bottom} - top + 1};
  }
};
struct join_extremes {
  S2D_HD extremes operator()(extremes a, const extremes& b) const {
    a.include(b.left, b.top, b.right, b.bottom);
    return a;
  }
};
struct add {
  template <class T>
  S2D_HD T operator()(T a, T b) const {
    return a + b;
  }
};

/// What the threads of a block have found of a mask, together. Either result may be null.
template <class Block>
S2D_DEVICE void write_measures(Block& block, std::int64_t mask, std::int64_t area,
                               const extremes& found, std::int64_t* areas, mask_box* boxes) {
  if (areas != nullptr) {
    const std::int64_t sum = block.reduce(area, add{});
    if (block.thread() == 0) areas[mask] = sum;
  }
  if (boxes != nullptr) {
    const extremes all = block.reduce(found, join_extremes{});
    if (block.thread() == 0) boxes[mask] = all.box();
  }
}

/// Area and box of a mask by one block.
struct measure_bits {
  static constexpr int threads = 256;
  struct shared {};
  const_bits_view in;
  std::int64_t* areas;  // or null
  mask_box* boxes;      // or null

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t mask) const {
    const std::int64_t per_row = in.words_per_row(), words = in.words_per_mask();
    const std::uint64_t* const from = in.data + mask * words;
    std::int64_t area = 0;
    extremes found;
    for (std::int64_t i = block.thread(); i < words; i += block.size()) {
      const std::uint64_t word = from[i];
      if (word == 0) continue;
      area += popcount(word);
      const auto y = static_cast<std::uint32_t>(i / per_row);
      const auto x = static_cast<std::uint32_t>(i % per_row * 64);
      found.include(x + static_cast<std::uint32_t>(lowest_bit(word)), y,
                    x + static_cast<std::uint32_t>(highest_bit(word)), y);
    }
    write_measures(block, mask, area, found, areas, boxes);
  }
};

/// The same from runs.
struct measure_masks_of_runs {
  static constexpr int threads = 128;
  struct shared {};
  runs_view in;
  const std::uint64_t* sums;
  std::int64_t height;
  std::int64_t* areas;
  mask_box* boxes;

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t mask) const {
    const std::uint64_t first = in.offsets[mask], last = in.offsets[mask + 1], base = sums[first];
    std::int64_t area = 0;
    extremes found;
    for (std::uint64_t r = first + 1 + 2 * static_cast<std::uint64_t>(block.thread()); r < last;
         r += 2 * static_cast<std::uint64_t>(block.size())) {
      const auto begin = static_cast<std::int64_t>(sums[r] - base);
      const auto end = static_cast<std::int64_t>(sums[r + 1] - base);
      if (begin == end) continue;
      area += end - begin;
      const std::int64_t x0 = begin / height, x1 = (end - 1) / height;
      const bool one_column = x0 == x1;
      found.include(static_cast<std::uint32_t>(x0),
                    static_cast<std::uint32_t>(one_column ? begin % height : 0),
                    static_cast<std::uint32_t>(x1),
                    static_cast<std::uint32_t>(one_column ? (end - 1) % height : height - 1));
    }
    write_measures(block, mask, area, found, areas, boxes);
  }
};

template <class Executor>
void measure_on(const Executor& run, const char* what, const const_bits_view& in,
                std::int64_t* areas, mask_box* boxes) {
  run.for_each_block(what, in.count, measure_bits{in, areas, boxes});
}
template <class Executor>
void measure_on(const Executor& run, const char* what, const runs_view& in, std::int64_t count,
                std::int64_t height, std::int64_t* areas, mask_box* boxes) {
  auto sums = run.template allocate<std::uint64_t>(in.runs + 1);
  run.running_sums(what, in.lengths, in.runs, sums.data());
  run.for_each_block(what, count, measure_masks_of_runs{in, sums.data(), height, areas, boxes});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
