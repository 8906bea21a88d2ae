// The work per thread of packing and unpacking, and the choice of the way.
#pragma once

#include <cstdint>
#include <type_traits>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/memory_words.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Which elements are foreground.
template <class T>
struct foreground_test {
  float threshold = 0;
  [[nodiscard]] S2D_HD bool operator()(T value) const {
    if constexpr (std::is_integral_v<T>)
      return value != 0;
    else
      return to_float(value) > threshold;
  }
};

/// Four bytes to four bits: which of them differ from zero.
S2D_HD inline std::uint32_t nonzero_bytes(std::uint32_t bytes) {
  const std::uint32_t high = (bytes | ((bytes & 0x7f7f7f7fu) + 0x7f7f7f7fu)) & 0x80808080u;
  return (high >> 7) * 0x01020408u >> 24;
}

/// Four bits to four bytes of 0 or 1.
S2D_HD inline std::uint32_t spread_four(std::uint32_t bits) {
  return (bits & 15u) * 0x00204081u & 0x01010101u;
}

/// Rows without gaps: one thread makes 16 bits of bytes, or 8 of wider elements, and stores them at
/// once; neighbours read and write neighbouring memory.
template <class T>
struct pack_rows {
  static constexpr int pixels = sizeof(T) == 1 ? 16 : 8;
  using bits_type = std::conditional_t<pixels == 16, std::uint16_t, std::uint8_t>;

  batch_view<const T> in;
  foreground_test<T> test;
  std::uint64_t* out;
  const T* end;          // behind the last element
  std::int64_t per_row;  // threads

  S2D_HD void operator()(std::int64_t i) const {
    const quotient row = divide(i, per_row);
    const quotient place = divide(row.whole, in.height);
    const std::int64_t x = row.rest * pixels, left = in.width - x;
    const T* const from = in.data + place.whole * in.plane_stride + place.rest * in.row_stride + x;
    std::uint32_t bits = 0;
    if (left >= pixels)
      bits = whole(from);
    else
      for (int k = 0; k < left; ++k) bits |= std::uint32_t{test(from[k])} << k;
    store_as(reinterpret_cast<bits_type*>(out) + i, static_cast<bits_type>(bits));
  }

 private:
  [[nodiscard]] S2D_HD std::uint32_t whole(const T* from) const {
    const std::uint64_t address = address_of(from);
    std::uint32_t bits = 0;
    if constexpr (sizeof(T) == 1) {
      std::uint32_t words[5];
      const auto shift = static_cast<unsigned>(address % 4) * 8;
      const T* const base = from - address % 4;
      if (address % 16 == 0) {
        const auto all = load_as<quad>(from);
        for (int k = 0; k < 4; ++k) bits |= nonzero_bytes(all.words[k]) << (4 * k);
      } else if (base >= in.data && base + 20 <= end) {  // whole words that hold the bytes
        for (int k = 0; k < 5; ++k) words[k] = load_as<std::uint32_t>(base + 4 * k);
        for (int k = 0; k < 4; ++k) {
          const std::uint64_t both = words[k] | std::uint64_t{words[k + 1]} << 32;
          bits |= nonzero_bytes(static_cast<std::uint32_t>(both >> shift)) << (4 * k);
        }
      } else {
        for (int k = 0; k < pixels; ++k) bits |= std::uint32_t{test(from[k])} << k;
      }
    } else if (address % 16 == 0) {
      constexpr int each = 16 / sizeof(T);  // elements of a quad
      for (int part = 0; part < pixels / each; ++part) {
        struct elements {
          alignas(16) T values[each];
        };
        const auto some = load_as<elements>(from + part * each);
        for (int k = 0; k < each; ++k)
          bits |= std::uint32_t{test(some.values[k])} << (part * each + k);
      }
    } else {
      for (int k = 0; k < pixels; ++k) bits |= std::uint32_t{test(from[k])} << k;
    }
    return bits;
  }
};

