// Views of batches in device memory: dense planes of any strides, packed masks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// `count` planes of `height` x `width` elements in device memory. Element (i, y, x) lies at
/// data + i * plane_stride + y * row_stride + x * column_stride; strides count elements and may be
/// negative. Trivially copyable; the memory must outlive the work that uses the view.
template <class T>
struct batch_view {
  T* data = nullptr;
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t plane_stride = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;

  constexpr batch_view() = default;
  /// [count, height, width] in C order.
  constexpr batch_view(T* first, std::int64_t planes, std::int64_t rows, std::int64_t columns)
      : batch_view(first, planes, rows, columns, rows * columns, columns, 1) {}
  constexpr batch_view(T* first, std::int64_t planes, std::int64_t rows, std::int64_t columns,
                       std::int64_t plane_step, std::int64_t row_step, std::int64_t column_step)
      : data{first},
        count{planes},
        height{rows},
        width{columns},
        plane_stride{plane_step},
        row_stride{row_step},
        column_stride{column_step} {}
  template <class U>
  requires(std::is_same_v<const U, T>) constexpr batch_view(const batch_view<U>& other)
      : batch_view(other.data, other.count, other.height, other.width, other.plane_stride,
                   other.row_stride, other.column_stride) {}

  /// Every plane column-major without gaps, as COCO has them: [count, width, height] in C order.
  [[nodiscard]] static constexpr batch_view column_major(T* first, std::int64_t planes,
                                                         std::int64_t rows, std::int64_t columns) {
    return {first, planes, rows, columns, rows * columns, 1, rows};
  }

  [[nodiscard]] S2D_HD constexpr T& operator()(std::int64_t i, std::int64_t y,
                                               std::int64_t x) const {
    return data[i * plane_stride + y * row_stride + x * column_stride];
  }
  [[nodiscard]] S2D_HD constexpr std::int64_t size() const { return count * height * width; }
  [[nodiscard]] S2D_HD constexpr bool empty() const {
    return count == 0 || height == 0 || width == 0;
  }
};

/// `count` packed masks in device memory without gaps, each laid out as s2d::bit_mask: pixel
/// (i, y, x) is bit x % 64 of word [i, y, x / 64]; padding bits behind the last column are zero.
template <class Word>
struct basic_bits_view {
  static_assert(std::is_same_v<std::remove_const_t<Word>, std::uint64_t>);
  Word* data = nullptr;  ///< [count, height, words_per_row()]
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  constexpr basic_bits_view() = default;
  constexpr basic_bits_view(Word* words, std::int64_t masks, std::int64_t rows,
                            std::int64_t columns)
      : data{words}, count{masks}, height{rows}, width{columns} {}
  template <class U>
  requires(std::is_same_v<const U, Word>) constexpr basic_bits_view(const basic_bits_view<U>& other)
      : basic_bits_view(other.data, other.count, other.height, other.width) {}

  [[nodiscard]] S2D_HD constexpr std::int64_t words_per_row() const { return (width + 63) / 64; }
  [[nodiscard]] S2D_HD constexpr std::int64_t words_per_mask() const {
    return height * words_per_row();
  }
  /// Words of all masks.
  [[nodiscard]] S2D_HD constexpr std::int64_t size() const { return count * words_per_mask(); }
  [[nodiscard]] S2D_HD constexpr bool empty() const {
    return count == 0 || height == 0 || width == 0;
  }
  [[nodiscard]] S2D_HD constexpr bool operator()(std::int64_t i, std::int64_t y,
                                                 std::int64_t x) const {
    return (data[(i * height + y) * words_per_row() + x / 64] >> (x % 64)) & 1;
  }
};
using bits_view = basic_bits_view<std::uint64_t>;
using const_bits_view = basic_bits_view<const std::uint64_t>;

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
