// Backward warping: the reading of pixels.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/detail/near_places.hpp>
#include <s2d/flow/detail/warp_places.hpp>
#include <s2d/flow/detail/warp_tiles.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/warp_types.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::warping {

/// A picture of `Channels` interleaved channels and how it continues outside.
template <class T, std::ptrdiff_t Channels>
struct source {
  const T* data;
  std::ptrdiff_t height, width, stride;  // stride in elements
  warp_border border;
  T fill;

  [[nodiscard]] T operator()(std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t c) const {
    if (y < 0 || y >= height || x < 0 || x >= width) {
      if (border == warp_border::constant) return fill;
      y = y < 0 ? 0 : (y >= height ? height - 1 : y);
      x = x < 0 ? 0 : (x >= width ? width - 1 : x);
    }
    return data[y * stride + x * Channels + c];
  }
};

template <class T>
T rounded(float value) {
  if constexpr (std::is_floating_point_v<T>)
    return value;
  else
    return static_cast<T>(static_cast<std::int32_t>(value + 0.5f));
}

inline float blend(float a, float b, float c, float d, float x, float y) {
  const float top = a + x * (b - a);
  const float bottom = c + x * (d - c);
  return top + y * (bottom - top);
}

/// One pixel whose source lies at or over the border.
template <bool Nearest, class T, std::ptrdiff_t Channels>
void warp_border_pixel(const source<T, Channels>& from, place p, T* out) {
  for (std::ptrdiff_t c = 0; c < Channels; ++c) {
    if constexpr (Nearest) {
      out[c] = from(p.y, p.x, c);
    } else {
      const auto tap = [&](std::ptrdiff_t j, std::ptrdiff_t k) {
        return static_cast<float>(from(p.y + j, p.x + k, c));
      };
      out[c] = rounded<T>(blend(tap(0, 0), tap(0, 1), tap(1, 0), tap(1, 1), p.part_x, p.part_y));
    }
  }
}

/// Pixels [begin, end) of a block: near(i, places) for sixteen from i on where their places lie
/// close together, single(first, last) for the others.
template <std::ptrdiff_t Channels, class Index, class Single, class Near>
void read_in_sixteens(const source<std::uint8_t, Channels>& from, const block<Index>& b, int begin,
                      int end, std::ptrdiff_t down, const Single& single, const Near& near) {
#if defined(S2D_AVX512_VBMI2)
  if constexpr (sizeof(Index) == sizeof(std::int32_t)) {
    const std::ptrdiff_t size = (from.height - 1) * from.stride + from.width * Channels;
    for (; begin + near_places::count <= end; begin += near_places::count) {
      const near_places places{b.at + begin, size, down};
      if (places.near())
        near(begin, places);
      else
        single(begin, begin + near_places::count);
    }
  }
#else
  (void)from, (void)b, (void)down, (void)near;
#endif
  single(begin, end);
}

