// The work per thread of packing and unpacking, and the choice of the way.
#pragma once

#include <cstdint>
#include <cstring>
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

/// Bit 7 of every byte: whether it differs from zero.
S2D_HD inline std::uint32_t nonzero_flags(std::uint32_t bytes) {
  return (bytes | ((bytes & 0x7f7f7f7fu) + 0x7f7f7f7fu)) & 0x80808080u;
}

/// Four bytes to four bits: which of them differ from zero.
S2D_HD inline std::uint32_t nonzero_bytes(std::uint32_t bytes) {
  return nonzero_flags(bytes) * 0x00204081u >> 28;
}

/// Four bytes of up to eight lines: bit k of byte b tells whether byte b of line k differs from
/// zero.
template <class T>
S2D_HD std::uint32_t nonzero_lines(const T* from, std::int64_t stride, int lines) {
  std::uint32_t bytes[8], bits = 0;
  S2D_UNROLL
  for (int k = 0; k < 8; ++k) bytes[k] = k < lines ? load_as<std::uint32_t>(from + k * stride) : 0;
  S2D_UNROLL
  for (int k = 0; k < 8; ++k) bits |= nonzero_flags(bytes[k]) >> (7 - k);
  return bits;
}

/// Four bits to four bytes of 0 or 1.
S2D_HD inline std::uint32_t spread_four(std::uint32_t bits) {
  return (bits & 15u) * 0x00204081u & 0x01010101u;
}

/// Rows without gaps: one thread reads 64 bytes, 16 at once, and stores the bits that they become.
/// Where the first byte is misaligned, it reads the five quads that hold them all.
template <class T>
struct pack_rows {
  static constexpr int each = 16 / sizeof(T);  // elements of a quad
  static constexpr int pixels = 4 * each;
  using stored = std::conditional_t<pixels == 64, std::uint64_t,
                                    std::conditional_t<pixels == 32, std::uint32_t, std::uint16_t>>;
  using word = std::conditional_t<pixels == 64, std::uint64_t, std::uint32_t>;