/// Columns without gaps: one thread makes the words of `rows` rows below each other, 64 columns
/// wide; neighbours read neighbouring rows.
template <class T>
struct pack_columns {
  static constexpr int rows = sizeof(T) == 1 ? 4 : 1;

  batch_view<const T> in;
  foreground_test<T> test;
  std::uint64_t* out;
  std::int64_t words_per_row;
  std::int64_t groups;  // of rows

  S2D_HD void operator()(std::int64_t i) const {
    const quotient group = divide(i, groups);
    const quotient place = divide(group.whole, words_per_row);
    const std::int64_t y = group.rest * rows, first = place.rest * 64;
    const int columns = static_cast<int>(in.width - first < 64 ? in.width - first : 64);
    const int here = static_cast<int>(in.height - y < rows ? in.height - y : rows);
    const T* from = in.data + place.whole * in.plane_stride + first * in.column_stride + y;
    std::uint64_t words[rows] = {};
    bool wide = false;
    if constexpr (rows == 4)
      wide = here == 4 && address_of(from) % 4 == 0 && in.column_stride % 4 == 0;
    for (int x = 0; x < columns; ++x, from += in.column_stride) {
      if (wide) {
        if constexpr (rows == 4) {
          const std::uint32_t bits = nonzero_bytes(load_as<std::uint32_t>(from));
          for (int r = 0; r < rows; ++r) words[r] |= std::uint64_t{bits >> r & 1} << x;
        }
      } else {
        for (int r = 0; r < rows; ++r)
          if (r < here) words[r] |= std::uint64_t{test(from[r])} << x;
      }
    }
    std::uint64_t* const to = out + (place.whole * in.height + y) * words_per_row + place.rest;
    for (int r = 0; r < rows; ++r)
      if (r < here) to[r * words_per_row] = words[r];
  }
};

/// Any strides: one thread makes a word.
template <class T>
struct pack_any {
  batch_view<const T> in;
  foreground_test<T> test;
  std::uint64_t* out;
  std::int64_t words_per_row;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient row = divide(i, words_per_row);
    const quotient place = divide(row.whole, in.height);
    const std::int64_t first = row.rest * 64;
    std::uint64_t word = 0;
    for (std::int64_t x = first; x < first + 64 && x < in.width; ++x)
      word |= std::uint64_t{test(in(place.whole, place.rest, x))} << (x - first);
    out[i] = word;
  }
};

/// Packs on an executor. One launch.
template <class T, class Executor>
void pack_on(const Executor& run, const batch_view<const T>& in, foreground_test<T> test,
             const bits_view& out) {
  if (in.empty()) return;
  const std::int64_t words = out.words_per_row(), rows = in.count * in.height;
  if (in.column_stride == 1 && in.row_stride >= 0 && in.plane_stride >= 0) {
    const T* const end =
        in.data + (in.count - 1) * in.plane_stride + (in.height - 1) * in.row_stride + in.width;
    const std::int64_t per_row = words * 64 / pack_rows<T>::pixels;
    run.for_each("pack", rows * per_row, pack_rows<T>{in, test, out.data, end, per_row});
  } else if (in.row_stride == 1) {
    const std::int64_t groups = (in.height + pack_columns<T>::rows - 1) / pack_columns<T>::rows;
    run.for_each("pack", in.count * words * groups,
                 pack_columns<T>{in, test, out.data, words, groups});
  } else {
    run.for_each("pack", rows * words, pack_any<T>{in, test, out.data, words});
  }
}

