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
        for (int r = 0; r < rows; r += 8, from += 8 * in.row_stride) {
          const std::uint32_t bits = nonzero_lines(from, in.row_stride, rows - r);
          S2D_UNROLL
          for (int c = 0; c < 4; ++c) words[c] |= (bits >> (8 * c) & 255) << r;
        }
        return;
      }
    }
    S2D_UNROLL
    for (int c = 0; c < Columns; ++c) {
      if (x + c >= in.width) continue;
      S2D_UNROLL_8
      for (int r = 0; r < rows; ++r)
        words[c] |= std::uint32_t{test(from[r * in.row_stride + c * in.column_stride])} << r;
    }
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
      S2D_UNROLL
      for (int half = 0; half < 2; ++half) {
        const auto bytes = load_as<quad>(from + 16 * half);
        S2D_UNROLL
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
    for (int r = 0; r < rows; r += 8) {  // x is a multiple of 4: one word holds all four
      std::uint32_t bits = 0;            // byte c: eight rows of column c
      S2D_UNROLL
      for (int k = 0; k < 8; ++k)
        if (r + k < rows)
          bits |= spread_four(static_cast<std::uint32_t>(from[(r + k) * step] >> (x % 64))) << k;
      S2D_UNROLL
      for (int c = 0; c < 4; ++c) words[c] |= (bits >> (8 * c) & 255) << r;
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
  static constexpr int columns = Source::columns;
  Source source;
  column_grid grid;
  divisor groups;    // of columns
  divisor segments;  // of a column
  std::uint32_t* words;
  std::uint32_t* changes;  // [count, width, segments]

  S2D_HD void operator()(std::int64_t i) const {
    const quotient a = groups.divide(i);
    const quotient b = segments.divide(a.whole);
    const std::int64_t mask = b.whole, x = a.rest * columns, s = b.rest;
    const std::int64_t top = s * segment_rows, below = grid.height - top;
    const int height = static_cast<int>(below < segment_rows ? below : segment_rows);
    const int width = static_cast<int>(grid.width - x < columns ? grid.width - x : columns);
    bool before[columns] = {};
    std::uint32_t number[columns] = {};
    S2D_UNROLL
    for (int c = 0; c < columns; ++c)
      if (c < width)
        before[c] = top > 0 ? source.at(mask, top - 1, x + c)
                            : x + c > 0 && source.at(mask, grid.height - 1, x + c - 1);
    std::int64_t to = grid.word_at(mask, s * segment_words, x);
    for (int y = 0; y < height; y += 32, to += grid.width) {
      const int rows = height - y < 32 ? height - y : 32;
      std::uint32_t some[columns] = {};
      source.read(mask, top + y, x, rows, some);
      S2D_UNROLL
      for (int c = 0; c < columns; ++c) {
        number[c] += static_cast<std::uint32_t>(popcount(changes_of(some[c], before[c], rows)));
        before[c] = some[c] >> (rows - 1) & 1;
      }
      store(words + to, some, width);
    }
    S2D_UNROLL
    for (int c = 0; c < columns; ++c)
      if (c < width) changes[grid.segment_at(mask, x + c, s)] = number[c];
  }

 private:
  S2D_HD void store(std::uint32_t* to, const std::uint32_t (&some)[columns], int width) const {
    if constexpr (columns == 4)
      if (grid.width % 4 == 0) return store_as(to, quad{{some[0], some[1], some[2], some[3]}});
    S2D_UNROLL
    for (int c = 0; c < columns; ++c)
      if (c < width) to[c] = some[c];
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

/// Step 3: where each run ends, in pixels of its mask; the last run of a mask is left out. One
/// thread a segment, in the order of runs: most have no change and end after two loads.
struct write_changes {
  column_grid grid;
  divisor segments;  // of a column
  divisor width;
  const std::uint32_t* words;
  const std::uint64_t* sums;
  std::uint32_t* ends;

  S2D_HD void operator()(std::int64_t i) const {
    const std::uint64_t before_it = sums[i];
    if (before_it == sums[i + 1]) return;
    const quotient a = segments.divide(i);
    const quotient b = width.divide(a.whole);
    const std::int64_t mask = b.whole, x = b.rest, s = a.rest;
    std::uint32_t* to = ends + before_it + static_cast<std::uint64_t>(mask);
    const std::int64_t first = s * segment_words, last = grid.words() - 1;
    std::int64_t from = grid.word_at(mask, first, x);
    bool before = false;
    if (first > 0)
      before = words[from - grid.width] >> 31;
    else if (x > 0)
      before = words[grid.word_at(mask, last, x - 1)] >> ((grid.height - 1) % 32) & 1;
    const auto begin = static_cast<std::uint32_t>(x * grid.height);
    for (std::int64_t k = first; k < first + segment_words && k <= last; ++k, from += grid.width) {
      const int rows = grid.rows_of(k);
      const std::uint32_t word = words[from], pixel = begin + static_cast<std::uint32_t>(32 * k);
      for (std::uint32_t rest = changes_of(word, before, rows); rest != 0; rest &= rest - 1)
        *to++ = pixel + static_cast<std::uint32_t>(lowest_bit(rest));
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
                 scan_segments<Source>{source, grid, divisor{columns}, divisor{grid.segments()},
                                       words.data(), changes.data()});
    run.running_sums(what, changes.data(), segments, sums.data());
  }
  run.for_each(what, grid.count + 1, place_masks{sums.data(), per_mask, out.offsets.data()});
  run.fetch(out.host_offsets.data(), out.offsets.data(), grid.count + 1);

  const auto runs = static_cast<std::int64_t>(out.host_offsets.back());
  auto ends = run.template allocate<std::uint32_t>(runs);
  out.lengths = run.template allocate<std::uint32_t>(runs);
  run.for_each(what, segments,
               write_changes{grid, divisor{grid.segments()}, divisor{grid.width}, words.data(),
                             sums.data(), ends.data()});
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

/// The vertical words of a segment of decoded runs.
struct write_words {
  column_grid grid;
  divisor width;
  divisor segments;           // of a column
  const std::uint64_t* sums;  // running sums of the lengths of all masks
  const std::uint64_t* offsets;
  std::uint32_t* words;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient a = width.divide(i);
    const quotient b = segments.divide(a.whole);
    const std::int64_t mask = b.whole, x = a.rest, top = b.rest * segment_rows;
    const std::uint64_t* const ends = sums + offsets[mask] + 1;  // of the runs of the mask
    const auto runs = static_cast<std::uint32_t>(offsets[mask + 1] - offsets[mask]);
    std::uint64_t begin = *(ends - 1) + static_cast<std::uint64_t>(x * grid.height + top);
    std::uint32_t run = first_behind(ends, runs, begin);
    std::uint64_t end = run < runs ? ends[run] : ~std::uint64_t{0};
    std::int64_t to = grid.word_at(mask, b.rest * segment_words, x);
    for (std::int64_t k = b.rest * segment_words, last = grid.words();
         k < (b.rest + 1) * segment_words && k < last; ++k, to += grid.width, begin += 32) {
      const auto rows = static_cast<std::uint64_t>(grid.rows_of(k));
      std::uint32_t word = run % 2 == 1 ? 0xffffffffu : 0;
      while (end < begin + rows) {  // behind it pixels are the other way
        word ^= 0xffffffffu << (end - begin);
        ++run;
        end = run < runs ? ends[run] : ~std::uint64_t{0};
      }
      words[to] = word;
    }
  }

 private:
  /// The first run that ends behind `begin`.
  [[nodiscard]] S2D_HD static std::uint32_t first_behind(const std::uint64_t* ends,
                                                         std::uint32_t runs, std::uint64_t begin) {
    std::uint32_t low = 0, high = runs;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (ends[middle] > begin)
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }
};

/// Swaps the upper Step columns of blocks of 2 Step words with the lower ones of the words Step
/// further on: all five steps transpose 32 x 32 bits.
template <int Step>
S2D_HD void transpose_step(std::uint32_t (&words)[32]) {
  constexpr std::uint32_t low = 0xffffffffu / ((1u << Step) + 1);  // Step ones, Step zeros, ...
  S2D_UNROLL
  for (int k = 0; k < 32; ++k)
    if ((k & Step) == 0) {
      const std::uint32_t a = words[k], b = words[k + Step];
      words[k] = (a & low) | (b & low) << Step;
      words[k + Step] = (a >> Step & low) | (b & ~low);
    }
}

/// 32 rows of 32 columns out of as many vertical words: half a word each. Neighbouring threads
/// have neighbouring halves.
struct turn_words {
  column_grid grid;
  divisor halves;          // of a row
  divisor vertical_words;  // of a column
  const std::uint32_t* words;
  std::uint64_t* out;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient a = halves.divide(i);
    const quotient b = vertical_words.divide(a.whole);
    const std::int64_t mask = b.whole, k = b.rest, x = a.rest * 32;
    std::uint32_t block[32] = {};
    read(words + grid.word_at(mask, k, 0), x, block);
    transpose_step<16>(block);
    transpose_step<8>(block);
    transpose_step<4>(block);
    transpose_step<2>(block);
    transpose_step<1>(block);
    const int rows = grid.rows_of(k);
    std::uint32_t* const to = reinterpret_cast<std::uint32_t*>(out) +
                              (mask * grid.height + 32 * k) * halves.value() + a.rest;
    S2D_UNROLL
    for (int r = 0; r < 32; ++r)
      if (r < rows) store_as(to + r * halves.value(), block[r]);
  }

 private:
  /// The words of the columns from x on; zeros behind the last.
  S2D_HD void read(const std::uint32_t* from, std::int64_t x, std::uint32_t (&block)[32]) const {
    if (grid.width % 4 == 0) {
      S2D_UNROLL
      for (int c = 0; c < 32; c += 4) {
        if (x + c >= grid.width) continue;
        const auto some = load_as<quad>(from + x + c);
        S2D_UNROLL
        for (int j = 0; j < 4; ++j) block[c + j] = some.words[j];
      }
    } else {
      S2D_UNROLL
      for (int c = 0; c < 32; ++c)
        if (x + c < grid.width) block[c] = from[x + c];
    }
  }
};

template <class Executor>
void decode_on(const Executor& run, const runs_view& runs, const bits_view& out) {
  if (out.empty()) return;
  const column_grid grid{out.count, out.height, out.width};
  auto sums = run.template allocate<std::uint64_t>(runs.runs + 1);
  auto words = run.template allocate<std::uint32_t>(grid.count * grid.words() * grid.width);
  run.running_sums("decode", runs.lengths, runs.runs, sums.data());
  run.for_each("decode", grid.count * grid.segments() * grid.width,
               write_words{grid, divisor{grid.width}, divisor{grid.segments()}, sums.data(),
                           runs.offsets, words.data()});
  const std::int64_t halves = 2 * out.words_per_row();
  run.for_each("decode", grid.count * grid.words() * halves,
               turn_words{grid, divisor{halves}, divisor{grid.words()}, words.data(), out.data});
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