  batch_view<const T> in;
  foreground_test<T> test;
  std::uint64_t* out;
  const T* end;     // behind the last element
  divisor per_row;  // threads
  divisor height;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient row = per_row.divide(i);
    const quotient place = height.divide(row.whole);
    const std::int64_t x = row.rest * pixels, rest = in.width - x;
    word bits = 0;
    if (rest > 0)
      bits = read(in.data + place.whole * in.plane_stride + place.rest * in.row_stride + x,
                  rest < pixels ? static_cast<int>(rest) : pixels);
    store_as(reinterpret_cast<stored*>(out) + i, static_cast<stored>(bits));
  }

 private:
  /// 1 to `pixels` elements.
  [[nodiscard]] S2D_HD word read(const T* from, int number) const {
    const auto skipped = static_cast<int>(address_of(from) % 16 / sizeof(T));
    const int until = skipped + number;
    word bits = 0;
    if (from - in.data < skipped || end - from < ((until + each - 1) & -each) - skipped) {
      S2D_UNROLL_8
      for (int k = 0; k < number; ++k) bits |= word{test(from[k])} << k;
      return bits;
    }
    quad quads[5] = {};
    S2D_UNROLL
    for (int k = 0; k < 5; ++k)
      if (k * each < until) quads[k] = load_as<quad>(from - skipped + k * each);
    S2D_UNROLL
    for (int k = 0; k < 4; ++k) bits |= word{bits_of(quads[k])} << (k * each);
    bits >>= skipped;
    if (until > pixels) bits |= word{bits_of(quads[4])} << (pixels - skipped);
    return number == pixels ? bits : bits & ((word{1} << number) - 1);
  }

  [[nodiscard]] S2D_HD std::uint32_t bits_of(const quad& memory) const {
    std::uint32_t bits = 0;
    if constexpr (sizeof(T) == 1) {
      S2D_UNROLL
      for (int k = 0; k < 4; ++k) bits |= nonzero_bytes(memory.words[k]) << (4 * k);
    } else {
      T values[each];
      memcpy(static_cast<void*>(values), &memory, sizeof values);
      S2D_UNROLL
      for (int k = 0; k < each; ++k) bits |= std::uint32_t{test(values[k])} << k;
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
  divisor words_per_row;
  divisor groups;  // of rows

  S2D_HD void operator()(std::int64_t i) const {
    const quotient group = groups.divide(i);
    const quotient place = words_per_row.divide(group.whole);
    const std::int64_t y = group.rest * rows, first = place.rest * 64;
    const int columns = static_cast<int>(in.width - first < 64 ? in.width - first : 64);
    const int here = static_cast<int>(in.height - y < rows ? in.height - y : rows);
    const T* const from = in.data + place.whole * in.plane_stride + first * in.column_stride + y;
    std::uint64_t words[rows] = {};
    if (rows == 4 && here == 4 && address_of(from) % 4 == 0 && in.column_stride % 4 == 0)
      read_fours(from, columns, words);
    else
      read_ones(from, columns, here, words);
    std::uint64_t* const to =
        out + (place.whole * in.height + y) * words_per_row.value() + place.rest;
    S2D_UNROLL
    for (int r = 0; r < rows; ++r)
      if (r < here) to[r * words_per_row.value()] = words[r];
  }

 private:
  S2D_HD void read_ones(const T* from, int columns, int here, std::uint64_t (&words)[rows]) const {
    S2D_UNROLL_4
    for (int x = 0; x < columns; ++x) {
      S2D_UNROLL
      for (int r = 0; r < rows; ++r)
        if (r < here) words[r] |= std::uint64_t{test(from[x * in.column_stride + r])} << x;
    }
  }
  S2D_HD void read_fours(const T* from, int columns, std::uint64_t (&words)[rows]) const {
    for (int x = 0; x < columns; x += 8) {
      const std::uint32_t bits =
          nonzero_lines(from + x * in.column_stride, in.column_stride, columns - x);
      S2D_UNROLL
      for (int r = 0; r < rows; ++r) words[r] |= std::uint64_t{bits >> (8 * r) & 255} << x;
    }
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
    run.for_each("pack", rows * per_row,
                 pack_rows<T>{in, test, out.data, end, divisor{per_row}, divisor{in.height}});
  } else if (in.row_stride == 1) {
    const std::int64_t groups = (in.height + pack_columns<T>::rows - 1) / pack_columns<T>::rows;
    run.for_each("pack", in.count * words * groups,
                 pack_columns<T>{in, test, out.data, divisor{words}, divisor{groups}});
  } else {
    run.for_each("pack", rows * words, pack_any<T>{in, test, out.data, words});
  }
}

/// No gaps at all: one thread writes sixteen bytes at once, which may belong to several rows.
struct unpack_linear {
  const_bits_view in;
  std::uint8_t* out;
  std::int64_t pixels;  // of all masks
  std::int64_t words_per_row;
  divisor width;

  S2D_HD void operator()(std::int64_t i) const {
    const std::int64_t first = i * 16, left = pixels - first;
    const int wanted = left < 16 ? static_cast<int>(left) : 16;
    const std::uint32_t bits =
        in.width == 64 * words_per_row  // then nothing lies between rows
            ? load_as<std::uint16_t>(reinterpret_cast<const std::uint16_t*>(in.data) + i)
            : gather(first, wanted);
    if (wanted == 16) {
      quad bytes;
      S2D_UNROLL
      for (int k = 0; k < 4; ++k) bytes.words[k] = spread_four(bits >> (4 * k));
      store_as(out + first, bytes);
    } else {
      for (int k = 0; k < wanted; ++k) out[first + k] = bits >> k & 1;
    }
  }

 private:
  /// Behind the last pixel of a row its words are zero, and the next row follows.
  [[nodiscard]] S2D_HD std::uint32_t gather(std::int64_t first, int wanted) const {
    const quotient place = width.divide(first);
    const auto x = static_cast<std::uint64_t>(place.rest);
    const std::uint64_t* from = in.data + place.whole * words_per_row + x / 64;
    const int at = static_cast<int>(x % 64);
    std::int64_t left = in.width - place.rest;  // in the row
    auto bits = static_cast<std::uint32_t>(*from >> at);
    int have = 0, more = left < 64 - at ? static_cast<int>(left) : 64 - at;
    while ((have += more) < wanted) {
      left = left == more ? in.width : left - more;
      more = left < 64 ? static_cast<int>(left) : 64;
      bits |= static_cast<std::uint32_t>(*++from) << have;
    }
    return bits;
  }
};

/// Columns without gaps: one thread writes four rows, 64 columns wide.
struct unpack_columns {
  const_bits_view in;
  batch_view<std::uint8_t> out;
  divisor words_per_row;
  divisor groups;

  S2D_HD void operator()(std::int64_t i) const {
    const quotient group = groups.divide(i);
    const quotient place = words_per_row.divide(group.whole);
    const std::int64_t y = group.rest * 4, first = place.rest * 64;
    const int columns = static_cast<int>(in.width - first < 64 ? in.width - first : 64);
    const int here = static_cast<int>(in.height - y < 4 ? in.height - y : 4);
    const std::uint64_t* const from =
        in.data + (place.whole * in.height + y) * words_per_row.value() + place.rest;
    std::uint64_t words[4] = {};
    S2D_UNROLL
    for (int r = 0; r < 4; ++r)
      if (r < here) words[r] = from[r * words_per_row.value()];
    std::uint8_t* to = out.data + place.whole * out.plane_stride + first * out.column_stride + y;
    const bool wide = here == 4 && address_of(to) % 4 == 0 && out.column_stride % 4 == 0;
    for (int x = 0; x < columns; x += 8) {
      std::uint32_t bits = 0;  // byte r: eight columns of row r
      S2D_UNROLL
      for (int r = 0; r < 4; ++r)
        bits |= (static_cast<std::uint32_t>(words[r] >> x) & 255) << (8 * r);
      for (int c = 0; c < 8 && x + c < columns; ++c, to += out.column_stride) {
        const std::uint32_t bytes = bits >> c & 0x01010101u;
        if (wide) {
          store_as(to, bytes);
        } else {
          for (int r = 0; r < here; ++r) to[r] = static_cast<std::uint8_t>(bytes >> (8 * r));
        }
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
    run.for_each("unpack", (pixels + 15) / 16,
                 unpack_linear{in, out.data, pixels, in.words_per_row(), divisor{in.width}});
  } else if (out.row_stride == 1) {
    const std::int64_t groups = (in.height + 3) / 4;
    run.for_each("unpack", in.count * in.words_per_row() * groups,
                 unpack_columns{in, out, divisor{in.words_per_row()}, divisor{groups}});
  } else {
    run.for_each("unpack", in.size(), unpack_any{in, out});
  }
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