/// The same for colour between pixels: two neighbours are six bytes, read as two overlapping words
/// of four; then everything is arithmetic on many pixels at once.
template <class Index>
void warp_colour_run(const source<std::uint8_t, 3>& from, const block<Index>& b, int begin, int end,
                     std::uint8_t* out) {
  alignas(64) std::uint32_t words[4][block_size];
  const auto read = [](const std::uint8_t* at) {
    return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 |
           static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24;
  };
  const auto read_pixels = [&](int first, int last) {
    for (int i = first; i < last; ++i) {
      const std::uint8_t* const at = from.data + b.at[i];
      words[0][i] = read(at);
      words[1][i] = read(at + 2);
      words[2][i] = read(at + from.stride);
      words[3][i] = read(at + from.stride + 2);
    }
  };
  read_in_sixteens(from, b, begin, end, from.stride + 2, read_pixels,
                   [&](int i, const auto& places) {
                     store(words[0] + i, places.words(from.data));
                     store(words[1] + i, places.words(from.data + 2));
                     store(words[2] + i, places.words(from.data + from.stride));
                     store(words[3] + i, places.words(from.data + from.stride + 2));
                   });
  alignas(64) std::uint32_t pixels[block_size];
  for (int i = begin; i < end; ++i) {
    const auto value = [](std::uint32_t word, int shift) {
      return static_cast<float>(static_cast<std::int32_t>(word >> shift & 255u));
    };
    const auto channel = [&](int left, int right, int right_word) {
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(
          blend(value(words[0][i], left), value(words[right_word][i], right),
                value(words[2][i], left), value(words[right_word + 2][i], right), b.part_x[i],
                b.part_y[i]) +
          0.5f));
    };
    pixels[i] = channel(0, 24, 0) | channel(8, 16, 1) << 8 | channel(16, 24, 1) << 16;
  }
  int i = begin;
  if constexpr (std::endian::native == std::endian::little)  // the fourth byte is the next pixel's
    for (; i + 1 < end; ++i) std::memcpy(out + 3 * i, pixels + i, 4);
  for (; i < end; ++i)
    for (int c = 0; c < 3; ++c) out[3 * i + c] = static_cast<std::uint8_t>(pixels[i] >> (8 * c));
}

/// Pixels [begin, end) of a block; out belongs to pixel 0.
template <bool Nearest, class T, std::ptrdiff_t Channels, class Index>
void warp_run(const source<T, Channels>& from, const block<Index>& b, int begin, int end, T* out) {
  if constexpr (Nearest) {
    const auto read_pixels = [data = from.data, at = b.at, out](int first, int last) {
      for (int i = first; i < last; ++i)
        for (std::ptrdiff_t c = 0; c < Channels; ++c)
          out[i * Channels + c] = data[static_cast<std::ptrdiff_t>(at[i]) + c];
    };
    if constexpr (Channels == 1 && sizeof(T) == 1)
      read_in_sixteens(from, b, begin, end, 0, read_pixels,
                       [&](int i, const auto& places) { store(out + i, places.bytes(from.data)); });
    else
      read_pixels(begin, end);
  } else if constexpr (Channels == 1 && sizeof(T) == 1) {
    // Two bytes of either row at once; then everything is arithmetic.
    alignas(64) std::uint32_t taps[block_size];
    const auto read_pixels = [&](int first, int last) {
      for (int i = first; i < last; ++i) {
        const T* at = from.data + b.at[i];
        std::uint16_t top, bottom;
        std::memcpy(&top, at, 2);
        std::memcpy(&bottom, at + from.stride, 2);
        taps[i] = top | static_cast<std::uint32_t>(bottom) << 16;
      }
    };
    read_in_sixteens(from, b, begin, end, from.stride, read_pixels, [&](int i, const auto& places) {
      store(taps + i, places.pairs(from.data, from.data + from.stride));
    });
    constexpr int left = std::endian::native == std::endian::little ? 0 : 8, right = 8 - left;
    alignas(64) T values[block_size];
    for (int i = begin; i < end; ++i) {
      const auto tap = [&](int shift) {
        return static_cast<float>(static_cast<std::int32_t>((taps[i] >> shift) & 255u));
      };
      values[i] = rounded<T>(
          blend(tap(left), tap(right), tap(16 + left), tap(16 + right), b.part_x[i], b.part_y[i]));
    }
    std::memcpy(out + begin, values + begin, static_cast<std::size_t>(end - begin));
  } else if constexpr (Channels == 3 && sizeof(T) == 1) {
    warp_colour_run(from, b, begin, end, out);
  } else {
    for (int i = begin; i < end; ++i) {
      const T* at = from.data + b.at[i];
      const T* below = at + from.stride;
      for (std::ptrdiff_t c = 0; c < Channels; ++c) {
        out[i * Channels + c] =
            rounded<T>(blend(static_cast<float>(at[c]), static_cast<float>(at[c + Channels]),
                             static_cast<float>(below[c]), static_cast<float>(below[c + Channels]),
                             b.part_x[i], b.part_y[i]));
      }
    }
  }
}