/// No gaps at all: one thread writes sixteen bytes at once, which may belong to several rows.
struct unpack_linear {
  const_bits_view in;
  std::uint8_t* out;
  std::int64_t pixels;  // of all masks

  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t first = i * 16;
    const quotient place = divide(first, in.width);
    const std::uint64_t* row = in.data + place.whole * in.words_per_row();
    std::int64_t x = place.rest;
    const int wanted = static_cast<int>(pixels - first < 16 ? pixels - first : 16);
    std::uint32_t bits = 0;
    for (int have = 0; have < wanted;) {
      const auto at = static_cast<int>(x % 64);
      std::int64_t take = wanted - have;
      if (take > 64 - at) take = 64 - at;
      if (take > in.width - x) take = in.width - x;
      const auto some = static_cast<std::uint32_t>(row[x / 64] >> at) & ((1u << take) - 1);
      bits |= some << have;
      have += static_cast<int>(take);
      x += take;
      if (x == in.width) {
        x = 0;
        row += in.words_per_row();
      }
    }
    if (wanted == 16) {
      quad bytes;
      for (int k = 0; k < 4; ++k) bytes.words[k] = spread_four(bits >> (4 * k));
      store_as(out + first, bytes);
    } else {
      for (int k = 0; k < wanted; ++k) out[first + k] = bits >> k & 1;
    }
  }
};

/// Columns without gaps: one thread writes four rows, 64 columns wide.
struct unpack_columns {
  const_bits_view in;
  batch_view<std::uint8_t> out;
  std::int64_t groups;

  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t words_per_row = in.words_per_row();
    const quotient group = divide(i, groups);
    const quotient place = divide(group.whole, words_per_row);
    const std::int64_t y = group.rest * 4, first = place.rest * 64;
    const int columns = static_cast<int>(in.width - first < 64 ? in.width - first : 64);
    const int here = static_cast<int>(in.height - y < 4 ? in.height - y : 4);
    const std::uint64_t* const from =
        in.data + (place.whole * in.height + y) * words_per_row + place.rest;
    std::uint64_t words[4] = {};
    for (int r = 0; r < 4; ++r)
      if (r < here) words[r] = from[r * words_per_row];
    std::uint8_t* to = out.data + place.whole * out.plane_stride + first * out.column_stride + y;
    const bool wide = here == 4 && address_of(to) % 4 == 0 && out.column_stride % 4 == 0;
    for (int x = 0; x < columns; ++x, to += out.column_stride) {
      std::uint32_t bytes = 0;
      for (int r = 0; r < 4; ++r) bytes |= static_cast<std::uint32_t>(words[r] >> x & 1) << (8 * r);
      if (wide) {
        store_as(to, bytes);
      } else {
        for (int r = 0; r < here; ++r) to[r] = static_cast<std::uint8_t>(bytes >> (8 * r));
      }
    }
  }
};

/// Any strides: one thread writes the pixels of a word.
struct unpack_any {
  const_bits_view in;
  batch_view<std::uint8_t> out;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient row = divide(i, in.words_per_row());
    const quotient place = divide(row.whole, in.height);
    const std::uint64_t word = in.data[i];
    const std::int64_t first = row.rest * 64;
    for (std::int64_t x = first; x < first + 64 && x < in.width; ++x)
      out(place.whole, place.rest, x) = word >> (x - first) & 1;
  }
};

template <class Executor>
void unpack_on(const Executor& run, const const_bits_view& in,
               const batch_view<std::uint8_t>& out) {
  if (in.empty()) return;
  const bool contiguous = out.column_stride == 1 &&
                          (in.height == 1 || out.row_stride == in.width) &&
                          (in.count == 1 || out.plane_stride == in.height * in.width);
  if (contiguous && address_of(out.data) % 16 == 0) {
    const std::int64_t pixels = out.size();
    run.for_each("unpack", (pixels + 15) / 16, unpack_linear{in, out.data, pixels});
  } else if (out.row_stride == 1) {
    const std::int64_t groups = (in.height + 3) / 4;
    run.for_each("unpack", in.count * in.words_per_row() * groups, unpack_columns{in, out, groups});
  } else {
    run.for_each("unpack", in.size(), unpack_any{in, out});
  }
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
