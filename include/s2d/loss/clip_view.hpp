// Masks of several instances in the frames of one clip, seen without copying.
#pragma once

#include <cstddef>
#include <type_traits>

#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

/// A view of [count, frames, height, width] elements: mask logits of the queries of a clip, or its
/// pseudo masks. Strides count elements. Trivially copyable; the memory must outlive the view.
template <class T>
struct clip_view {
  T* data = nullptr;
  std::ptrdiff_t count = 0, frames = 0, height = 0, width = 0;
  std::ptrdiff_t count_stride = 0, frame_stride = 0, row_stride = 0, column_stride = 1;

  constexpr clip_view() = default;

  /// Without gaps, the last index fastest.
  /// @throws invalid_input if an extent is negative
  constexpr clip_view(T* first, std::ptrdiff_t n, std::ptrdiff_t t, std::ptrdiff_t h,
                      std::ptrdiff_t w)
      : data{first},
        count{n},
        frames{t},
        height{h},
        width{w},
        count_stride{t * h * w},
        frame_stride{h * w},
        row_stride{w} {
    require(n >= 0 && t >= 0 && h >= 0 && w >= 0, "clip: extents are [", n, ", ", t, ", ", h, ", ",
            w, "], expected non-negative [count, frames, height, width]");
  }

  /// A view of mutable elements reads as a view of constant ones.
  template <class U>
  requires std::is_same_v<const U, T>
  constexpr clip_view(const clip_view<U>& other)
      : data{other.data},
        count{other.count},
        frames{other.frames},
        height{other.height},
        width{other.width},
        count_stride{other.count_stride},
        frame_stride{other.frame_stride},
        row_stride{other.row_stride},
        column_stride{other.column_stride} {}

  /// Instance `i` in frame `t`.
  [[nodiscard]] constexpr plane_view<T> plane(std::ptrdiff_t i, std::ptrdiff_t t) const {
    return {data + i * count_stride + t * frame_stride, height, width, row_stride, column_stride};
  }
};

}  // namespace s2d::inline S2D_ABI