/// `count` pixels from (y, x) on, one by one; out belongs to the first.
template <bool Nearest, class Index, class T, std::ptrdiff_t Channels>
[[gnu::noinline]] void warp_block(const source<T, Channels>& from, const flow_field& flow,
                                  std::ptrdiff_t y, std::ptrdiff_t x, int count, block<Index>& b,
                                  T* out) {
  const float* u = flow.u.row(y) + x;
  const float* v = flow.v.row(y) + x;
  locate<Nearest>(u, v, y, x, count, from.height, from.width, from.stride, Channels, b);
  for_runs(
      b, count, [&](int begin, int end) { warp_run<Nearest>(from, b, begin, end, out); },
      [&](int i) {
        T* to = out + i * Channels;
        if (u[i] != u[i] || v[i] != v[i]) {
          for (std::ptrdiff_t c = 0; c < Channels; ++c) to[c] = from.fill;
          return;
        }
        const place p = displaced(y, x + i, v[i], u[i]);
        warp_border_pixel<Nearest>(from, Nearest ? nearest_pixel(p) : p, to);
      });
}

/// Pixels [begin, end) of row y; out belongs to the row.
template <bool Nearest, class Index, class T, std::ptrdiff_t Channels>
void warp_pixels(const source<T, Channels>& from, const flow_field& flow, std::ptrdiff_t y,
                 std::ptrdiff_t begin, std::ptrdiff_t end, block<Index>& b, T* out) {
  for (std::ptrdiff_t x = begin; x < end; x += block_size) {
    const auto count = (std::min<std::ptrdiff_t>)(end - x, block_size);
    warp_block<Nearest>(from, flow, y, x, static_cast<int>(count), b, out + x * Channels);
  }
}

template <bool Nearest, class Index, class T, std::ptrdiff_t Channels, class OutRow>
void warp_rows(const source<T, Channels>& from, const flow_field& flow, const OutRow& out_row) {
  block<Index> b;
  for (std::ptrdiff_t y = 0; y < flow.height(); ++y)
    warp_pixels<Nearest>(from, flow, y, 0, flow.width(), b, out_row(y));
}

/// The same for nearest bytes, a tile at a time. In pictures of which few tiles are alike, most
/// rows are read without asking.
template <class Index, class OutRow>
void warp_byte_tiles(const source<std::uint8_t, 1>& from, const flow_field& flow,
                     const OutRow& out_row) {
  const bytes_surface surface{from.data, from.height, from.width, from.stride};
  const tile_reader<bytes_surface> tiles{surface, flow,
                                         from.border == warp_border::constant && from.fill == 0};
  block<Index> b;
  std::ptrdiff_t ask_from = 0;
  for (std::ptrdiff_t y = 0; y < flow.height(); ++y) {
    std::uint8_t* const out = out_row(y);
    std::ptrdiff_t done = 0, alike = 0;
    for (std::ptrdiff_t x = 0; y >= ask_from && x + tile_size <= flow.width(); x += tile_size) {
      const auto all = tiles(y, x);
      if (!all) continue;
      warp_pixels<true>(from, flow, y, done, x, b, out);
      std::memset(out + x, *all, tile_size);
      done = x + tile_size;
      ++alike;
    }
    warp_pixels<true>(from, flow, y, done, flow.width(), b, out);
    if (y >= ask_from && 4 * alike * tile_size < flow.width()) ask_from = y + 16;
  }
}

