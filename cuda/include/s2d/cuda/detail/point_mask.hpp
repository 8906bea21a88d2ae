// The work of points in masks: bits of membership, and how many pixels of a set of points lie in
// every mask.
#pragma once

#include <cstdint>

#include <s2d/cuda/point_mask_types.hpp>
#include <s2d/cuda/tracks_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/dbscan.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/tracks.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Which bit of a packed mask a point falls on, -1 outside.
S2D_HD inline std::int64_t bit_of(const track_position& p, const const_bits_view& masks) {
  const std::int64_t x = pixel_of(p.x, masks.width), y = pixel_of(p.y, masks.height);
  return x < 0 || y < 0 ? -1 : y * masks.words_per_row() * 64 + x;
}

/// Eight points in one frame: a byte of the row of every mask there.
struct mark_inside {
  const_tracks_view tracks;
  mask_table_view table;
  std::uint8_t* out;  // [M, words of P] as bytes
  S2D_HD void operator()(std::int64_t index) const {
    const std::int64_t per_row = (tracks.points + 63) / 64 * 8;
    const quotient place = divide(index, per_row);
    const std::int64_t t = place.whole, first = place.rest * 8;
    const std::int64_t begin = table.first_row[t], end = table.first_row[t + 1];
    if (begin >= end) return;
    std::int64_t bits[8];
    S2D_UNROLL
    for (int k = 0; k < 8; ++k)
      bits[k] = first + k < tracks.points
                    ? bit_of(tracks.at[t * tracks.points + first + k], table.masks)
                    : -1;
    for (std::int64_t row = begin; row < end; ++row) {
      const std::uint64_t* const mask = table.masks.data + row * table.masks.words_per_mask();
      std::uint32_t inside = 0;
      S2D_UNROLL
      for (int k = 0; k < 8; ++k)
        if (bits[k] >= 0)
          inside |= static_cast<std::uint32_t>(mask[bits[k] / 64] >> (bits[k] % 64) & 1) << k;
      out[row * per_row + place.rest] = static_cast<std::uint8_t>(inside);
    }
  }
};

template <class Executor>
void points_in_masks_on(const Executor& run, const const_tracks_view& tracks,
                        const mask_table_view& table, const bits_view& out) {
  if (table.masks.count == 0) return;
  run.for_each("points_in_masks", tracks.frames * out.words_per_row() * 8,
               mark_inside{tracks, table, reinterpret_cast<std::uint8_t*>(out.data)});
}

/// The points of a set against the masks of a frame, from bits of membership.
struct count_inside {
  const_bits_view inside;     // [M, 1, P]
  const std::uint64_t* seen;  // [T, words of P] or null: all points count
  point_sets sets;
  mask_table_view table;
  point_overlap* out;  // [sets, M]
  S2D_HD void operator()(std::int64_t index) const {
    const quotient place = divide(index, sets.count);
    const std::int64_t t = place.whole, q = place.rest, words = inside.words_per_row();
    const std::int64_t begin = sets.offsets[q], end = sets.offsets[q + 1];
    const auto counting = [&](std::int64_t w) {
      return seen == nullptr ? ~std::uint64_t{0} : seen[t * words + w];
    };
    const std::uint32_t all = count_columns(begin, end, counting);
    for (std::int64_t row = table.first_row[t]; row < table.first_row[t + 1]; ++row)
      out[q * inside.count + row] = {
          count_columns(begin, end,
                        [&](std::int64_t w) { return inside.data[row * words + w] & counting(w); }),
          all};
  }
};

