// Colour pictures of a batch in device memory.
#pragma once

#include <cstdint>
#include <type_traits>

#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// `count` RGB pictures, sRGB values 0..255: three planes each, of any strides.
struct rgb_batch {
  batch_view<const std::uint8_t> r;
  batch_view<const std::uint8_t> g;
  batch_view<const std::uint8_t> b;

  /// [pictures, rows, columns, 3] in C order, as s2d::image has them.
  [[nodiscard]] static constexpr rgb_batch interleaved(const std::uint8_t* first,
                                                       std::int64_t pictures, std::int64_t rows,
                                                       std::int64_t columns) {
    const auto plane = [&](int channel) {
      return batch_view<const std::uint8_t>{first == nullptr ? first : first + channel,
                                            pictures,
                                            rows,
                                            columns,
                                            3 * rows * columns,
                                            3 * columns,
                                            3};
    };
    return {plane(0), plane(1), plane(2)};
  }
};

/// `count` pictures in CIE Lab, as s2d::lab_image: three planes each, of any strides.
template <class T>
struct basic_lab_batch {
  static_assert(std::is_same_v<std::remove_const_t<T>, float>);
  batch_view<T> l;
  batch_view<T> a;
  batch_view<T> b;

  constexpr basic_lab_batch() = default;
  constexpr basic_lab_batch(const batch_view<T>& lightness, const batch_view<T>& green_red,
                            const batch_view<T>& blue_yellow)
      : l{lightness}, a{green_red}, b{blue_yellow} {}
  template <class U>
  requires(std::is_same_v<const U, T>) constexpr basic_lab_batch(const basic_lab_batch<U>& other)
      : l{other.l}, a{other.a}, b{other.b} {}

  /// [3, pictures, rows, columns] in C order: all of l, all of a, all of b.
  [[nodiscard]] static constexpr basic_lab_batch planes(T* first, std::int64_t pictures,
                                                        std::int64_t rows, std::int64_t columns) {
    const auto plane = [&](std::int64_t channel) {
      return batch_view<T>{first == nullptr ? first : first + channel * pictures * rows * columns,
                           pictures, rows, columns};
    };
    return {plane(0), plane(1), plane(2)};
  }
};
using lab_batch = basic_lab_batch<float>;
using const_lab_batch = basic_lab_batch<const float>;

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