/// Chooses filter and index type; 32-bit indices vectorise twice as wide.
template <class T, std::ptrdiff_t Channels, class OutRow>
void warp_picture(const source<T, Channels>& from, const flow_field& flow, warp_filter filter,
                  const OutRow& out_row) {
  const bool narrow = from.height * from.stride <= (std::numeric_limits<std::int32_t>::max)();
  const bool nearest = filter == warp_filter::nearest;
  if constexpr (std::is_same_v<T, std::uint8_t> && Channels == 1) {
    if (nearest)
      return narrow ? warp_byte_tiles<std::int32_t>(from, flow, out_row)
                    : warp_byte_tiles<std::int64_t>(from, flow, out_row);
  }
  if (nearest && narrow)
    warp_rows<true, std::int32_t>(from, flow, out_row);
  else if (nearest)
    warp_rows<true, std::int64_t>(from, flow, out_row);
  else if (narrow)
    warp_rows<false, std::int32_t>(from, flow, out_row);
  else
    warp_rows<false, std::int64_t>(from, flow, out_row);
}

/// Bits begin .. end - 1 of a word, from the places of a block among `size` bytes of words.
template <class Index>
bit_mask::word read_bits(const bit_mask::word* words, std::ptrdiff_t size, const block<Index>& b,
                         int begin, int end) {
  bit_mask::word bits = 0;
  const auto single = [&](int first, int last) {
    for (int i = first; i < last; ++i) bits |= (words[b.at[i] >> 6] >> (b.at[i] & 63) & 1u) << i;
  };
#if defined(S2D_AVX512_VBMI2)
  if constexpr (sizeof(Index) == sizeof(std::int32_t)) {
    using places_type = integers<near_places::count>;
    for (; begin + near_places::count <= end; begin += near_places::count) {
      const auto at = load<places_type>(b.at + begin);
      std::int32_t bytes[near_places::count];
      store(bytes, at >> 3);
      const near_places places{bytes, size, 0};
      if (!places.near()) {
        single(begin, begin + near_places::count);
        continue;
      }
      const places_type found = places.words(reinterpret_cast<const std::uint8_t*>(words));
      const std::uint64_t set =
          _mm512_test_epi32_mask(std::bit_cast<__m512i>(found >> (at & 7)), _mm512_set1_epi32(1));
      bits |= set << begin;
    }
  }
#else
  (void)size;
#endif
  single(begin, end);
  return bits;
}

/// Nearest pixels of a packed mask, a word at a time.
template <class Index>
void warp_bits(const bit_mask& from, const flow_field& flow, const warp_options& options,
               bit_mask& out) {
  const bit_mask::word* words = from.words().data();
  const std::ptrdiff_t step = from.words_per_row() * bit_mask::word_bits;
  const std::ptrdiff_t size = from.height * step / 8;
  const bits_surface surface{from};
  const tile_reader<bits_surface> tiles{
      surface, flow, options.border == warp_border::constant && options.fill < 0.5f};
  block<Index> b;
  for (std::ptrdiff_t y = 0; y < flow.height(); ++y) {
    for (std::ptrdiff_t x = 0; x < flow.width(); x += 64) {
      const int count = static_cast<int>(flow.width() - x < 64 ? flow.width() - x : 64);
      if (count == tile_size) {
        if (const auto all = tiles(y, x)) {
          out.row(y)[x / 64] = *all;
          continue;
        }
      }
      const float* u = flow.u.row(y) + x;
      const float* v = flow.v.row(y) + x;
      locate<true>(u, v, y, x, count, from.height, from.width, step, 1, b);
      bit_mask::word bits = 0;
      for_runs(
          b, count, [&](int begin, int end) { bits |= read_bits(words, size, b, begin, end); },
          [&](int i) {
            bool on = options.fill >= 0.5f;
            if (options.border == warp_border::replicate && u[i] == u[i] && v[i] == v[i]) {
              const place p = nearest_pixel(displaced(y, x + i, v[i], u[i]));
              on = from(p.y < 0 ? 0 : (p.y >= from.height ? from.height - 1 : p.y),
                        p.x < 0 ? 0 : (p.x >= from.width ? from.width - 1 : p.x));
            }
            bits |= static_cast<bit_mask::word>(on) << i;
          });
      out.row(y)[x / 64] = bits;
    }
  }
}

}  // namespace detail::warping
}  // namespace s2d::inline S2D_ABI