/// The distinct pixels of a set of points against the masks of a frame: a block a set and frame.
/// Pixels are bits in shared memory, a band of words of the frame at a time.
struct match_pixels {
  static constexpr int threads = 128, band_words = 2048, rows_at_once = 4;
  struct shared {
    std::uint32_t halves[2 * band_words];  // of words
  };
  const_tracks_view tracks;
  point_sets sets;
  mask_table_view table;
  bool visible_only;
  point_overlap* out;  // [sets, M], zero before

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t index) const {
    const quotient place = divide(index, sets.count);
    const std::int64_t t = place.whole, q = place.rest;
    const std::int64_t first = table.first_row[t], last = table.first_row[t + 1];
    if (first >= last) return;
    span mine{INT64_MAX, -1};
    for_points(block, t, q, [&](std::int64_t bit) {
      if (bit < mine.least) mine.least = bit;
      if (bit > mine.most) mine.most = bit;
    });
    const span all = block.reduce(mine, [](const span& a, const span& b) {
      return span{a.least < b.least ? a.least : b.least, a.most > b.most ? a.most : b.most};
    });
    for (std::int64_t word = all.least / 64; word * 64 <= all.most; word += band_words) {
      const std::int64_t left = all.most / 64 - word + 1;
      const int words = left < band_words ? static_cast<int>(left) : band_words;
      auto& memory = block.template shared<shared>();
      for (int i = block.thread(); i < 2 * words; i += block.size()) memory.halves[i] = 0;
      block.sync();
      for_points(block, t, q, [&](std::int64_t bit) {
        const std::int64_t at = bit - word * 64;
        if (at >= 0 && at < std::int64_t{words} * 64)
          atomic_or(memory.halves + at / 32, std::uint32_t{1} << (at % 32));
      });
      block.sync();
      count(block, memory, word, words, first, last, q);
    }
  }

 private:
  struct span {
    std::int64_t least, most;
  };
  struct counts {
    std::uint32_t of[rows_at_once];
  };

  /// Calls use(bit) for the points of the set that count and that this thread has.
  template <class Block, class Use>
  S2D_DEVICE void for_points(Block& block, std::int64_t t, std::int64_t q, const Use& use) const {
    const std::int64_t begin = t * tracks.points + sets.offsets[q];
    const std::int64_t end = t * tracks.points + sets.offsets[q + 1];
    for (std::int64_t n = begin + block.thread(); n < end; n += block.size()) {
      if (visible_only && tracks.visible[n] == 0) continue;
      const std::int64_t bit = bit_of(tracks.at[n], table.masks);
      if (bit >= 0) use(bit);
    }
  }
  template <class Block>
  S2D_DEVICE void count(Block& block, const shared& memory, std::int64_t word, int words,
                        std::int64_t first, std::int64_t last, std::int64_t q) const {
    const auto pixels = [&](int w) {
      return memory.halves[2 * w] | std::uint64_t{memory.halves[2 * w + 1]} << 32;
    };
    std::uint32_t mine = 0;
    for (int w = block.thread(); w < words; w += block.size())
      mine += static_cast<std::uint32_t>(popcount(pixels(w)));
    const std::uint32_t all =
        block.reduce(mine, [](std::uint32_t a, std::uint32_t b) { return a + b; });
    const std::int64_t per_mask = table.masks.words_per_mask();
    for (std::int64_t row = first; row < last; row += rows_at_once) {
      const std::uint64_t* const masks = table.masks.data + row * per_mask + word;
      counts inside{};
      for (int w = block.thread(); w < words; w += block.size()) {
        const std::uint64_t bits = pixels(w);
        if (bits == 0) continue;
        S2D_UNROLL
        for (int k = 0; k < rows_at_once; ++k)
          if (row + k < last)
            inside.of[k] += static_cast<std::uint32_t>(popcount(bits & masks[k * per_mask + w]));
      }
      const counts sum = block.reduce(inside, [](counts a, const counts& b) {
        S2D_UNROLL
        for (int k = 0; k < rows_at_once; ++k) a.of[k] += b.of[k];
        return a;
      });
      if (block.thread() != 0) continue;
      S2D_UNROLL
      for (int k = 0; k < rows_at_once; ++k)
        if (row + k < last) {
          point_overlap& to = out[q * table.masks.count + row + k];
          to = {to.inside + sum.of[k], to.points + all};
        }
    }
  }
};

template <class Executor>
void match_points_on(const Executor& run, const const_tracks_view& tracks, const point_sets& sets,
                     const mask_table_view& table, bool pixels, bool visible_only,
                     point_overlap* out) {
  constexpr const char* what = "match_points";
  const std::int64_t masks = table.masks.count, points = tracks.points;
  if (masks == 0) return;
  if (pixels) {
    run.fill_zero(out, sets.count * masks);
    run.for_each_block(what, sets.count * tracks.frames,
                       match_pixels{tracks, sets, table, visible_only, out});
    return;
  }
  const std::int64_t words = (points + 63) / 64;
  auto inside = run.template allocate<std::uint64_t>(masks * words);
  points_in_masks_on(run, tracks, table, {inside.data(), masks, 1, points});
  const auto seen = packed_rows_of(run, tracks.visible, visible_only ? tracks.frames : 0, points);
  run.for_each(what, sets.count * tracks.frames,
               count_inside{{inside.data(), masks, 1, points},
                            visible_only ? seen.data() : nullptr,
                            sets,
                            table,
                            out});
}

/// 64 masks against a set.
struct write_matches {
  const point_overlap* overlaps;  // [sets, M]
  std::int64_t masks;
  double ratio;
  std::uint64_t* out;  // [sets, words]
  S2D_HD void operator()(std::int64_t index) const {
    const quotient place = divide(index, (masks + 63) / 64);
    const std::int64_t first = place.rest * 64;
    std::uint64_t bits = 0;
    for (std::int64_t row = first; row < masks && row < first + 64; ++row) {
      const point_overlap found = overlaps[place.whole * masks + row];
      if (exceeds(found.inside, found.points, ratio)) bits |= std::uint64_t{1} << (row - first);
    }
    out[index] = bits;
  }
};

template <class Executor>
void matching_masks_on(const Executor& run, const point_overlap* overlaps, std::int64_t sets,
                       std::int64_t masks, double ratio, std::uint64_t* out) {
  run.for_each("matching_masks", sets * ((masks + 63) / 64),
               write_matches{overlaps, masks, ratio, out});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
